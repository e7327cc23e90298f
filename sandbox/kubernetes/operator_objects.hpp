#pragma once
// How controllers read and write objects: kinds and their coordinates, safe access to members,
// create-or-update.
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

inline constexpr const char* kOperatorManager = "elastic-operator";
inline constexpr const char* kControllerManager = "kube-controller-manager";
inline constexpr const char* kTypeLabel = "common.k8s.elastic.co/type";
inline constexpr const char* kClusterLabel = "elasticsearch.k8s.elastic.co/cluster-name";
inline constexpr const char* kStatefulSetLabel = "elasticsearch.k8s.elastic.co/statefulset-name";
inline constexpr const char* kWatchedLabel = "eck.k8s.elastic.co/watched";
inline constexpr const char* kTemplateHashLabel = "common.k8s.elastic.co/template-hash";

/// The kinds that the controllers touch.
enum class Kind {
  config_map,
  disruption_budget,
  elasticsearch,
  endpoint_slice,
  event,
  name_space,
  pod,
  secret,
  service,
  stateful_set
};

/// Where an object of the kind is stored.
ObjectKey key_of(Kind kind, const std::string& namespace_name, const std::string& name);
/// `{apiVersion, kind, metadata: {}}`.
nlohmann::json new_object(Kind kind);

/// The member at a path of names; null when any step is absent or not an object.
const nlohmann::json& member(const nlohmann::json& object, std::initializer_list<const char*> path);
/// The text at a path, "" when absent or not a string.
std::string text_at(const nlohmann::json& object, std::initializer_list<const char*> path);
/// True when every entry of `selector` is in the object's labels; an empty selector matches
/// nothing.
bool labels_match(const nlohmann::json& selector, const nlohmann::json& object);

/// Creates or updates, with ownership recorded for `manager`. No write when nothing but ownership
/// would differ.
const nlohmann::json& put(ObjectStore& store, const ObjectKey& key, nlohmann::json object,
                          const std::string& manager, const std::string& subresource = "");
/// As `put`, but as ECK reconciles what it owns: foreign labels and annotations stay, all else
/// becomes `desired`.
const nlohmann::json& ensure(ObjectStore& store, const ObjectKey& key,
                             const nlohmann::json& desired,
                             const std::string& manager = kOperatorManager);

std::string base64(const std::string& bytes);
/// nullopt when `text` is not base64.
std::optional<std::string> from_base64(const std::string& text);
/// A 32-bit hash (FNV-1a) in decimal, the form of ECK's config and template hashes; only equality
/// has a meaning.
std::string hash_text(const std::string& text);

/// Three numbers of "9.1.0" (a suffix such as -SNAPSHOT is ignored); nullopt when it is not a
/// version.
using Version = std::array<int, 3>;
std::optional<Version> parse_version(const std::string& text);

}  // namespace crosstie::sandbox::eck
