#include "sandbox/kubernetes/operator_objects.hpp"

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sandbox/kubernetes/operator_fields.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

struct KindNames {
  const char* group;
  const char* version;
  const char* kind;
  const char* resource;
};

KindNames names_of(Kind kind) {
  switch (kind) {
    case Kind::config_map:
      return {"", "v1", "ConfigMap", "configmaps"};
    case Kind::disruption_budget:
      return {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"};
    case Kind::elasticsearch:
      return {"elasticsearch.k8s.elastic.co", "v1", "Elasticsearch", "elasticsearches"};
    case Kind::endpoint_slice:
      return {"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"};
    case Kind::event:
      return {"", "v1", "Event", "events"};
    case Kind::name_space:
      return {"", "v1", "Namespace", "namespaces"};
    case Kind::pod:
      return {"", "v1", "Pod", "pods"};
    case Kind::secret:
      return {"", "v1", "Secret", "secrets"};
    case Kind::service:
      return {"", "v1", "Service", "services"};
    case Kind::stateful_set:
      return {"apps", "v1", "StatefulSet", "statefulsets"};
  }
  return {"", "v1", "", ""};
}

/// Members of metadata that the server or the ownership record sets.
bool is_bookkeeping(const std::string& field) {
  static const std::set<std::string> kFields = {
      "managedFields",     "uid",  "resourceVersion", "generation",
      "creationTimestamp", "name", "namespace"};
  return kFields.contains(field);
}

/// True when every member of `left` that counts is equal in `right`.
bool covers(const json& left, const json& right, bool metadata) {
  for (const auto& [name, value] : left.items()) {
    if (metadata && is_bookkeeping(name)) continue;
    const auto found = right.find(name);
    if (found == right.end()) return false;
    const bool inner = !metadata && name == "metadata" && value.is_object() && found->is_object();
    if (inner ? !covers(value, *found, true) || !covers(*found, value, true) : value != *found)
      return false;
  }
  return true;
}

bool same_but_bookkeeping(const json& left, const json& right) {
  return covers(left, right, false) && covers(right, left, false);
}

/// True when `ensure` would leave `stored` as it is.
bool is_ensured(const json& stored, const json& desired) {
  for (const auto& [name, value] : desired.items()) {
    if (name != "metadata" && (!stored.contains(name) || stored.at(name) != value)) return false;
  }
  for (const char* field : {"labels", "annotations"}) {
    const json& present = member(stored, {"metadata", field});
    for (const auto& [name, value] : member(desired, {"metadata", field}).items()) {
      if (!present.is_object() || !present.contains(name) || present.at(name) != value)
        return false;
    }
  }
  const json& owners = member(desired, {"metadata", "ownerReferences"});
  return owners.is_null() || owners == member(stored, {"metadata", "ownerReferences"});
}

constexpr const char* kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

ObjectKey key_of(Kind kind, const std::string& namespace_name, const std::string& name) {
  const KindNames names = names_of(kind);
  return {names.group, names.resource, kind == Kind::name_space ? "" : namespace_name, name};
}

json new_object(Kind kind) {
  const KindNames names = names_of(kind);
  const std::string group = names.group;
  return {{"apiVersion", group.empty() ? names.version : group + "/" + names.version},
          {"kind", names.kind},
          {"metadata", json::object()}};
}

const json& member(const json& object, std::initializer_list<const char*> path) {
  static const json kNull;
  const json* at = &object;
  for (const char* name : path) {
    if (!at->is_object()) return kNull;
    const auto found = at->find(name);
    if (found == at->end()) return kNull;
    at = &*found;
  }
  return *at;
}

std::string text_at(const json& object, std::initializer_list<const char*> path) {
  const json& found = member(object, path);
  return found.is_string() ? found.get<std::string>() : "";
}

bool labels_match(const json& selector, const json& object) {
  if (!selector.is_object() || selector.empty()) return false;
  const json& labels = member(object, {"metadata", "labels"});
  for (const auto& [name, value] : selector.items()) {
    if (!labels.is_object() || !labels.contains(name) || labels.at(name) != value) return false;
  }
  return true;
}

const json& put(ObjectStore& store, const ObjectKey& key, json object, const std::string& manager,
                const std::string& subresource) {
  const json* stored = store.find(key);
  if (stored == nullptr) {
    record_update(json::object(), object, manager);
    return store.create(key, std::move(object));
  }
  if (same_but_bookkeeping(*stored, object)) return *stored;
  object["metadata"]["managedFields"] = member(*stored, {"metadata", "managedFields"});
  if (object["metadata"]["managedFields"].is_null()) object["metadata"].erase("managedFields");
  record_update(*stored, object, manager, subresource);
  return store.replace(key, std::move(object));
}

const json& ensure(ObjectStore& store, const ObjectKey& key, const json& desired,
                   const std::string& manager) {
  const json* stored = store.find(key);
  if (stored == nullptr) return put(store, key, desired, manager);
  if (is_ensured(*stored, desired)) return *stored;
  json merged = *stored;
  for (const auto& [name, value] : desired.items()) {
    if (name != "metadata") merged[name] = value;
  }
  for (const char* field : {"labels", "annotations"}) {
    const json& wanted = member(desired, {"metadata", field});
    if (wanted.is_object()) merged["metadata"][field].update(wanted);
  }
  const json& owners = member(desired, {"metadata", "ownerReferences"});
  if (!owners.is_null()) merged["metadata"]["ownerReferences"] = owners;
  return put(store, key, std::move(merged), manager);
}

std::string base64(const std::string& bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    std::uint32_t group = static_cast<unsigned char>(bytes[at]) << 16U;
    if (left > 1)
      group |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8U;
    if (left > 2) group |= static_cast<unsigned char>(bytes[at + 2]);
    text.push_back(kBase64[group >> 18U]);
    text.push_back(kBase64[(group >> 12U) & 63U]);
    text.push_back(left > 1 ? kBase64[(group >> 6U) & 63U] : '=');
    text.push_back(left > 2 ? kBase64[group & 63U] : '=');
  }
  return text;
}

std::optional<std::string> from_base64(const std::string& text) {
  const std::string alphabet = kBase64;
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char letter : text) {
    if (letter == '=' || letter == '\n') continue;
    const std::size_t value = alphabet.find(letter);
    if (value == std::string::npos) return std::nullopt;
    group = (group << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>((group >> static_cast<unsigned>(bits)) & 255U));
  }
  return bytes;
}

std::string hash_text(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 16777619U;
  }
  return std::to_string(hash);
}

std::optional<Version> parse_version(const std::string& text) {
  Version version{};
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d.%4d.%4d%n", &version[0], &version[1], &version[2], &length) !=
      3)
    return std::nullopt;
  if (length != static_cast<int>(text.size()) && text[static_cast<std::size_t>(length)] != '-')
    return std::nullopt;
  return version;
}

}  // namespace crosstie::sandbox::eck
