#pragma once
// A validator for the part of JSON Schema (draft 2020-12) that docs/schema uses. A keyword that it
// does not know is an error of the schema, so that nothing stands there unchecked.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace crosstie::testing {

class JsonSchema {
 public:
  explicit JsonSchema(nlohmann::json root) : root_(std::move(root)) {}

  /// What is wrong with `value`, a line each with its place; empty when it is valid.
  std::vector<std::string> errors_of(const nlohmann::json& value) const {
    return check(root_, value, "$");
  }

 private:
  using Json = nlohmann::json;
  using Errors = std::vector<std::string>;

  static void append(Errors& to, const Errors& more) {
    to.insert(to.end(), more.begin(), more.end());
  }

  static bool has_type(const std::string& type, const Json& value) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "null") return value.is_null();
    return type == value.type_name();  // object, array, string, boolean
  }

  Errors check(const Json& schema, const Json& value, const std::string& at) const {
    if (schema.is_boolean())
      return schema.get<bool>() ? Errors{} : Errors{at + ": must not be there"};
    static const std::set<std::string> kKnown = {"$schema",
                                                 "$id",
                                                 "$defs",
                                                 "$ref",
                                                 "title",
                                                 "description",
                                                 "type",
                                                 "const",
                                                 "required",
                                                 "properties",
                                                 "additionalProperties",
                                                 "enum",
                                                 "items",
                                                 "oneOf"};
    Errors errors;
    for (const auto& [keyword, ignored] : schema.items())
      if (!kKnown.contains(keyword))
        errors.push_back(at + ": the schema uses the unknown keyword " + keyword);
    if (schema.contains("$ref")) {
      const std::string reference = schema["$ref"];
      append(errors, check(root_.at(Json::json_pointer(reference.substr(1))), value, at));
    }
    append(errors, check_itself(schema, value, at));
    append(errors, check_members(schema, value, at));
    if (schema.contains("oneOf")) append(errors, check_one_of(schema["oneOf"], value, at));
    return errors;
  }

  static Errors check_itself(const Json& schema, const Json& value, const std::string& at) {
    Errors errors;
    if (schema.contains("type")) {
      const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
      bool fits = false;
      for (const Json& type : types) fits = fits || has_type(type, value);
      if (!fits) errors.push_back(at + ": is " + value.dump() + ", wanted " + types.dump());
    }
    if (schema.contains("const") && schema["const"] != value)
      errors.push_back(at + ": is " + value.dump() + ", wanted " + schema["const"].dump());
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      errors.push_back(at + ": is " + value.dump() + ", wanted one of " + schema["enum"].dump());
    return errors;
  }

  Errors check_members(const Json& schema, const Json& value, const std::string& at) const {
    Errors errors;
    if (value.is_array() && schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        append(errors, check(schema["items"], value[i], at + "[" + std::to_string(i) + "]"));
    if (!value.is_object()) return errors;
    for (const Json& name : schema.value("required", Json::array()))
      if (!value.contains(name.get<std::string>()))
        errors.push_back(at + ": has no " + name.get<std::string>());
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        append(errors, check(properties[name], member, at + "." + name));
      } else if (schema.contains("additionalProperties")) {
        append(errors, check(schema["additionalProperties"], member, at + "." + name));
      }
    }
    return errors;
  }

  /// When none fits, the errors of the branch that comes nearest.
  Errors check_one_of(const Json& branches, const Json& value, const std::string& at) const {
    Errors nearest;
    int fitting = 0;
    for (const Json& branch : branches) {
      Errors errors = check(branch, value, at);
      if (errors.empty()) {
        ++fitting;
      } else if (nearest.empty() || errors.size() < nearest.size()) {
        nearest = std::move(errors);
      }
    }
    if (fitting == 1) return {};
    return fitting == 0 ? nearest : Errors{at + ": fits more than one branch of oneOf"};
  }

  Json root_;
};

}  // namespace crosstie::testing
