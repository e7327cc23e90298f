#pragma once
// Checks a body against a definition of the published API (../shared/spec), as far as required
// members and JSON types go.
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace crosstie::testing {

class Spec {
 public:
  /// nullopt where the shared folder is not there.
  static std::optional<Spec> load() {
    std::ifstream file(CROSSTIE_SOURCE_DIR "/../shared/spec/elastic-cloud-subset.json");
    if (!file) return std::nullopt;
    Spec spec;
    spec.document_ = nlohmann::json::parse(file);
    return spec;
  }

  std::vector<std::string> problems(const nlohmann::json& body,
                                    const std::string& definition) const {
    std::vector<std::string> found;
    check(body, {{"$ref", "#/definitions/" + definition}}, definition, found);
    return found;
  }

 private:
  void check(const nlohmann::json& value, nlohmann::json schema, const std::string& where,
             std::vector<std::string>& found) const {
    if (schema.contains("$ref")) {
      const std::string name = schema["$ref"].get<std::string>().substr(14);
      // Typed as an object, though the text says that a string is the normal case.
      schema = document_["definitions"][name];
      if (name == "KeystoreSecret") schema["properties"]["value"].erase("type");
    }
    const std::string type = schema.value("type", "");
    const bool right =
        type.empty() || (type == "object" && value.is_object()) ||
        (type == "array" && value.is_array()) || (type == "string" && value.is_string()) ||
        (type == "boolean" && value.is_boolean()) ||
        (type == "integer" && value.is_number_integer()) || (type == "number" && value.is_number());
    if (!right) found.push_back(where + " is no " + type);
    if (value.is_object()) {
      for (const auto& name : schema.value("required", nlohmann::json::array()))
        if (!value.contains(name.get<std::string>()))
          found.push_back(where + " lacks " + name.get<std::string>());
      const nlohmann::json properties = schema.value("properties", nlohmann::json::object());
      for (const auto& [name, member] : value.items()) {
        if (properties.contains(name))
          check(member, properties[name], where + "." + name, found);
        else if (schema.contains("additionalProperties"))
          check(member, schema["additionalProperties"], where + "." + name, found);
        else if (!properties.empty())
          found.push_back(where + " has unknown " + name);
      }
    }
    if (value.is_array() && schema.contains("items"))
      for (const auto& item : value) check(item, schema["items"], where + "[]", found);
  }

  nlohmann::json document_;
};

}  // namespace crosstie::testing
