#include "sandbox/kubernetes/operator_services.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_fields.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr int kNodePortFirst = 30000;  // kube-apiserver's default --service-node-port-range
constexpr int kNodePortCount = 2768;

json port(const char* name, int number) {
  return {{"name", name}, {"port", number}, {"protocol", "TCP"}, {"targetPort", number}};
}

std::string free_cluster_ip(Context& context, const ObjectStore& store) {
  for (;;) {  // 65,000 addresses for a handful of Services: soon found
    const std::uint64_t random = context.ids.next();
    std::string address =
        "10.0." + std::to_string(random % 255 + 1) + "." + std::to_string(random / 256 % 253 + 2);
    bool taken = false;
    for (const json* service : store.list("", "services", ""))
      taken = taken || text_at(*service, {"spec", "clusterIP"}) == address;
    if (!taken) return address;
  }
}

int free_node_port(Context& context, const ObjectStore& store) {
  std::set<int> taken;
  for (const json* service : store.list("", "services", "")) {
    for (const json& entry : member(*service, {"spec", "ports"}))
      taken.insert(entry.value("nodePort", 0));
  }
  int number = kNodePortFirst + static_cast<int>(context.ids.next() % kNodePortCount);
  while (taken.contains(number))
    number = kNodePortFirst + (number + 1 - kNodePortFirst) % kNodePortCount;
  return number;
}

bool is_headless(const json& service) { return text_at(service, {"spec", "clusterIP"}) == "None"; }

bool has_node_ports(const json& service) {
  const std::string type = text_at(service, {"spec", "type"});
  return type == "LoadBalancer" || type == "NodePort";
}

/// What a Service looks like as sent: ECK's defaults, the user's template over them, the API
/// server's constant defaults.
json desired_service(const ClusterView& view, const std::string& name, const json& ports,
                     const json& user, bool headless) {
  json service = new_object(Kind::service);
  service["metadata"] = {
      {"name", name}, {"labels", view.labels()}, {"ownerReferences", view.owners()}};
  json spec = {{"type", "ClusterIP"},
               {"ports", ports},
               {"selector", {{kTypeLabel, "elasticsearch"}, {kClusterLabel, view.names.name}}},
               {"sessionAffinity", "None"},
               {"internalTrafficPolicy", "Cluster"}};
  const bool typed = !text_at(user, {"spec", "type"}).empty();
  if (headless) spec["publishNotReadyAddresses"] = true;
  if (headless && !typed) spec["clusterIP"] = "None";
  for (const char* field : {"labels", "annotations"}) {
    const json& extra = member(user, {"metadata", field});
    if (extra.is_object() && !extra.empty()) service["metadata"][field].update(extra);
  }
  const json& user_spec = member(user, {"spec"});
  if (user_spec.is_object()) spec.update(user_spec);
  const std::string type = spec["type"];
  if (type == "LoadBalancer" || type == "NodePort")
    spec["externalTrafficPolicy"] = spec.value("externalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer")
    spec["allocateLoadBalancerNodePorts"] = spec.value("allocateLoadBalancerNodePorts", true);
  service["spec"] = std::move(spec);
  return service;
}

/// Addresses and node ports, which the API server gives after ownership is recorded (so that nobody
/// owns them).
void allocate(Context& context, const ObjectStore& store, json& service) {
  json& spec = service["spec"];
  if (!spec.contains("clusterIP")) spec["clusterIP"] = free_cluster_ip(context, store);
  spec["clusterIPs"] = json::array({spec["clusterIP"]});
  spec["ipFamilies"] = {"IPv4"};
  spec["ipFamilyPolicy"] = "SingleStack";
  for (json& entry : spec["ports"]) {
    if (has_node_ports(service) && !entry.contains("nodePort"))
      entry["nodePort"] = free_node_port(context, store);
  }
}

void create_service(Context& context, ObjectStore& store, const ObjectKey& key, json service) {
  record_update(json::object(), service, kOperatorManager);
  allocate(context, store, service);
  service["status"] = {{"loadBalancer", json::object()}};
  store.create(key, std::move(service));
}

