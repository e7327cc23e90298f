#include "sandbox/kubernetes/operator_endpoints.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_pod_status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

json slice_of(const json& service, const std::vector<const json*>& pods) {
  const std::string name = text_at(service, {"metadata", "name"});
  const bool headless = text_at(service, {"spec", "clusterIP"}) == "None";
  json slice = new_object(Kind::endpoint_slice);
  json labels = member(service, {"metadata", "labels"});
  if (!labels.is_object()) labels = json::object();
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  labels["kubernetes.io/service-name"] = name;
  if (headless) labels["service.kubernetes.io/headless"] = "";
  slice["metadata"] = {
      {"generateName", name + "-"},
      {"labels", labels},
      {"ownerReferences", json::array({{{"apiVersion", "v1"},
                                        {"blockOwnerDeletion", true},
                                        {"controller", true},
                                        {"kind", "Service"},
                                        {"name", name},
                                        {"uid", text_at(service, {"metadata", "uid"})}}})}};
  slice["addressType"] = "IPv4";
  slice["endpoints"] = json::array();
  for (const json* pod : pods) {
    json endpoint = {
        {"addresses", {text_at(*pod, {"status", "podIP"})}},
        {"conditions",
         {{"ready", is_pod_ready(*pod)}, {"serving", is_pod_ready(*pod)}, {"terminating", false}}},
        {"targetRef",
         {{"kind", "Pod"},
          {"name", text_at(*pod, {"metadata", "name"})},
          {"namespace", text_at(*pod, {"metadata", "namespace"})},
          {"uid", text_at(*pod, {"metadata", "uid"})}}}};
    if (text_at(*pod, {"spec", "subdomain"}) == name)
      endpoint["hostname"] = text_at(*pod, {"metadata", "name"});
    slice["endpoints"].push_back(std::move(endpoint));
  }
  if (pods.empty()) {
    slice["ports"] = nullptr;
    return slice;
  }
  for (const json& port : member(service, {"spec", "ports"})) {
    const json& target = member(port, {"targetPort"});
    json entry = {{"port", target.is_number() ? target : member(port, {"port"})},
                  {"protocol", port.value("protocol", "TCP")}};
    if (port.contains("name")) entry["name"] = port["name"];
    slice["ports"].push_back(std::move(entry));
  }
  return slice;
}

}  // namespace

void sync_endpoints(ObjectStore& store, const std::string& namespace_name) {
  std::set<std::string> wanted;
  std::vector<json> services;
  for (const json* service : store.list("", "services", namespace_name))
    services.push_back(*service);
  for (const json& service : services) {
    const json& selector = member(service, {"spec", "selector"});
    if (!selector.is_object() || selector.empty()) continue;
    std::vector<const json*> pods;
    for (const json* pod : store.list("", "pods", namespace_name)) {
      if (labels_match(selector, *pod) && !text_at(*pod, {"status", "podIP"}).empty())
        pods.push_back(pod);
    }
    // The real suffix is random; this one is the same whenever the Service is made again.
    const std::string service_name = text_at(service, {"metadata", "name"});
    const std::string name = service_name + "-" + hash_text(service_name).substr(0, 5);
    wanted.insert(name);
    ensure(store, key_of(Kind::endpoint_slice, namespace_name, name), slice_of(service, pods),
           kControllerManager);
  }
  std::vector<std::string> stale;
  for (const json* slice : store.list("discovery.k8s.io", "endpointslices", namespace_name)) {
    const std::string name = text_at(*slice, {"metadata", "name"});
    if (!wanted.contains(name) &&
        !text_at(*slice, {"metadata", "labels", "endpointslice.kubernetes.io/managed-by"}).empty())
      stale.push_back(name);
  }
  for (const std::string& name : stale)
    store.erase(key_of(Kind::endpoint_slice, namespace_name, name));
}

}  // namespace crosstie::sandbox::eck
