#include "providers/kubernetes/manifest.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"

namespace crosstie::kubernetes {
namespace {

/// Fields of metadata that only the server sets.
constexpr std::array<std::string_view, 7> kServerMetadata = {
    "uid",           "resourceVersion", "generation",       "creationTimestamp",
    "managedFields", "selfLink",        "deletionTimestamp"};

std::string scalar_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  return to_json(value).dump();
}

Value without_nulls(const Value& value) {
  if (value.is_object()) {
    Value::Object out;
    for (const auto& [key, member] : value.as_object())
      if (!member.is_null()) out.emplace(key, without_nulls(member));
    Value made(std::move(out));
    return made.mark_sensitive(value.sensitive());
  }
  if (value.is_list()) {
    Value::List out;
    for (const Value& item : value.as_list()) out.push_back(without_nulls(item));
    Value made(std::move(out));
    return made.mark_sensitive(value.sensitive());
  }
  return value;
}

void strings_only(Value* map) {
  if (map == nullptr || !map->is_object()) return;
  for (auto& [key, value] : map->as_object()) {
    if (value.is_number() || value.is_bool())
      value = Value(scalar_text(value)).mark_sensitive(value.sensitive());
  }
}

Value* member(Value& value, std::string_view key) {
  if (!value.is_object()) return nullptr;
  const auto found = value.as_object().find(key);
  return found == value.as_object().end() ? nullptr : &found->second;
}

void move_string_data(Value& manifest) {
  Value* texts = member(manifest, "stringData");
  if (texts == nullptr) return;
  if (texts->is_object()) {
    const Value moved = *texts;
    Value data =
        member(manifest, "data") != nullptr ? *member(manifest, "data") : Value(Value::Object{});
    for (const auto& [key, text] : moved.as_object()) {
      // An unknown text stays unknown; its base64 is known when it is.
      Value encoded = text.is_unknown() ? text : Value(http::base64_encode(scalar_text(text)));
      data.set(key, encoded.mark_sensitive());
    }
    manifest.set("data", std::move(data));
  }
  manifest.erase("stringData");
}

}  // namespace

ObjectName name_of(const Value& manifest) {
  ObjectName name;
  name.api_version = manifest.text("apiVersion");
  name.kind = manifest.text("kind");
  if (const Value* metadata = manifest.find("metadata")) {
    name.namespace_name = metadata->text("namespace");
    name.name = metadata->text("name");
  }
  return name;
}

Diagnostics check_manifest(const Value& manifest) {
  Diagnostics problems;
  const auto refuse = [&](const std::string& detail, const std::string& fix) {
    problems.push_back(make_error("the manifest cannot be used", detail, fix));
  };
  if (manifest.is_unknown()) return problems;
  if (!manifest.is_object()) {
    refuse("`manifest` is a " + std::string(kind_name(manifest)) + ", not one Kubernetes object.",
           "To fix it, give one object with apiVersion, kind and metadata.");
    return problems;
  }
  const auto must_be_text = [&](const Value* value, const std::string& what) {
    if (value != nullptr &&
        (value->is_unknown() || (value->is_string() && !value->as_string().empty())))
      return;
    refuse("`manifest." + what + "` must be a text.", "To fix it, set it.");
  };
  must_be_text(manifest.find("apiVersion"), "apiVersion");
  must_be_text(manifest.find("kind"), "kind");
  const Value* metadata = manifest.find("metadata");
  if (metadata != nullptr && metadata->is_object() && metadata->find("generateName") != nullptr) {
    refuse(
        "`manifest.metadata.generateName` lets the server choose a name, by which the object could "
        "not be found again.",
        "To fix it, set `metadata.name`.");
  } else {
    must_be_text(manifest.at({"metadata", "name"}), "metadata.name");
  }
  if (metadata != nullptr && metadata->is_object()) {
    for (const std::string_view key : kServerMetadata) {
      if (metadata->find(key) != nullptr)
        refuse("`manifest.metadata." + std::string(key) + "` is set by the server.",
               "To fix it, leave it out.");
    }
  }
  if (manifest.find("status") != nullptr)
    refuse("`manifest.status` is set by the cluster.", "To fix it, leave it out.");
  if (manifest.text("kind").ends_with("List") && manifest.find("items") != nullptr) {
    refuse("`manifest` is a list of objects.",
           "To fix it, give each object a resource of its own, for instance with `for_each`.");
  }
  return problems;
}

