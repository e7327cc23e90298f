// What the argument `node_sets` and the ledger may look like.
#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kNameCharactersMax = 63;  // a volume's name is a DNS label

/// Shapes of corev1.Volume and corev1.VolumeMount as Go decodes them; what is not listed would be
/// dropped without a word.
enum class Kind { text, flag, whole, amount, texts, object, list };
struct Field {
  std::string_view name;
  Kind kind;
  std::span<const Field> fields{};
};

constexpr std::array kItem{Field{"key", Kind::text}, Field{"path", Kind::text},
                           Field{"mode", Kind::whole}};
constexpr std::array kNamed{Field{"name", Kind::text}};
constexpr std::array kSecret{Field{"secretName", Kind::text}, Field{"defaultMode", Kind::whole},
                             Field{"optional", Kind::flag}, Field{"items", Kind::list, kItem}};
constexpr std::array kConfigMap{Field{"name", Kind::text}, Field{"defaultMode", Kind::whole},
                                Field{"optional", Kind::flag}, Field{"items", Kind::list, kItem}};
constexpr std::array kProjectedObject{Field{"name", Kind::text}, Field{"optional", Kind::flag},
                                      Field{"items", Kind::list, kItem}};
constexpr std::array kToken{Field{"audience", Kind::text}, Field{"expirationSeconds", Kind::whole},
                            Field{"path", Kind::text}};
constexpr std::array kSource{Field{"secret", Kind::object, kProjectedObject},
                             Field{"configMap", Kind::object, kProjectedObject},
                             Field{"serviceAccountToken", Kind::object, kToken}};
constexpr std::array kProjected{Field{"defaultMode", Kind::whole},
                                Field{"sources", Kind::list, kSource}};
constexpr std::array kEmptyDir{Field{"medium", Kind::text}, Field{"sizeLimit", Kind::amount}};
constexpr std::array kClaim{Field{"claimName", Kind::text}, Field{"readOnly", Kind::flag}};
constexpr std::array kHostPath{Field{"path", Kind::text}, Field{"type", Kind::text}};
constexpr std::array kNfs{Field{"server", Kind::text}, Field{"path", Kind::text},
                          Field{"readOnly", Kind::flag}};
constexpr std::array kCsi{Field{"driver", Kind::text}, Field{"fsType", Kind::text},
                          Field{"readOnly", Kind::flag}, Field{"volumeAttributes", Kind::texts},
                          Field{"nodePublishSecretRef", Kind::object, kNamed}};
constexpr std::array kVolume{Field{"name", Kind::text},
                             Field{"secret", Kind::object, kSecret},
                             Field{"configMap", Kind::object, kConfigMap},
                             Field{"projected", Kind::object, kProjected},
                             Field{"emptyDir", Kind::object, kEmptyDir},
                             Field{"persistentVolumeClaim", Kind::object, kClaim},
                             Field{"hostPath", Kind::object, kHostPath},
                             Field{"nfs", Kind::object, kNfs},
                             Field{"csi", Kind::object, kCsi}};
constexpr std::array kMount{Field{"name", Kind::text},
                            Field{"mountPath", Kind::text},
                            Field{"subPath", Kind::text},
                            Field{"subPathExpr", Kind::text},
                            Field{"readOnly", Kind::flag},
                            Field{"mountPropagation", Kind::text},
                            Field{"recursiveReadOnly", Kind::text}};

constexpr std::array<std::string_view, 16> kVolumesOfEck{
    "downward-api",
    "elastic-internal-elasticsearch-bin-local",
    "elastic-internal-elasticsearch-config",
    "elastic-internal-elasticsearch-config-local",
    "elastic-internal-elasticsearch-plugins-local",
    "elastic-internal-http-certificates",
    "elastic-internal-probe-user",
    "elastic-internal-remote-certificate-authorities",
    "elastic-internal-scripts",
    "elastic-internal-transport-certificates",
    "elastic-internal-unicast-hosts",
    "elastic-internal-xpack-file-realm",
    "elasticsearch-data",
    "elasticsearch-logs",
    "file-settings",
    "tmp-volume"};

Diagnostic wrong(const std::string& detail) {
  return make_error("nodeSet entries cannot be used", detail,
                    "To fix it, write `config` as a mapping, and `volumes` and `volume_mounts` as "
                    "in a pod. The API server takes anything here, and a wrong type stops the "
                    "operator for every cluster.");
}

