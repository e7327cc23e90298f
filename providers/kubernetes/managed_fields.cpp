#include "providers/kubernetes/managed_fields.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/manifest.hpp"

namespace crosstie::kubernetes {
namespace {

bool owns(const Value& fields, const Path& path, const Value& manifest) {
  const Value* at = &fields;
  const Value* value = &manifest;
  std::string field;
  for (const PathStep& step : path) {
    const Value* below = nullptr;
    const auto* name = std::get_if<std::string>(&step.step);
    if (name != nullptr) {
      below = at->find("f:" + *name);
      value = value == nullptr ? nullptr : value->find(*name);
    } else {
      const std::size_t index = std::get<std::size_t>(step.step);
      const bool there = value != nullptr && value->is_list() && index < value->as_list().size();
      value = there ? &value->as_list()[index] : nullptr;
      below = there ? fields_of_element(*at, *value) : nullptr;
    }
    if (below == nullptr) {
      // Of a list or map that is one value only the whole has an owner. An object that is owned
      // while empty, as ECK writes them, is not its later members' owner (fixture
      // http-200-ssa-lb-over-empty-objects).
      const bool leaf = at != &fields && at->is_object() && at->as_object().empty();
      return leaf && (name == nullptr || is_atomic_map(field));
    }
    if (name != nullptr) field = *name;
    at = below;
  }
  return true;
}

bool of_status(const Value& entry) { return entry.text("subresource") == "status"; }

}  // namespace

FieldNodes fields_below(const FieldNodes& nodes, const std::string& key) {
  FieldNodes found;
  for (const Value* node : nodes)
    if (const Value* member = node->find(key)) found.push_back(member);
  return found;
}

const Value* fields_of_element(const Value& fields, const Value& element) {
  if (!fields.is_object()) return nullptr;
  for (const auto& [key, below] : fields.as_object()) {
    if (!key.starts_with("k:")) continue;
    const nlohmann::json keys = nlohmann::json::parse(key.substr(2), nullptr, false);
    if (!keys.is_object()) continue;
    bool same = true;
    for (const auto& [name, value] : keys.items()) {
      const Value* has = element.find(name);
      if (has != nullptr && !(*has == from_json(value))) same = false;
    }
    if (same) return &below;
  }
  return nullptr;
}

std::vector<FieldOwner> owners_of(const Value& managed_fields, const Path& path,
                                  const Value& manifest) {
  std::vector<FieldOwner> owners;
  if (!managed_fields.is_list()) return owners;
  for (const Value& entry : managed_fields.as_list()) {
    const Value* fields = entry.find("fieldsV1");
    if (fields == nullptr || of_status(entry) || !owns(*fields, path, manifest)) continue;
    owners.push_back({entry.text("manager"), entry.text("operation") == "Apply"});
  }
  return owners;
}

std::vector<FieldOwner> managers_of(const Value& managed_fields) {
  std::vector<FieldOwner> managers;
  if (!managed_fields.is_list()) return managers;
  for (const Value& entry : managed_fields.as_list()) {
    if (!of_status(entry))
      managers.push_back({entry.text("manager"), entry.text("operation") == "Apply"});
  }
  return managers;
}

bool applies(const Value& managed_fields, const std::string& manager) {
  if (!managed_fields.is_list()) return false;
  for (const Value& entry : managed_fields.as_list()) {
    if (entry.text("manager") != manager || entry.text("operation") != "Apply" || of_status(entry))
      continue;
    const Value* fields = entry.find("fieldsV1");
    if (fields != nullptr && fields->is_object() && !fields->as_object().empty()) return true;
  }
  return false;
}

}  // namespace crosstie::kubernetes
