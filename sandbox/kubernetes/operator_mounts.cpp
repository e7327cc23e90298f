#include "sandbox/kubernetes/operator_mounts.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

/// ECK's emptyDir at /usr/share/elasticsearch/config holds what the image brings, which is no
/// certificate and no trust file.
constexpr std::string_view kOwnEmptyDirPrefix = "elastic-internal-";

/// One Secret or ConfigMap of a volume; a projected volume has several.
struct Source {
  bool secret = false;
  std::string name;
  bool optional = false;
  json items;  // null: every key under its own name
};

std::vector<Source> sources_of(const json& volume) {
  std::vector<Source> sources;
  const auto add = [&sources](bool secret, const json& given, const char* name) {
    if (!given.is_object()) return;
    sources.push_back({secret, text_at(given, {name}), member(given, {"optional"}) == json(true),
                       member(given, {"items"})});
  };
  add(true, member(volume, {"secret"}), "secretName");
  add(false, member(volume, {"configMap"}), "name");
  const json& projected = member(volume, {"projected", "sources"});
  if (!projected.is_array()) return sources;
  for (const json& source : projected) {
    add(true, member(source, {"secret"}), "name");
    add(false, member(source, {"configMap"}), "name");
  }
  return sources;
}

ObjectKey key_of_source(const Source& source, const json& pod) {
  return key_of(source.secret ? Kind::secret : Kind::config_map,
                text_at(pod, {"metadata", "namespace"}), source.name);
}

bool has_key(const json& object, const std::string& key) {
  for (const char* field : {"data", "binaryData"}) {
    const json& data = member(object, {field});
    if (data.is_object() && data.contains(key)) return true;
  }
  return false;
}

std::string key_text(const json& object, const std::string& key, bool secret) {
  const json& data = member(object, {"data", key.c_str()});
  if (data.is_string() && !secret) return data.get<std::string>();
  const json& encoded = secret ? data : member(object, {"binaryData", key.c_str()});
  return encoded.is_string() ? from_base64(encoded.get<std::string>()).value_or("") : "";
}

/// Source: pkg/volume/secret/secret.go and pkg/volume/configmap/configmap.go, MakePayload.
std::string source_failure(const ObjectStore& store, const json& pod, const Source& source) {
  const json* stored = store.find(key_of_source(source, pod));
  if (source.optional) return "";
  if (stored == nullptr)
    return std::string(source.secret ? "secret" : "configmap") + " \"" + source.name +
           "\" not found";
  if (!source.items.is_array()) return "";
  for (const json& item : source.items) {
    const std::string key = text_at(item, {"key"});
    if (has_key(*stored, key)) continue;
    return (source.secret ? "references non-existent secret key: "
                          : "configmap references non-existent config key: ") +
           key;
  }
  return "";
}

const json& volumes_of(const json& pod) { return member(pod, {"spec", "volumes"}); }

std::string without_end_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// The part of `path` below `folder`; nullopt when it is not below it. Equal paths give "".
std::optional<std::string> below(const std::string& path, const std::string& folder) {
  if (path == folder) return "";
  if (!path.starts_with(folder + "/")) return std::nullopt;
  return path.substr(folder.size() + 1);
}

struct Place {
  const json* volume = nullptr;
  std::string file;  // path inside the volume
  bool by_sub_path = false;
};

/// The mount with the longest path wins, as in a mount table.
Place place_of(const json& pod, const std::string& path) {
  Place best;
  std::size_t longest = 0;
  for (const json& container : member(pod, {"spec", "containers"})) {
    if (text_at(container, {"name"}) != "elasticsearch") continue;
    for (const json& mount : member(container, {"volumeMounts"})) {
      const std::string folder = without_end_slash(text_at(mount, {"mountPath"}));
      const auto rest = below(path, folder);
      if (!rest || folder.size() < longest) continue;
      const std::string sub_path = without_end_slash(text_at(mount, {"subPath"}));
      longest = folder.size();
      best.by_sub_path = !sub_path.empty();
      best.file = sub_path;
      if (!rest->empty()) best.file += (sub_path.empty() ? "" : "/") + *rest;
      best.volume = nullptr;
      for (const json& volume : volumes_of(pod)) {
        if (text_at(volume, {"name"}) == text_at(mount, {"name"})) best.volume = &volume;
      }
    }
  }
  return best;
}

/// The key of the source that gives the file; nullopt when none does.
std::optional<std::string> key_for(const Source& source, const std::string& file) {
  if (!source.items.is_array()) return file;
  for (const json& item : source.items) {
    if (text_at(item, {"path"}) == file) return text_at(item, {"key"});
  }
  return std::nullopt;
}

}  // namespace

std::string mount_failure(const ObjectStore& store, const json& pod) {
  for (const json& volume : volumes_of(pod)) {
    for (const Source& source : sources_of(volume)) {
      const std::string reason = source_failure(store, pod, source);
      if (reason.empty()) continue;
      return "MountVolume.SetUp failed for volume \"" + text_at(volume, {"name"}) +
             "\" : " + reason;
    }
  }
  return "";
}

std::set<ObjectKey> mounted_objects(const json& pod) {
  std::set<ObjectKey> objects;
  for (const json& volume : volumes_of(pod)) {
    for (const Source& source : sources_of(volume)) objects.insert(key_of_source(source, pod));
  }
  return objects;
}

MountedFile read_mounted(const ObjectStore& store, const json& pod, const std::string& path) {
  MountedFile found;
  const Place place = place_of(pod, path);
  if (place.volume == nullptr) return found;
  found.fixed = place.by_sub_path;
  const std::vector<Source> sources = sources_of(*place.volume);
  if (sources.empty()) {
    const bool own = text_at(*place.volume, {"name"}).starts_with(kOwnEmptyDirPrefix);
    found.state = own ? MountedFile::State::absent : MountedFile::State::unseen;
    return found;
  }
  for (const Source& source : sources) {
    const ObjectKey object = key_of_source(source, pod);
    found.sources.insert(object);
    const json* stored = store.find(object);
    const auto key = key_for(source, place.file);
    if (stored == nullptr || !key || !has_key(*stored, *key)) continue;
    found.state = MountedFile::State::present;
    found.text = key_text(*stored, *key, source.secret);
  }
  return found;
}

}  // namespace crosstie::sandbox::eck