Value normalise_manifest(const Value& manifest) {
  if (!manifest.is_object()) return manifest;
  Value out = without_nulls(manifest);
  const std::string kind = out.text("kind");
  if (kind == "Secret" && out.text("apiVersion") == "v1") move_string_data(out);
  if (kind == "ConfigMap") strings_only(member(out, "data"));
  if (Value* metadata = member(out, "metadata")) {
    strings_only(member(*metadata, "labels"));
    strings_only(member(*metadata, "annotations"));
  }
  mark_secret_data(out);
  return out;
}

Value project(const Value& live, const Value& shape) {
  if (!shape.is_object() || !live.is_object() || shape.as_object().empty()) return live;
  Value::Object out;
  for (const auto& [key, member_shape] : shape.as_object()) {
    if (const Value* found = live.find(key))
      out.emplace(key, is_atomic_map(key) ? *found : project(*found, member_shape));
  }
  return Value(std::move(out)).mark_sensitive(live.sensitive());
}

Value without_server_fields(const Value& object) {
  if (!object.is_object()) return object;
  Value out = object;
  out.erase("status");
  if (Value* metadata = member(out, "metadata"); metadata != nullptr && metadata->is_object()) {
    for (const std::string_view key : kServerMetadata) metadata->erase(key);
  }
  return out;
}

void mark_secret_data(Value& object) {
  if (object.text("kind") != "Secret" || object.text("apiVersion") != "v1") return;
  for (const char* key : {"data", "stringData"}) {
    Value* data = member(object, key);
    if (data == nullptr) continue;
    if (!data->is_object()) {
      data->mark_sensitive();
      continue;
    }
    for (auto& [name, value] : data->as_object()) value.mark_sensitive();
  }
  // kubectl keeps a whole copy of what was applied, contents included.
  if (Value* metadata = member(object, "metadata"); metadata != nullptr) {
    if (Value* annotations = member(*metadata, "annotations"); annotations != nullptr) {
      if (Value* copy = member(*annotations, "kubectl.kubernetes.io/last-applied-configuration"))
        copy->mark_sensitive();
    }
  }
}

bool is_atomic_map(std::string_view field) {
  return field == "selector" || field.ends_with("Selector") || field == "matchLabels";
}

bool is_empty(const Value& value) {
  return value.is_null() || (value.is_object() && value.as_object().empty()) ||
         (value.is_list() && value.as_list().empty());
}

bool parse_quantity(const std::string& text, double& amount) {
  // Suffixes: kubernetes/apimachinery pkg/api/resource/suffix.go.
  static const std::pair<std::string_view, double> kSuffixes[] = {
      {"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},   {"k", 1e3},   {"M", 1e6},
      {"G", 1e9},     {"T", 1e12},    {"P", 1e15},    {"E", 1e18},   {"Ki", 1024}, {"Mi", 0x1p20},
      {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
  char* end = nullptr;
  // strtod also takes hexadecimal numbers, "inf" and "nan".
  if (text.empty() || text.find_first_of("xXaAfF") != std::string::npos || text.front() == 'n')
    return false;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(number)) return false;
  const std::string_view suffix(end);
  for (const auto& [name, factor] : kSuffixes) {
    if (suffix != name) continue;
    amount = number * factor;
    return true;
  }
  return false;
}

}  // namespace crosstie::kubernetes
