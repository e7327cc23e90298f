#include "sandbox/kubernetes/structural.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

const json* property_of(const json& schema, const std::string& name) {
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    if (const auto found = properties->find(name); found != properties->end()) return &*found;
  }
  const auto additional = schema.find("additionalProperties");
  return additional != schema.end() && additional->is_object() ? &*additional : nullptr;
}

bool keeps_unknown(const json& schema) {
  return schema.value("x-kubernetes-preserve-unknown-fields", false) ||
         schema.contains("additionalProperties") || !schema.contains("properties");
}

std::string joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

std::string indexed(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

void prune_at(json& value, const json& schema, const std::string& path,
              std::vector<std::string>& unknown) {
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t index = 0; index < value.size(); ++index)
      prune_at(value[index], schema.at("items"), indexed(path, index), unknown);
  }
  if (!value.is_object()) return;
  const bool keep = keeps_unknown(schema);
  for (auto field = value.begin(); field != value.end();) {
    const std::string field_path = joined(path, field.key());
    if (const json* property = property_of(schema, field.key())) {
      prune_at(field.value(), *property, field_path, unknown);
    } else if (!keep) {
      unknown.push_back(field_path);
      field = value.erase(field);
      continue;
    }
    ++field;
  }
}

const char* type_name(const json& value) {
  if (value.is_number_float()) return "number";
  if (value.is_number()) return "integer";
  return value.is_null() ? "null" : value.type_name();
}

bool fits(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return value.type_name() == type;
}

class Validator {
 public:
  std::vector<Cause> causes;

  void check(const json& value, const json& schema, const std::string& path) {
    if (value.is_null() && (schema.value("nullable", false) || schema.value("type", "").empty()))
      return;
    if (!check_type(value, schema, path)) return;
    check_limits(value, schema, path);
    if (value.is_array() && schema.contains("items")) {
      for (std::size_t index = 0; index < value.size(); ++index)
        check(value[index], schema.at("items"), indexed(path, index));
    }
    if (!value.is_object()) return;
    for (const json& name : schema.value("required", json::array())) {
      if (!value.contains(name.get<std::string>()))
        causes.push_back(Cause::required(joined(path, name.get<std::string>())));
    }
    for (const auto& [name, child] : value.items()) {
      if (const json* property = property_of(schema, name))
        check(child, *property, joined(path, name));
    }
  }

 private:
  bool check_type(const json& value, const json& schema, const std::string& path) {
    if (schema.value("x-kubernetes-int-or-string", false)) {
      if (value.is_number_integer() || value.is_string()) return true;
      causes.push_back(Cause::wrong_type(path, "integer,string", type_name(value)));
      return false;
    }
    const std::string type = schema.value("type", "");
    if (type.empty() || fits(value, type)) return true;
    causes.push_back(Cause::wrong_type(path, type, type_name(value)));
    return false;
  }

  void check_limits(const json& value, const json& schema, const std::string& path) {
    const std::string in_body = path + " in body should ";
    if (const auto choices = schema.find("enum"); choices != schema.end()) {
      if (std::find(choices->begin(), choices->end(), value) == choices->end()) {
        causes.push_back(
            Cause::not_supported(path, value.dump(), choices->get<std::vector<std::string>>()));
      }
    }
    const auto items_min = schema.value("minItems", std::size_t{0});
    if (value.is_array() && value.size() < items_min) {
      causes.push_back(
          Cause::invalid(path, std::to_string(value.size()),
                         in_body + "have at least " + std::to_string(items_min) + " items"));
    }
    if (value.is_number() && schema.contains("minimum") && value < schema.at("minimum")) {
      causes.push_back(
          Cause::invalid(path, value.dump(),
                         in_body + "be greater than or equal to " + schema.at("minimum").dump()));
    }
    if (value.is_string() &&
        value.get_ref<const std::string&>().size() < schema.value("minLength", std::size_t{0})) {
      causes.push_back(
          Cause::invalid(path, value.dump(),
                         in_body + "be at least " + schema.at("minLength").dump() + " chars long"));
    }
  }
};

}  // namespace

std::vector<std::string> prune_unknown(json& object, const json& schema) {
  std::vector<std::string> unknown;
  prune_at(object, schema, "", unknown);
  return unknown;
}

void fill_defaults(json& object, const json& schema) {
  if (object.is_array() && schema.contains("items")) {
    for (json& item : object) fill_defaults(item, schema.at("items"));
  }
  if (!object.is_object()) return;
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return;
  for (const auto& [name, property] : properties->items()) {
    if (property.contains("default") && !object.contains(name))
      object[name] = property.at("default");
    if (object.contains(name)) fill_defaults(object[name], property);
  }
}

std::vector<Cause> validate_structure(const json& object, const json& schema) {
  Validator validator;
  validator.check(object, schema, "");
  return std::move(validator.causes);
}

}  // namespace crosstie::sandbox::kubernetes
