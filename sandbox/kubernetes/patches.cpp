#include "sandbox/kubernetes/patches.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sandbox/kubernetes/field_schema.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

using Relation = FieldSchema::Relation;

json without_directives(const json& value) {
  if (value.is_array()) {
    json list = json::array();
    for (const json& item : value) {
      if (!item.is_object() || item.value("$patch", "") != "delete")
        list.push_back(without_directives(item));
    }
    return list;
  }
  if (!value.is_object()) return value;
  json kept = json::object();
  for (const auto& [name, child] : value.items()) {
    if (!name.starts_with("$") && !child.is_null()) kept[name] = without_directives(child);
  }
  return kept;
}

json merge_keyed(const json& list, const json& patch, const FieldSchema& schema) {
  const std::string key = schema.keys.front().first;
  json merged = list;
  for (const json& change : patch) {
    if (change.is_object() && change.value("$patch", "") == "replace")
      return without_directives(patch);
    if (!change.is_object() || !change.contains(key)) {
      throw bad_request("map: " + change.dump() + " does not contain declared merge key: " + key);
    }
    const auto known = std::find_if(merged.begin(), merged.end(), [&](const json& item) {
      return item.value(key, json()) == change.at(key);
    });
    if (change.value("$patch", "") == "delete") {
      if (known != merged.end()) merged.erase(known);
    } else if (known == merged.end()) {
      merged.push_back(without_directives(change));
    } else {
      *known = strategic_patch(*known, change, schema.element.get());
    }
  }
  return merged;
}

json merge_set(const json& list, const json& patch) {
  json merged = list;
  for (const json& item : patch) {
    if (std::find(merged.begin(), merged.end(), item) == merged.end()) merged.push_back(item);
  }
  return merged;
}

void delete_from_list(json& object, const std::string& directive, const json& values) {
  const std::string field = directive.substr(directive.find('/') + 1);
  if (!object.contains(field)) return;
  json kept = json::array();
  for (const json& item : object[field]) {
    if (std::find(values.begin(), values.end(), item) == values.end()) kept.push_back(item);
  }
  object[field] = std::move(kept);
}

}  // namespace

json json_patch(const json& object, const json& patch) {
  if (!patch.is_array())
    throw bad_request(
        "error decoding patch: json: cannot unmarshal object into Go value of type "
        "jsonpatch.Patch");
  try {
    return object.patch(patch);
  } catch (const json::exception&) {
    throw unprocessable_patch();
  }
}

json merge_patch(json object, const json& patch) {
  if (!patch.is_object())
    throw bad_request(
        "error decoding patch: json: cannot unmarshal array into Go value of type "
        "map[string]interface {}");
  object.merge_patch(patch);
  return object;
}

json strategic_patch(const json& object, const json& patch, const FieldSchema* schema) {
  if (!patch.is_object())
    throw bad_request(
        "error decoding patch: json: cannot unmarshal array into Go value of type "
        "map[string]interface {}");
  if (patch.value("$patch", "") == "replace") return without_directives(patch);
  json result = object;
  if (const auto keys = patch.find("$retainKeys"); keys != patch.end()) {
    for (const auto& [name, child] : object.items()) {
      if (std::find(keys->begin(), keys->end(), name) == keys->end()) result.erase(name);
    }
  }
  for (const auto& [name, change] : patch.items()) {
    if (name.starts_with("$deleteFromPrimitiveList/")) delete_from_list(result, name, change);
    if (name.starts_with("$")) continue;
    const FieldSchema* field = schema ? schema->field(name) : nullptr;
    const auto known = result.find(name);
    if (change.is_null()) {
      result.erase(name);
    } else if (known == result.end()) {
      result[name] = without_directives(change);
    } else if (change.is_object() && known->is_object()) {
      if (change.value("$patch", "") == "delete") {
        result.erase(name);
      } else {
        result[name] = strategic_patch(*known, change, field);
      }
    } else if (change.is_array() && known->is_array() && field &&
               field->relation == Relation::keyed) {
      result[name] = merge_keyed(*known, change, *field);
    } else if (change.is_array() && known->is_array() && field &&
               field->relation == Relation::set) {
      result[name] = merge_set(*known, change);
    } else {
      result[name] = without_directives(change);
    }
  }
  return result;
}

}  // namespace crosstie::sandbox::kubernetes
