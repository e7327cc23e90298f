#include "sandbox/kubernetes/discovery.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

/// The order in which a server lists verbs differs between built-in and custom resources
/// (http-discovery-es.txt).
json verbs_of(const Kind& kind) {
  if (!kind.verbs.empty()) return kind.verbs;
  if (kind.custom)
    return {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"};
  return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}

json status_verbs() { return {"get", "patch", "update"}; }

/// Eight bytes of FNV-1a in base64 form: stands for the hash of the storage version, which clients
/// only compare.
std::string storage_hash(const Kind& kind) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char letter : kind.group + "/" + kind.resource)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  std::string text;
  for (int digit = 0; digit < 11; ++digit, hash >>= 5)
    text += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[hash & 31];
  return text + "=";
}

json group_version(const std::string& group, const std::string& version) {
  return {{"groupVersion", group + "/" + version}, {"version", version}};
}

json response_kind(const std::string& name) {
  return {{"group", ""}, {"version", ""}, {"kind", name}};
}

json discovered(const Kind& kind) {
  json resource = {{"resource", kind.resource},
                   {"responseKind", response_kind(kind.kind)},
                   {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                   {"singularResource", kind.singular},
                   {"verbs", verbs_of(kind)}};
  if (!kind.short_names.empty()) resource["shortNames"] = kind.short_names;
  if (!kind.categories.empty()) resource["categories"] = kind.categories;
  json below = json::array();
  if (kind.status)
    below.push_back({{"subresource", "status"},
                     {"responseKind", response_kind(kind.kind)},
                     {"verbs", status_verbs()}});
  if (kind.kind == "Pod" && !kind.custom) {
    below.push_back({{"subresource", "portforward"},
                     {"responseKind", response_kind("PodPortForwardOptions")},
                     {"verbs", {"create", "get"}}});
  }
  if (!below.empty()) resource["subresources"] = std::move(below);
  return resource;
}

json discovered_group(const KindTable& kinds, const std::string& name,
                      const std::vector<std::string>& versions) {
  json listed = json::array();
  for (const std::string& version : versions) {
    json resources = json::array();
    for (const KindPtr& kind : kinds.of(name, version)) resources.push_back(discovered(*kind));
    listed.push_back(
        {{"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}});
  }
  json metadata = {{"creationTimestamp", nullptr}};
  if (!name.empty()) metadata["name"] = name;
  return {{"metadata", std::move(metadata)}, {"versions", std::move(listed)}};
}

}  // namespace

json core_versions() {
  return {{"kind", "APIVersions"},
          {"versions", {"v1"}},
          {"serverAddressByClientCIDRs",
           {{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", "127.0.0.1:6443"}}}}};
}

json group_document(const KindTable::Group& group) {
  json versions = json::array();
  for (const std::string& version : group.versions)
    versions.push_back(group_version(group.name, version));
  return {{"kind", "APIGroup"},
          {"apiVersion", "v1"},
          {"name", group.name},
          {"versions", versions},
          {"preferredVersion", versions.front()}};
}

json group_list(const KindTable& kinds) {
  json groups = json::array();
  for (const KindTable::Group& group : kinds.groups()) {
    json document = group_document(group);
    document.erase("kind");
    document.erase("apiVersion");
    groups.push_back(std::move(document));
  }
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

json resource_list(const KindTable& kinds, const std::string& group, const std::string& version) {
  json resources = json::array();
  for (const KindPtr& kind : kinds.of(group, version)) {
    json resource = {{"name", kind->resource},
                     {"singularName", kind->singular},
                     {"namespaced", kind->namespaced},
                     {"kind", kind->kind},
                     {"verbs", verbs_of(*kind)}};
    if (!kind->short_names.empty()) resource["shortNames"] = kind->short_names;
    if (!kind->categories.empty()) resource["categories"] = kind->categories;
    if (kind->verbs.empty()) resource["storageVersionHash"] = storage_hash(*kind);
    resources.push_back(std::move(resource));
    const auto below = [&](const char* name, const std::string& shown, json verbs) {
      resources.push_back({{"name", kind->resource + "/" + name},
                           {"singularName", ""},
                           {"namespaced", kind->namespaced},
                           {"kind", shown},
                           {"verbs", std::move(verbs)}});
    };
    if (kind->status) below("status", kind->kind, status_verbs());
    if (kind->kind == "Pod" && !kind->custom)
      below("portforward", "PodPortForwardOptions", {"create", "get"});
  }
  return {{"kind", "APIResourceList"},
          {"apiVersion", "v1"},
          {"groupVersion", group.empty() ? version : group + "/" + version},
          {"resources", std::move(resources)}};
}

json aggregated(const KindTable& kinds, bool core) {
  json items = json::array();
  if (core) {
    items.push_back(discovered_group(kinds, "", {"v1"}));
  } else {
    for (const KindTable::Group& group : kinds.groups())
      items.push_back(discovered_group(kinds, group.name, group.versions));
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/v2"},
          {"metadata", json::object()},
          {"items", std::move(items)}};
}

}  // namespace crosstie::sandbox::kubernetes