std::string_view words(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a string";
    case Kind::flag:
      return "true or false";
    case Kind::whole:
      return "a whole number";
    case Kind::amount:
      return "an amount such as 1Gi";
    case Kind::texts:
      return "a mapping of strings";
    case Kind::object:
      return "a mapping";
    case Kind::list:
      return "a list of mappings";
  }
  return "";
}

bool all_texts(const Value& value) {
  return value.is_object() &&
         std::all_of(value.as_object().begin(), value.as_object().end(),
                     [](const auto& member) { return member.second.is_string(); });
}

Result<void> check_object(const Value& value, const std::string& where,
                          std::span<const Field> fields);

Result<void> check_field(const Value& value, const std::string& where, const Field& field) {
  bool right = false;
  switch (field.kind) {
    case Kind::text:
      right = value.is_string();
      break;
    case Kind::flag:
      right = value.is_bool();
      break;
    case Kind::whole:
      right = value.is_integer();
      break;
    case Kind::amount:
      right = value.is_string() || value.is_number();
      break;
    case Kind::texts:
      right = all_texts(value);
      break;
    case Kind::object:
      right = value.is_object();
      break;
    case Kind::list:
      right = value.is_list();
      break;
  }
  if (!right) return wrong(where + " is not " + std::string(words(field.kind)) + ".");
  if (field.kind == Kind::object) return check_object(value, where, field.fields);
  if (field.kind == Kind::list)
    for (const Value& item : value.as_list())
      if (Result<void> one = check_object(item, where + "[]", field.fields); !one) return one;
  return {};
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tables above
Result<void> check_object(const Value& value, const std::string& where,
                          std::span<const Field> fields) {
  if (!value.is_object()) return wrong(where + " is not a mapping.");
  for (const auto& [name, member] : value.as_object()) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& one) { return one.name == name; });
    if (field == fields.end()) return wrong(where + " has no member " + name + ".");
    if (member.is_null()) continue;
    if (Result<void> one = check_field(member, where + "." + name, *field); !one) return one;
  }
  return {};
}

/// Nulls stand for "left out", as in `spec`.
Value without_nulls(const Value& value) {
  if (value.is_list()) {
    Value::List list;
    for (const Value& item : value.as_list()) list.push_back(without_nulls(item));
    return Value(std::move(list));
  }
  if (!value.is_object()) return value;
  Value::Object kept;
  for (const auto& [name, member] : value.as_object())
    if (!member.is_null()) kept.emplace(name, without_nulls(member));
  return Value(std::move(kept));
}

bool is_label(const std::string& name) {
  return !name.empty() && name.size() <= kNameCharactersMax && name.front() != '-' &&
         name.back() != '-' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<void> read_config(const Value& config, Value::Object& read) {
  if (!config.is_object()) return wrong("node_sets.config is not a mapping.");
  flatten_settings(without_nulls(config), "", read);
  for (const auto& [key, value] : read) {
    const bool scalars =
        value.is_list() &&
        std::none_of(value.as_list().begin(), value.as_list().end(), [](const Value& item) {
          return item.is_list() || item.is_object() || item.is_null();
        });
    if (value.is_object() || (value.is_list() && !scalars))
      return wrong("node_sets.config." + key + " is neither a scalar nor a list of scalars.");
  }
  return {};
}

Result<void> read_volumes(const Value& volumes, Value::List& read) {
  if (!volumes.is_list()) return wrong("node_sets.volumes is not a list.");
  for (const Value& given : volumes.as_list()) {
    const Value volume = without_nulls(given);
    const std::string name = volume.text("name");
    const std::string where = "node_sets.volumes[" + name + "]";
    if (Result<void> one = check_object(volume, where, kVolume); !one) return one;
    if (!is_label(name))
      return wrong(where + " has no name of lower-case letters, digits and hyphens.");
    if (is_volume_of_eck(name))
      return wrong(where + " has the name of a volume of ECK's own, which it would displace.");
    if (volume.as_object().size() != 2)
      return wrong(where + " does not have exactly one source, such as `secret` or `configMap`.");
    if (element_named(Value(read), name) != nullptr)
      return wrong("node_sets.volumes has two volumes named " + name + ".");
    read.push_back(volume);
  }
  return {};
}

Result<void> read_mounts(const Value& mounts, Value::List& read) {
  if (!mounts.is_list()) return wrong("node_sets.volume_mounts is not a list.");
  for (const Value& given : mounts.as_list()) {
    const Value mount = without_nulls(given);
    const std::string path = mount.text("mountPath");
    const std::string where = "node_sets.volume_mounts[" + path + "]";
    if (Result<void> one = check_object(mount, where, kMount); !one) return one;
    if (mount.text("name").empty()) return wrong(where + " has no name of a volume.");
    if (!path.starts_with("/") || path.find(':') != std::string::npos)
      return wrong(where + " has no mountPath that begins with / and has no colon.");
    for (const Value& other : read)
      if (other.text("mountPath") == path)
        return wrong("node_sets.volume_mounts has two mounts at " + path + ".");
    read.push_back(mount);
  }
  return {};
}

Value list_member(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  return found != nullptr && found->is_list() ? *found : Value(Value::List{});
}

PlacedEntries read_placed(const Value& value) {
  PlacedEntries placed;
  if (const Value* at = value.find("at"); at != nullptr && at->is_integer())
    placed.position = at->as_integer();
  placed.print = value.text("print");
  if (const Value* config = value.find("config"); config != nullptr && config->is_object())
    placed.config = config->as_object();
  const Value volumes = list_member(value, "volumes");
  for (const Value& name : volumes.as_list())
    if (name.is_string()) placed.volumes.push_back(name);
  placed.mounts = list_member(value, "mounts").as_list();
  placed.made = list_member(value, "made").as_list();
  return placed;
}

Value write_placed(const PlacedEntries& placed) {
  Value value(Value::Object{{"at", Value(placed.position)}, {"print", Value(placed.print)}});
  if (!placed.config.empty()) value.set("config", Value(placed.config));
  if (!placed.volumes.empty()) value.set("volumes", Value(placed.volumes));
  if (!placed.mounts.empty()) value.set("mounts", Value(placed.mounts));
  if (!placed.made.empty()) value.set("made", Value(placed.made));
  return value;
}

}  // namespace

