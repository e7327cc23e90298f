#include "sandbox/kubernetes/service_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr int kNodePortMin = 30000;
constexpr int kNodePortMax = 32767;
constexpr int kPortMax = 65535;

bool wants_node_ports(const json& spec) {
  const std::string type = spec.value("type", "ClusterIP");
  return type == "NodePort" ||
         (type == "LoadBalancer" && spec.value("allocateLoadBalancerNodePorts", true));
}

bool has_external_traffic(const json& spec) {
  const std::string type = spec.value("type", "ClusterIP");
  return type == "NodePort" || type == "LoadBalancer";
}

std::string at_port(std::size_t index, const char* field) {
  return "spec.ports[" + std::to_string(index) + "]." + field;
}

void check_range(const json& port, std::size_t index, const char* field,
                 std::vector<Cause>& causes) {
  const auto found = port.find(field);
  if (found == port.end() || !found->is_number_integer()) return;
  const auto number = found->get<std::int64_t>();
  if (number < 1 || number > kPortMax)
    causes.push_back(Cause::invalid(at_port(index, field), found->dump(),
                                    "must be between 1 and 65535, inclusive"));
}

void check_ports(const json& spec, std::vector<Cause>& causes) {
  const json ports = spec.value("ports", json::array());
  const std::string type = spec.value("type", "");
  if (ports.empty() && type != "ExternalName" && spec.value("clusterIP", "") != "None")
    causes.push_back(Cause::required("spec.ports"));
  std::set<std::string> names;
  std::set<std::string> numbers;
  for (std::size_t index = 0; index < ports.size(); ++index) {
    const json& port = ports[index];
    const std::string name = port.value("name", "");
    if (name.empty() && ports.size() > 1) causes.push_back(Cause::required(at_port(index, "name")));
    if (!name.empty() && !names.insert(name).second)
      causes.push_back(Cause::duplicate(at_port(index, "name"), json(name).dump()));
    check_range(port, index, "port", causes);
    const std::string protocol = port.value("protocol", "TCP");
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      causes.push_back(Cause::not_supported(at_port(index, "protocol"), json(protocol).dump(),
                                            {"SCTP", "TCP", "UDP"}));
    }
    check_range(port, index, "targetPort", causes);
    const std::string number = port.value("port", json()).dump() + "/" + protocol;
    if (!numbers.insert(number).second)
      causes.push_back(Cause::duplicate(
          "spec.ports[" + std::to_string(index) + "]",
          json({{"port", port.value("port", json())}, {"protocol", protocol}}).dump()));
    if (port.value("nodePort", 0) != 0 && (type == "ClusterIP" || type == "ExternalName")) {
      causes.push_back(Cause::forbidden(at_port(index, "nodePort"),
                                        "may not be used when `type` is 'ClusterIP'"));
    }
  }
}

void check_cluster_ip(const json& spec, const json& before, std::vector<Cause>& causes) {
  const std::string old_address = before.value("clusterIP", "");
  const std::string address = spec.value("clusterIP", "");
  const bool released =
      spec.value("type", "") == "ExternalName" || before.value("type", "") == "ExternalName";
  if (old_address.empty() || address == old_address || released) return;
  std::string list = json::array({address}).dump();
  list.front() = '{';
  list.back() = '}';
  causes.push_back(
      Cause::invalid("spec.clusterIPs[0]", "[]string" + list, "may not change once set"));
}

/// Node ports that other Services of the store hold.
std::set<int> taken_node_ports(const ObjectStore& store, const std::string& uid) {
  std::set<int> taken;
  for (const json* service : store.list("", "services", "")) {
    if (!uid.empty() && service->at("metadata").value("uid", "") == uid) continue;
    const json& spec = service->value("spec", json::object());
    for (const json& port : spec.value("ports", json::array()))
      taken.insert(port.value("nodePort", 0));
  }
  return taken;
}

void allocate_node_ports(json& service, const ObjectStore& store) {
  json& spec = service["spec"];
  std::set<int> taken = taken_node_ports(store, service["metadata"].value("uid", ""));
  std::vector<Cause> causes;
  if (!spec.contains("ports")) return;
  for (std::size_t index = 0; index < spec["ports"].size(); ++index) {
    json& port = spec["ports"][index];
    const int asked = port.value("nodePort", 0);
    if (asked != 0 && taken.contains(asked)) {
      causes.push_back(Cause::invalid(at_port(index, "nodePort"), std::to_string(asked),
                                      "provided port is already allocated"));
    } else if (asked != 0 && (asked < kNodePortMin || asked > kNodePortMax)) {
      causes.push_back(Cause::invalid(
          at_port(index, "nodePort"), std::to_string(asked),
          "provided port is not in the valid range. The range of valid ports is 30000-32767"));
    } else if (asked == 0 && wants_node_ports(spec)) {
      int free = kNodePortMin + static_cast<int>(store.resource_version() * 7 % 2000);
      while (taken.contains(free)) ++free;
      port["nodePort"] = free;
    }
    taken.insert(port.value("nodePort", 0));
  }
  if (!causes.empty())
    throw invalid({"", "Service", service["metadata"].value("name", "")}, causes);
}

