#include "sandbox/kubernetes/operator_world.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kOperatorNamespace = "elastic-system";

void make_config_map(ObjectStore& store, const std::string& name, const json& data) {
  json config_map = new_object(Kind::config_map);
  config_map["data"] = data;
  ensure(store, key_of(Kind::config_map, kOperatorNamespace, name), config_map);
}

}  // namespace

void make_namespace(ObjectStore& store, const std::string& name) {
  const ObjectKey key = key_of(Kind::name_space, "", name);
  if (store.find(key) != nullptr) return;
  json space = new_object(Kind::name_space);
  space["metadata"]["labels"] = {{"kubernetes.io/metadata.name", name}};
  space["spec"] = {{"finalizers", {"kubernetes"}}};
  space["status"] = {{"phase", "Active"}};
  put(store, key, std::move(space), "kubectl-create");
}

void make_operator_home(ObjectStore& store, const std::vector<WorldEck>& world) {
  make_namespace(store, kOperatorNamespace);
  const std::string version =
      world.empty() ? WorldEck{}.operator_version : world.front().operator_version;
  make_config_map(store, "elastic-licensing", {{"eck_license_level", "enterprise"}});
  make_config_map(store, "elastic-operator-uuid",
                  {{"uuid", "5d2b6a0e-0c1f-4e0a-9a6c-8f1f5c1b7f01"}});
  json pod = new_object(Kind::pod);
  pod["metadata"]["labels"] = {{"control-plane", "elastic-operator"},
                               {"app.kubernetes.io/name", "elastic-operator"},
                               {"app.kubernetes.io/version", version}};
  const std::string image = "docker.elastic.co/eck/eck-operator:" + version;
  pod["spec"] = {{"containers", json::array({{{"name", "manager"}, {"image", image}}})}};
  const json container = {
      {"name", "manager"}, {"image", image}, {"imageID", ""}, {"ready", true}, {"restartCount", 0}};
  pod["status"] = {{"phase", "Running"},
                   {"conditions", json::array({{{"type", "Ready"}, {"status", "True"}}})},
                   {"containerStatuses", json::array({container})}};
  ensure(store, key_of(Kind::pod, kOperatorNamespace, "elastic-operator-0"), pod,
         kControllerManager);
}

json applied_resource(const WorldEck& eck) {
  json resource = new_object(Kind::elasticsearch);
  resource["metadata"]["name"] = eck.name;
  resource["metadata"]["namespace"] = eck.namespace_name;
  resource["metadata"]["annotations"] = json::object();
  json& node_sets = resource["spec"]["nodeSets"] = json::array();
  for (const WorldNodeSet& wanted :
       eck.node_sets.empty() ? std::vector<WorldNodeSet>{WorldNodeSet{}} : eck.node_sets) {
    json node_set = {{"count", wanted.count}, {"name", wanted.name}};
    if (!wanted.config_json.empty()) node_set["config"] = json::parse(wanted.config_json);
    if (!wanted.pod_template_json.empty())
      node_set["podTemplate"] = json::parse(wanted.pod_template_json);
    node_sets.push_back(std::move(node_set));
  }
  resource["spec"]["version"] = eck.version;
  const std::string applied = resource.dump() + "\n";
  resource["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied;
  return resource;
}

}  // namespace crosstie::sandbox::eck