bool is_volume_of_eck(std::string_view name) {
  return std::find(kVolumesOfEck.begin(), kVolumesOfEck.end(), name) != kVolumesOfEck.end();
}

Result<NodeSetEntries> read_node_set_entries(const Value& argument) {
  NodeSetEntries entries;
  if (!argument.is_object()) return wrong("node_sets is not a mapping.");
  for (const auto& [name, value] : argument.as_object()) {
    if (value.is_null()) continue;
    Result<void> read;
    if (name == "config") {
      read = read_config(value, entries.config);
    } else if (name == "volumes") {
      read = read_volumes(value, entries.volumes);
    } else if (name == "volume_mounts") {
      read = read_mounts(value, entries.mounts);
    } else {
      read = wrong("node_sets has no member " + name + ".");
    }
    if (!read) return read.failure();
  }
  return entries;
}

Value write_node_set_entries(const NodeSetEntries& entries) {
  return Value(Value::Object{{"config", Value(entries.config)},
                             {"volumes", Value(entries.volumes)},
                             {"volume_mounts", Value(entries.mounts)}});
}

Result<NodeSetLedger> parse_node_set_ledger(const std::string& text) {
  NodeSetLedger ledger;
  if (text.empty()) return ledger;
  const auto damaged = [] {
    return make_error(
        "ledger of the nodeSets is damaged",
        std::string("Annotation ") + kLedgerAnnotation +
            " of the Elasticsearch resource tells what crosstie put into the nodeSets, and it was "
            "changed by hand so that it cannot be read.",
        "To fix it, put the annotation back as it was, from a backup or from Git.");
  };
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) return damaged();
  const Value value = from_json(parsed);
  const Value* owners = value.find("owners");
  const Value* placed = value.find("placed");
  if (owners == nullptr || !owners->is_object() || placed == nullptr || !placed->is_object())
    return damaged();
  for (const auto& [owner, wants] : owners->as_object()) {
    Result<NodeSetEntries> entries = read_node_set_entries(wants);
    if (!entries) return damaged();
    ledger.owners.emplace(owner, std::move(*entries));
  }
  for (const auto& [name, entries] : placed->as_object())
    ledger.placed.emplace(name, read_placed(entries));
  return ledger;
}

std::string print_node_set_ledger(const NodeSetLedger& ledger) {
  if (ledger.empty()) return "";
  Value owners(Value::Object{});
  for (const auto& [owner, entries] : ledger.owners)
    owners.set(owner, write_node_set_entries(entries));
  Value placed(Value::Object{});
  for (const auto& [name, entries] : ledger.placed) placed.set(name, write_placed(entries));
  const Value all(Value::Object{{"owners", std::move(owners)}, {"placed", std::move(placed)}});
  return to_json(all).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace crosstie::kubernetes