/// The stored port list with ECK's numbers. A targetPort that somebody changed stays as it is: ECK
/// takes it over from the stored Service before it compares (seen: port 9300, targetPort 9301
/// stayed).
json merged_ports(const json& stored, const json& desired, bool node_ports) {
  json ports = json::array();
  for (std::size_t at = 0; at < desired.size(); ++at) {
    json entry = desired[at];
    const json* old = at < stored.size() ? &stored[at] : nullptr;
    for (const json& candidate : stored) {
      if (text_at(candidate, {"name"}) == text_at(entry, {"name"})) old = &candidate;
    }
    if (old != nullptr && old->contains("targetPort")) entry["targetPort"] = old->at("targetPort");
    if (old != nullptr && node_ports && old->contains("nodePort"))
      entry["nodePort"] = old->at("nodePort");
    ports.push_back(std::move(entry));
  }
  return ports;
}

void update_service(Context& context, ObjectStore& store, const ObjectKey& key,
                    const json& desired) {
  const json stored = *store.find(key);
  json service = stored;
  for (const auto& [name, value] : desired["spec"].items()) {
    if (name != "ports") service["spec"][name] = value;
  }
  service["spec"]["ports"] = merged_ports(member(stored, {"spec", "ports"}),
                                          desired["spec"]["ports"], has_node_ports(desired));
  if (text_at(desired, {"spec", "type"}) != "LoadBalancer") {
    service["spec"].erase("allocateLoadBalancerNodePorts");
    service["status"] = {{"loadBalancer", json::object()}};
  }
  if (!has_node_ports(desired)) service["spec"].erase("externalTrafficPolicy");
  for (const char* field : {"labels", "annotations"}) {
    const json& wanted = member(desired, {"metadata", field});
    if (wanted.is_object()) service["metadata"][field].update(wanted);
  }
  service["metadata"]["ownerReferences"] = desired["metadata"]["ownerReferences"];
  allocate(context, store, service);
  put(store, key, std::move(service), kOperatorManager);
}

void reconcile_service(Context& context, ObjectStore& store, const ClusterView& view,
                       const json& desired) {
  const ObjectKey key =
      key_of(Kind::service, view.names.namespace_name, desired["metadata"]["name"]);
  const json* stored = store.find(key);
  if (stored == nullptr) {
    create_service(context, store, key, desired);
    return;
  }
  if (is_headless(*stored) == is_headless(desired)) {
    update_service(context, store, key, desired);
    return;
  }
  // clusterIP cannot change to or from None, so ECK deletes and creates; the IP family is taken
  // over from the old one.
  json anew = desired;
  if (!is_headless(desired)) {
    anew["spec"]["ipFamilies"] = {"IPv4"};
    anew["spec"]["ipFamilyPolicy"] = "SingleStack";
  }
  store.erase(key);
  create_service(context, store, key, std::move(anew));
}

}  // namespace

void write_cluster_services(Context& context, ObjectStore& store, const ClusterView& view) {
  const ClusterNames& names = view.names;
  const json transport = json::array({port("tls-transport", 9300)});
  const json http = json::array({port("https", 9200)});
  reconcile_service(context, store, view,
                    desired_service(view, names.es("transport"), transport,
                                    view.service_template("transport"), true));
  reconcile_service(
      context, store, view,
      desired_service(view, names.es("http"), http, view.service_template("http"), false));
  reconcile_service(context, store, view,
                    desired_service(view, names.es("internal-http"), http, json::object(), false));
  if (!view.remote_server) {
    store.erase(key_of(Kind::service, names.namespace_name, names.es("remote-cluster")));
    return;
  }
  const json remote = json::array({port("rcs", 9443)});
  reconcile_service(context, store, view,
                    desired_service(view, names.es("remote-cluster"), remote,
                                    view.service_template("remoteClusterServer"), true));
}

void write_node_set_services(Context& context, ObjectStore& store, const ClusterView& view) {
  for (const NodeSet& node_set : view.node_sets) {
    json ports = json::array({port("https", 9200)});
    if (view.remote_server) ports.push_back(port("rcs", 9443));
    json service = desired_service(view, node_set.stateful_set, ports, json::object(), true);
    service["metadata"]["labels"] = view.labels(node_set);
    service["spec"]["selector"][kStatefulSetLabel] = node_set.stateful_set;
    reconcile_service(context, store, view, service);
  }
}

}  // namespace crosstie::sandbox::eck