void carry_node_ports(json& spec, const json& old_spec) {
  const json old_ports = old_spec.value("ports", json::array());
  for (json& port : spec["ports"]) {
    const auto old_port = std::find_if(old_ports.begin(), old_ports.end(), [&](const json& old) {
      return port.value("port", 0) == old.value("port", 0) &&
             port.value("protocol", "TCP") == old.value("protocol", "TCP");
    });
    if (old_port == old_ports.end() || !old_port->contains("nodePort")) continue;
    if (wants_node_ports(spec) && port.value("nodePort", 0) == 0)
      port["nodePort"] = old_port->at("nodePort");
    if (!wants_node_ports(spec) && port.value("nodePort", 0) == old_port->at("nodePort"))
      port.erase("nodePort");
  }
}

std::string free_cluster_ip(const ObjectStore& store) {
  std::set<std::string> taken;
  for (const json* service : store.list("", "services", ""))
    taken.insert(service->value("spec", json::object()).value("clusterIP", ""));
  for (std::uint64_t number = store.resource_version() * 13 + 10;; ++number) {
    const std::string address =
        "10.0." + std::to_string(number / 250 % 250) + "." + std::to_string(number % 250 + 2);
    if (!taken.contains(address)) return address;
  }
}

}  // namespace

void set_service_defaults(json& service) {
  json& spec = service["spec"];
  if (!spec.is_object()) spec = json::object();
  const auto fill = [&](const char* field, json value) {
    if (!spec.contains(field) || spec[field] == "") spec[field] = std::move(value);
  };
  fill("sessionAffinity", "None");
  fill("type", "ClusterIP");
  if (spec["type"] != "ExternalName") fill("internalTrafficPolicy", "Cluster");
  if (has_external_traffic(spec)) fill("externalTrafficPolicy", "Cluster");
  if (spec["type"] == "LoadBalancer") fill("allocateLoadBalancerNodePorts", true);
  if (!spec.contains("ports")) return;
  for (json& port : spec["ports"]) {
    if (!port.contains("protocol")) port["protocol"] = "TCP";
    const bool unset =
        !port.contains("targetPort") || port["targetPort"] == 0 || port["targetPort"] == "";
    if (unset && port.contains("port")) port["targetPort"] = port["port"];
  }
}

void check_service(const json& service, const json* before, std::vector<Cause>& causes) {
  const json spec = service.value("spec", json::object());
  check_ports(spec, causes);
  const std::string type = spec.value("type", "");
  static const std::vector<std::string> kTypes = {"ClusterIP", "ExternalName", "LoadBalancer",
                                                  "NodePort"};
  if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end())
    causes.push_back(Cause::not_supported("spec.type", json(type).dump(), kTypes));
  if (type == "ExternalName" && spec.value("externalName", "").empty())
    causes.push_back(Cause::required("spec.externalName"));
  if (has_external_traffic(spec) && spec.value("clusterIP", "") == "None") {
    const std::string allowed = "may not be set to 'None' for " + type + " services";
    causes.push_back(Cause::invalid("spec.clusterIPs[0]", "\"None\"", allowed));
  }
  if (before) check_cluster_ip(spec, before->value("spec", json::object()), causes);
}

void carry_allocated(json& service, const json& before) {
  json& spec = service["spec"];
  const json old_spec = before.value("spec", json::object());
  const bool needs_address =
      spec.value("type", "") != "ExternalName" && old_spec.value("type", "") != "ExternalName";
  if (needs_address) {
    const bool only_first_changed =
        spec.contains("clusterIP") &&
        spec.value("clusterIP", "") != old_spec.value("clusterIP", "") &&
        spec.value("clusterIPs", json()) == old_spec.value("clusterIPs", json());
    if (only_first_changed) spec["clusterIPs"] = json::array({spec["clusterIP"]});
    for (const char* field : {"clusterIP", "clusterIPs"}) {
      if (!spec.contains(field) && old_spec.contains(field)) spec[field] = old_spec.at(field);
    }
  }
  for (const char* field : {"ipFamilies", "ipFamilyPolicy"}) {
    if (!spec.contains(field) && old_spec.contains(field) && needs_address)
      spec[field] = old_spec.at(field);
  }
  if (spec.contains("ports")) carry_node_ports(spec, old_spec);
  if (has_external_traffic(old_spec) && !has_external_traffic(spec))
    spec.erase("externalTrafficPolicy");
  if (spec.value("type", "") != "LoadBalancer") {
    spec.erase("allocateLoadBalancerNodePorts");
    service["status"] = {{"loadBalancer", json::object()}};
  }
}

void allocate_service(json& service, const ObjectStore& store) {
  json& spec = service["spec"];
  if (spec.value("type", "") == "ExternalName") return;
  if (spec.value("clusterIP", "").empty()) {
    const bool listed = spec.contains("clusterIPs") && !spec["clusterIPs"].empty();
    spec["clusterIP"] = listed ? spec["clusterIPs"][0] : json(free_cluster_ip(store));
  }
  if (!spec.contains("clusterIPs")) spec["clusterIPs"] = json::array({spec["clusterIP"]});
  if (!spec.contains("ipFamilies")) spec["ipFamilies"] = json::array({"IPv4"});
  if (!spec.contains("ipFamilyPolicy")) spec["ipFamilyPolicy"] = "SingleStack";
  allocate_node_ports(service, store);
  if (!service.contains("status")) service["status"] = {{"loadBalancer", json::object()}};
}

}  // namespace crosstie::sandbox::kubernetes
