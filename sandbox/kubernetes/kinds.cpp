#include "sandbox/kubernetes/kinds.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/field_schema.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

struct BuiltIn {
  const char* group;
  const char* resource;
  const char* kind;
  const char* singular;
  const char* short_names;
  const char* flags;  // words: cluster (not namespaced), status, all (category), create (no verb
                      // but create)
};

/// Group order is that of a real server's /apis
/// (shared/fixtures/kubernetes/http-discovery-apis.txt).
constexpr BuiltIn kBuiltIns[] = {
    {"", "configmaps", "ConfigMap", "configmap", "cm", ""},
    {"", "endpoints", "Endpoints", "endpoints", "ep", ""},
    {"", "events", "Event", "event", "ev", ""},
    {"", "limitranges", "LimitRange", "limitrange", "limits", ""},
    {"", "namespaces", "Namespace", "namespace", "ns", "cluster status"},
    {"", "nodes", "Node", "node", "no", "cluster status"},
    {"", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", "pvc",
     "status"},
    {"", "persistentvolumes", "PersistentVolume", "persistentvolume", "pv", "cluster status"},
    {"", "pods", "Pod", "pod", "po", "status all"},
    {"", "resourcequotas", "ResourceQuota", "resourcequota", "quota", "status"},
    {"", "secrets", "Secret", "secret", "", ""},
    {"", "serviceaccounts", "ServiceAccount", "serviceaccount", "sa", ""},
    {"", "services", "Service", "service", "svc", "status all"},
    {"apps", "controllerrevisions", "ControllerRevision", "controllerrevision", "", ""},
    {"apps", "daemonsets", "DaemonSet", "daemonset", "ds", "status all"},
    {"apps", "deployments", "Deployment", "deployment", "deploy", "status all"},
    {"apps", "replicasets", "ReplicaSet", "replicaset", "rs", "status all"},
    {"apps", "statefulsets", "StatefulSet", "statefulset", "sts", "status all"},
    {"authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", "selfsubjectreview", "",
     "cluster create"},
    {"authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
     "selfsubjectaccessreview", "", "cluster create"},
    {"authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview",
     "selfsubjectrulesreview", "", "cluster create"},
    {"batch", "cronjobs", "CronJob", "cronjob", "cj", "status all"},
    {"batch", "jobs", "Job", "job", "", "status all"},
    {"networking.k8s.io", "ingresses", "Ingress", "ingress", "ing", "status"},
    {"networking.k8s.io", "networkpolicies", "NetworkPolicy", "networkpolicy", "netpol", ""},
    {"policy", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", "pdb",
     "status"},
    {"rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding", "clusterrolebinding",
     "", "cluster"},
    {"rbac.authorization.k8s.io", "clusterroles", "ClusterRole", "clusterrole", "", "cluster"},
    {"rbac.authorization.k8s.io", "rolebindings", "RoleBinding", "rolebinding", "", ""},
    {"rbac.authorization.k8s.io", "roles", "Role", "role", "", ""},
    {"storage.k8s.io", "storageclasses", "StorageClass", "storageclass", "sc", "cluster"},
    {"apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition",
     "customresourcedefinition", "crd crds", "cluster status"},
    {"coordination.k8s.io", "leases", "Lease", "lease", "", ""},
    {"discovery.k8s.io", "endpointslices", "EndpointSlice", "endpointslice", "", ""},
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

bool has_word(const std::string& text, const std::string& word) {
  const auto found = words(text);
  return std::find(found.begin(), found.end(), word) != found.end();
}

KindPtr make(const BuiltIn& entry) {
  Kind kind;
  kind.group = entry.group;
  kind.versions = {"v1"};
  kind.resource = entry.resource;
  kind.kind = entry.kind;
  kind.singular = entry.singular;
  kind.short_names = words(entry.short_names);
  kind.namespaced = !has_word(entry.flags, "cluster");
  kind.status = has_word(entry.flags, "status");
  if (has_word(entry.flags, "all")) kind.categories = {"all"};
  if (has_word(entry.flags, "create")) kind.verbs = {"create"};
  kind.fields = built_in_fields(kind.kind);
  return std::make_shared<Kind>(std::move(kind));
}

std::vector<std::string> strings(const json& list) {
  return list.is_array() ? list.get<std::vector<std::string>>() : std::vector<std::string>{};
}

KindPtr make(const json& definition) {
  const json& spec = definition.at("spec");
  const json& names = spec.at("names");
  Kind kind;
  kind.custom = true;
  kind.group = spec.at("group");
  kind.resource = names.at("plural");
  kind.kind = names.at("kind");
  kind.singular = names.value("singular", "");
  kind.short_names = strings(names.value("shortNames", json()));
  kind.categories = strings(names.value("categories", json()));
  kind.namespaced = spec.value("scope", "") != "Cluster";
  kind.columns = json::array();
  for (const json& version : spec.at("versions")) {
    const std::string name = version.at("name");
    if (!version.value("served", false)) continue;
    json schema = version.value("schema", json::object()).value("openAPIV3Schema", json::object());
    if (version.value("storage", false)) {
      kind.versions.insert(kind.versions.begin(), name);
      kind.status = version.value("subresources", json::object()).contains("status");
      kind.columns = version.value("additionalPrinterColumns", json::array());
      kind.fields = custom_fields(schema);
    } else {
      kind.versions.push_back(name);
    }
    kind.schemas[name] = std::move(schema);
  }
  if (!kind.fields) kind.fields = custom_fields(json::object());
  return std::make_shared<Kind>(std::move(kind));
}

}  // namespace

