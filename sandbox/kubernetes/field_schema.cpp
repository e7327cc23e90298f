#include "sandbox/kubernetes/field_schema.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

using Relation = FieldSchema::Relation;

struct Rule {
  const char* path;  // "[]" steps into the elements of a list
  Relation relation;
  const char* keys = "";  // "port protocol=TCP"
};

constexpr Rule kMetadataRules[] = {
    {"metadata.finalizers", Relation::set},
    {"metadata.ownerReferences", Relation::keyed, "uid"},
    {"metadata.ownerReferences[]", Relation::atomic},
};

constexpr Rule kContainerRules[] = {
    {"env", Relation::keyed, "name"},
    {"env[].valueFrom.configMapKeyRef", Relation::atomic},
    {"env[].valueFrom.secretKeyRef", Relation::atomic},
    {"env[].valueFrom.fieldRef", Relation::atomic},
    {"env[].valueFrom.resourceFieldRef", Relation::atomic},
    {"ports", Relation::keyed, "containerPort protocol=TCP"},
    {"volumeMounts", Relation::keyed, "mountPath"},
    {"volumeDevices", Relation::keyed, "devicePath"},
    {"resources.claims", Relation::keyed, "name"},
};

constexpr Rule kPodSpecRules[] = {
    {"containers", Relation::keyed, "name"},
    {"initContainers", Relation::keyed, "name"},
    {"ephemeralContainers", Relation::keyed, "name"},
    {"volumes", Relation::keyed, "name"},
    {"imagePullSecrets", Relation::keyed, "name"},
    {"imagePullSecrets[]", Relation::atomic},
    {"hostAliases", Relation::keyed, "ip"},
    {"topologySpreadConstraints", Relation::keyed, "topologyKey whenUnsatisfiable"},
    {"topologySpreadConstraints[].labelSelector", Relation::atomic},
    {"nodeSelector", Relation::atomic},
    {"resourceClaims", Relation::keyed, "name"},
};

constexpr Rule kServiceRules[] = {
    {"spec.ports", Relation::keyed, "port protocol=TCP"},
    {"spec.selector", Relation::atomic},
    {"status.conditions", Relation::keyed, "type"},
};

constexpr Rule kSelectorRules[] = {{"spec.selector", Relation::atomic},
                                   {"status.conditions", Relation::keyed, "type"}};
constexpr Rule kConditionRules[] = {{"status.conditions", Relation::keyed, "type"}};
constexpr Rule kServiceAccountRules[] = {{"secrets", Relation::keyed, "name"},
                                         {"secrets[]", Relation::atomic}};
constexpr Rule kEventRules[] = {{"involvedObject", Relation::atomic},
                                {"related", Relation::atomic}};
constexpr Rule kBindingRules[] = {{"roleRef", Relation::atomic}};

void add_rule(FieldSchema& root, const std::string& path, Relation relation,
              const std::string& keys) {
  FieldSchema* at = &root;
  std::istringstream segments(path);
  for (std::string segment; std::getline(segments, segment, '.');) {
    const bool into = segment.ends_with("[]");
    at = &at->fields[into ? segment.substr(0, segment.size() - 2) : segment];
    if (!into) continue;
    if (!at->element) at->element = std::make_shared<FieldSchema>();
    at = at->element.get();
  }
  at->relation = relation;
  std::istringstream words(keys);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      at->keys.emplace_back(word, nullptr);
    } else {
      at->keys.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
}

template <std::size_t N>
void add_rules(FieldSchema& root, const std::string& prefix, const Rule (&rules)[N]) {
  for (const Rule& rule : rules) add_rule(root, prefix + rule.path, rule.relation, rule.keys);
}

void add_pod_spec(FieldSchema& root, const std::string& prefix) {
  add_rules(root, prefix, kPodSpecRules);
  add_rules(root, prefix + "containers[].", kContainerRules);
  add_rules(root, prefix + "initContainers[].", kContainerRules);
}

FieldSchema make_built_in(const std::string& kind) {
  FieldSchema root;
  add_rules(root, "", kMetadataRules);
  if (kind == "Service") add_rules(root, "", kServiceRules);
  if (kind == "ServiceAccount") add_rules(root, "", kServiceAccountRules);
  if (kind == "Event") add_rules(root, "", kEventRules);
  if (kind == "RoleBinding" || kind == "ClusterRoleBinding") add_rules(root, "", kBindingRules);
  if (kind == "Pod") {
    add_pod_spec(root, "spec.");
    add_rules(root, "", kConditionRules);
  }
  if (kind == "StatefulSet" || kind == "Deployment" || kind == "DaemonSet" ||
      kind == "ReplicaSet" || kind == "Job") {
    add_rules(root, "", kSelectorRules);
    add_pod_spec(root, "spec.template.spec.");
  }
  if (kind == "PodDisruptionBudget" || kind == "PersistentVolumeClaim")
    add_rules(root, "", kSelectorRules);
  if (kind == "Namespace" || kind == "CustomResourceDefinition")
    add_rules(root, "", kConditionRules);
  return root;
}

FieldSchema convert(const json& schema) {
  FieldSchema result;
  const std::string list_type = schema.value("x-kubernetes-list-type", "");
  if (list_type == "set") result.relation = Relation::set;
  if (list_type == "map") result.relation = Relation::keyed;
  if (list_type == "atomic" || schema.value("x-kubernetes-map-type", "") == "atomic")
    result.relation = Relation::atomic;
  const json items = schema.value("items", json::object());
  for (const json& key : schema.value("x-kubernetes-list-map-keys", json::array())) {
    const json property =
        items.value("properties", json::object()).value(key.get<std::string>(), json::object());
    result.keys.emplace_back(key.get<std::string>(),
                             property.contains("default") ? property.at("default") : json());
  }
  if (schema.contains("items")) result.element = std::make_shared<FieldSchema>(convert(items));
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) result.fields[name] = convert(property);
  return result;
}

}  // namespace

const FieldSchema* FieldSchema::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? nullptr : &found->second;
}

std::shared_ptr<const FieldSchema> built_in_fields(const std::string& kind) {
  static std::map<std::string, std::shared_ptr<const FieldSchema>> cache;
  auto& entry = cache[kind];
  if (!entry) entry = std::make_shared<FieldSchema>(make_built_in(kind));
  return entry;
}

std::shared_ptr<const FieldSchema> custom_fields(const json& structural_schema) {
  FieldSchema root = convert(structural_schema);
  root.fields.erase("metadata");
  add_rules(root, "", kMetadataRules);
  return std::make_shared<FieldSchema>(std::move(root));
}

}  // namespace crosstie::sandbox::kubernetes
