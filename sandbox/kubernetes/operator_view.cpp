#include "sandbox/kubernetes/operator_view.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr int kNodeCountMax =
    1000;  // of one nodeSet; more is a mistake that would only fill the memory
constexpr Version kRemoteServiceSince{3, 3, 0};
constexpr Version kPauseSince{3, 5, 0};

const std::set<std::string>& all_roles() {
  static const std::set<std::string> kRoles = {
      "master",    "data",      "data_content",         "data_hot",
      "data_warm", "data_cold", "data_frozen",          "ingest",
      "ml",        "transform", "remote_cluster_client"};
  return kRoles;
}

json expand_key(const std::string& key, json value) {
  const std::size_t dot = key.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == key.size()) {
    json leaf = json::object();
    leaf[key] = std::move(value);
    return leaf;
  }
  json inner = json::object();
  inner[key.substr(dot + 1)] = std::move(value);
  return expand_key(key.substr(0, dot), std::move(inner));
}

NodeSet read_node_set(const json& element, const ClusterNames& names) {
  NodeSet node_set;
  node_set.name = text_at(element, {"name"});
  node_set.stateful_set = names.es(node_set.name);
  const json& count = member(element, {"count"});
  if (count.is_number_integer()) node_set.count = std::clamp(count.get<int>(), 0, kNodeCountMax);
  node_set.config = expand_dotted(member(element, {"config"}));
  const json& pod_template = member(element, {"podTemplate"});
  node_set.pod_template = pod_template.is_object() ? pod_template : json::object();
  node_set.volume_claims = member(element, {"volumeClaimTemplates"});
  const json& roles = member(node_set.config, {"node", "roles"});
  if (roles.is_array()) {
    for (const json& role : roles) {
      if (role.is_string()) node_set.roles.insert(role.get<std::string>());
    }
  } else {
    node_set.roles = all_roles();
  }
  return node_set;
}

}  // namespace

int ClusterView::node_count() const {
  int count = 0;
  for (const NodeSet& node_set : node_sets) count += node_set.count;
  return count;
}

std::vector<std::string> ClusterView::node_names() const {
  std::vector<std::string> nodes;
  for (const NodeSet& node_set : node_sets) {
    for (int at = 0; at < node_set.count; ++at)
      nodes.push_back(node_set.stateful_set + "-" + std::to_string(at));
  }
  return nodes;
}

json ClusterView::service_template(const char* section) const {
  if (std::string(section) == "remoteClusterServer" && operator_version < kRemoteServiceSince)
    return json::object();
  const json& found = member(spec, {section, "service"});
  return found.is_object() ? found : json::object();
}

json ClusterView::labels() const {
  return {{kTypeLabel, "elasticsearch"}, {kWatchedLabel, "true"}, {kClusterLabel, names.name}};
}

json ClusterView::labels(const NodeSet& node_set) const {
  json all = labels();
  all[kStatefulSetLabel] = node_set.stateful_set;
  return all;
}

json ClusterView::owners() const {
  return json::array({{{"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
                       {"blockOwnerDeletion", true},
                       {"controller", true},
                       {"kind", "Elasticsearch"},
                       {"name", names.name},
                       {"uid", uid}}});
}

ClusterView read_cluster(const json& resource, const Version& operator_version) {
  ClusterView view;
  view.names = {text_at(resource, {"metadata", "namespace"}),
                text_at(resource, {"metadata", "name"})};
  view.uid = text_at(resource, {"metadata", "uid"});
  const json& generation = member(resource, {"metadata", "generation"});
  if (generation.is_number_integer()) view.generation = generation.get<std::int64_t>();
  view.operator_version = operator_version;
  view.spec = member(resource, {"spec"});
  if (!view.spec.is_object()) view.spec = json::object();
  view.version_text = text_at(view.spec, {"version"});
  view.annotations = member(resource, {"metadata", "annotations"});
  if (!view.annotations.is_object()) view.annotations = json::object();
  view.remote_server = member(view.spec, {"remoteClusterServer", "enabled"}) == json(true);
  view.authorities_config_map =
      text_at(view.spec, {"transport", "tls", "certificateAuthorities", "configMapName"});
  view.managed = text_at(view.annotations, {"eck.k8s.elastic.co/managed"}) != "false";
  view.paused = operator_version >= kPauseSince &&
                text_at(view.annotations, {"eck.k8s.elastic.co/pause-orchestration"}) == "true";
  const json& node_sets = member(view.spec, {"nodeSets"});
  if (node_sets.is_array()) {
    for (const json& element : node_sets)
      view.node_sets.push_back(read_node_set(element, view.names));
  }
  return view;
}

json expand_dotted(const json& config) {
  json tree = json::object();
  if (!config.is_object()) return tree;
  for (const auto& [key, value] : config.items()) {
    merge_config(tree, expand_key(key, value.is_object() ? expand_dotted(value) : value));
  }
  return tree;
}

void merge_config(json& into, const json& from) {
  for (const auto& [key, value] : from.items()) {
    if (!into.contains(key)) {
      into[key] = value;
    } else if (into[key].is_object() && value.is_object()) {
      merge_config(into[key], value);
    } else if (into[key].is_array() && value.is_array()) {
      for (const json& item : value) into[key].push_back(item);
    } else {
      into[key] = value;
    }
  }
}

}  // namespace crosstie::sandbox::eck