bool Kind::serves(const std::string& version) const {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

const json* Kind::schema(const std::string& version) const {
  const auto found = schemas.find(version);
  return found == schemas.end() ? nullptr : &found->second;
}

KindTable::KindTable() {
  for (const BuiltIn& entry : kBuiltIns) kinds_.push_back(make(entry));
}

void KindTable::define(const json& definition) {
  auto kind = make(definition);
  forget(definition);
  if (!kind->versions.empty()) kinds_.push_back(std::move(kind));
}

void KindTable::forget(const json& definition) {
  const std::string group = definition.at("spec").at("group");
  const std::string resource = definition.at("spec").at("names").at("plural");
  std::erase_if(kinds_, [&](const auto& kind) {
    return kind->custom && kind->group == group && kind->resource == resource;
  });
}

KindPtr KindTable::find(const std::string& group, const std::string& version,
                        const std::string& resource) const {
  KindPtr kind = find_resource(group, resource);
  return kind && kind->serves(version) ? kind : nullptr;
}

KindPtr KindTable::find_resource(const std::string& group, const std::string& resource) const {
  for (const auto& kind : kinds_) {
    if (kind->group == group && kind->resource == resource) return kind;
  }
  return nullptr;
}

KindPtr KindTable::find_kind(const std::string& group, const std::string& name) const {
  for (const auto& kind : kinds_) {
    if (kind->group == group && kind->kind == name) return kind;
  }
  return nullptr;
}

std::vector<KindTable::Group> KindTable::groups() const {
  std::vector<Group> found;
  for (const auto& kind : kinds_) {
    if (kind->group.empty()) continue;
    auto group = std::find_if(found.begin(), found.end(),
                              [&](const Group& known) { return known.name == kind->group; });
    if (group == found.end()) group = found.insert(found.end(), Group{kind->group, {}});
    for (const std::string& version : kind->versions) {
      if (std::find(group->versions.begin(), group->versions.end(), version) ==
          group->versions.end())
        group->versions.push_back(version);
    }
  }
  return found;
}

std::vector<KindPtr> KindTable::of(const std::string& group, const std::string& version) const {
  std::vector<KindPtr> found;
  for (const auto& kind : kinds_) {
    if (kind->group == group && kind->serves(version)) found.push_back(kind);
  }
  return found;
}

}  // namespace crosstie::sandbox::kubernetes
