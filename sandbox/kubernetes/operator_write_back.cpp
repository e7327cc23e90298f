#include "sandbox/kubernetes/operator_write_back.hpp"

#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr Version kScopedPatchesSince{3, 6, 0};
constexpr Version kRemoteServiceSince{3, 3, 0};

constexpr const char* kEmptySpec = R"({
  "auth": {},
  "http": {"service": {"metadata": {}, "spec": {}}, "tls": {"certificate": {}, "client": {}}},
  "monitoring": {"logs": {}, "metrics": {}},
  "remoteClusterServer": {},
  "transport": {"service": {"metadata": {}, "spec": {}}, "tls": {"certificate": {}, "certificateAuthorities": {}}},
  "updateStrategy": {"changeBudget": {}}
})";

constexpr const char* kHints = "eck.k8s.elastic.co/orchestration-hints";
constexpr const char* kInitialMasters = "elasticsearch.k8s.elastic.co/initial-master-nodes";
constexpr const char* kClusterUuid = "elasticsearch.k8s.elastic.co/cluster-uuid";

/// Adds the objects of `skeleton` where `value` lacks them.
void fill_empty(json& value, const json& skeleton) {
  for (const auto& [name, child] : skeleton.items()) {
    if (!value.contains(name)) {
      value[name] = child;
    } else if (value[name].is_object()) {
      fill_empty(value[name], child);
    }
  }
}

void fill_node_set(json& node_set) {
  if (!node_set.is_object()) return;
  json& pod_template = node_set["podTemplate"];
  if (pod_template.is_null()) pod_template = json::object();
  fill_empty(pod_template, {{"metadata", json::object()}, {"spec", json::object()}});
  json& spec = pod_template["spec"];
  if (!spec.contains("containers")) spec["containers"] = nullptr;  // seen: Go writes the nil slice
  for (const char* field : {"containers", "initContainers"}) {
    if (!spec.contains(field) || !spec[field].is_array()) continue;
    for (json& container : spec[field]) fill_empty(container, {{"resources", json::object()}});
  }
}

}  // namespace

std::vector<std::string> master_names(const ClusterView& view) {
  std::vector<std::string> names;
  for (const NodeSet& node_set : view.node_sets) {
    for (int at = 0; node_set.master() && at < node_set.count; ++at)
      names.push_back(node_set.stateful_set + "-" + std::to_string(at));
  }
  return names;
}

bool complete_resource(json& resource, const ClusterView& view, const ClusterProgress& progress) {
  json annotations = view.annotations;
  const bool formed = !progress.cluster_uuid.empty();
  if (formed) {
    annotations[kHints] = R"({"no_transient_settings":true,"service_accounts":true})";
    annotations[kClusterUuid] = progress.cluster_uuid;
    annotations.erase(kInitialMasters);
  } else if (progress.valid) {
    annotations[kHints] = R"({"no_transient_settings":false,"service_accounts":true})";
    std::string masters;
    for (const std::string& name : master_names(view))
      masters += (masters.empty() ? "" : ",") + name;
    annotations[kInitialMasters] = masters;
  } else if (!annotations.contains(kHints)) {
    annotations[kHints] = R"({"no_transient_settings":false})";
  }
  if (annotations == view.annotations) return false;
  resource["metadata"]["annotations"] = std::move(annotations);
  if (view.operator_version >= kScopedPatchesSince) return true;
  json skeleton = json::parse(kEmptySpec);
  if (view.operator_version >= kRemoteServiceSince)
    skeleton["remoteClusterServer"] = {
        {"service", {{"metadata", json::object()}, {"spec", json::object()}}}};
  fill_empty(resource["spec"], skeleton);
  json& node_sets = resource["spec"]["nodeSets"];
  if (node_sets.is_array()) {
    for (json& node_set : node_sets) fill_node_set(node_set);
  }
  return true;
}

}  // namespace crosstie::sandbox::eck
