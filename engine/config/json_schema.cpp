#include "engine/config/json_schema.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/schema.hpp"

namespace crosstie {
namespace {

using Json = nlohmann::ordered_json;

Json reference(const char* name) { return {{"$ref", std::string("#/$defs/") + name}}; }

Json or_expression(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), reference("expression")})}};
}

Json attribute_schema(const AttributeSchema& attribute);

Json object_schema(const std::vector<AttributeSchema>& members) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const AttributeSchema& member : members) {
    properties[member.name] = attribute_schema(member);
    if (member.required) required.push_back(member.name);
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json type_schema(const AttributeSchema& attribute) {
  switch (attribute.type) {
    case AttributeType::any:
      return Json::object();
    case AttributeType::boolean:
      return or_expression({{"type", Json::array({"boolean", "null"})}});
    case AttributeType::number:
      return or_expression({{"type", Json::array({"number", "null"})}});
    case AttributeType::string:
      if (!attribute.allowed.empty()) return or_expression({{"enum", attribute.allowed}});
      return {{"type", Json::array({"string", "null"})}};
    case AttributeType::list: {
      Json list{{"type", Json::array({"array", "null"})}};
      if (!attribute.members.empty())
        list["items"] = or_expression(object_schema(attribute.members));
      return or_expression(std::move(list));
    }
    case AttributeType::object:
      if (!attribute.members.empty()) return or_expression(object_schema(attribute.members));
      return or_expression({{"type", Json::array({"object", "null"})}});
    case AttributeType::secret_reference:
      return reference("secret");
  }
  return Json::object();
}

Json attribute_schema(const AttributeSchema& attribute) {
  Json schema = type_schema(attribute);
  if (!attribute.description.empty()) schema["description"] = attribute.description;
  return schema;
}

/// What holds for a resource of one type, as `if` its type is that, `then` these arguments.
Json resource_rule(const ResourceSchema& resource) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const AttributeSchema& attribute : resource.attributes) {
    if (attribute.computed) continue;
    properties[attribute.name] = attribute_schema(attribute);
    if (attribute.required) required.push_back(attribute.name);
  }
  Json then{{"description", resource.summary}, {"properties", std::move(properties)}};
  if (!required.empty()) then["required"] = std::move(required);
  return {{"if", {{"properties", {{"type", {{"const", resource.type}}}}}, {"required", {"type"}}}},
          {"then", std::move(then)}};
}

Json text(const char* description) { return {{"type", "string"}, {"description", description}}; }

Json conditions() {
  Json item{{"type", "object"},
            {"properties",
             {{"condition", or_expression({{"type", "boolean"}})},
              {"error_message", {{"type", "string"}}}}},
            {"required", {"condition", "error_message"}},
            {"additionalProperties", false}};
  return {{"type", "array"}, {"items", std::move(item)}};
}

Json lifecycle() {
  const Json path = text("a field, like spec.nodeSets[0].name");
  Json ignored{{"type", "object"},
               {"properties",
                {{"path", path},
                 {"reason", {{"type", "string"}}},
                 {"until", {{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}}}}},
               {"required", {"path"}},
               {"additionalProperties", false}};
  Json items{{"anyOf", Json::array({std::move(ignored), path})}};
  Json list{{"type", "array"}, {"items", items}};
  return {{"type", "object"},
          {"properties",
           {{"prevent_destroy", {{"type", "boolean"}}},
            {"ignore_changes", {{"anyOf", Json::array({std::move(list), std::move(items)})}}},
            {"precondition", conditions()}}},
          {"additionalProperties", false}};
}

Json resource_schema(const SchemaCatalog& schemas) {
  Json types = Json::array();
  Json rules = Json::array();
  for (const ResourceSchema& resource : schemas.all()) {
    types.push_back(resource.type);
    rules.push_back(resource_rule(resource));
  }
  Json properties{
      {"type", {{"description", "what kind of object this is"}, {"enum", std::move(types)}}},
      {"provider", text("the connection, like kubernetes.west")},
      {"for_each",
       {{"description", "one instance for each member of an object or string of a list"},
        {"type", Json::array({"object", "array", "string"})}}},
      {"when", or_expression({{"type", "boolean"}})},
      {"depends_on", {{"type", "array"}, {"items", text("resource.name or link.name")}}},
      {"lifecycle", lifecycle()},
      {"adopt",
       {{"enum", {"never", "if_unowned", "take_over"}},
        {"description", "what may happen to an object that exists already"}}},
      {"take_over", {{"type", "boolean"}}}};
  Json schema{{"type", "object"}, {"required", {"type"}}, {"properties", std::move(properties)}};
  if (!rules.empty()) schema["allOf"] = std::move(rules);
  schema["unevaluatedProperties"] = false;
  return schema;
}

Json variable_schema() {
  Json properties{{"type", {{"enum", {"string", "number", "bool", "list", "object", "any"}}}},
                  {"default", Json::object()},
                  {"description", {{"type", "string"}}},
                  {"sensitive", {{"type", "boolean"}, {"description", "never shown"}}},
                  {"allowed", {{"type", "array"}}},
                  {"validation", conditions()}};
  return {{"type", Json::array({"object", "null"})},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

Json link_schema() {
  Json properties{
      {"model",
       {{"enum", {"api_key", "certificate"}}, {"description", "how the ends trust each other"}}},
      {"blueprint", text("a built-in blueprint's name, or the path of a file")},
      {"alias", text("name of the remote cluster on the local one; the link's name when absent")},
      {"for_each", {{"type", Json::array({"object", "array", "string"})}}}};
  return {
      {"type", "object"},
      {"properties", std::move(properties)},
      {"anyOf", Json::array({Json{{"required", {"model"}}}, Json{{"required", {"blueprint"}}}})}};
}

Json secret_schema() {
  const auto one = [](const char* name, Json schema) {
    return Json{{"type", "object"},
                {"properties", {{name, std::move(schema)}}},
                {"required", {name}},
                {"additionalProperties", false}};
  };
  const Json string{{"type", "string"}};
  Json place{{"type", "object"},
             {"properties", {{"namespace", string}, {"name", string}, {"key", string}}},
             {"required", {"namespace", "name", "key"}},
             {"additionalProperties", false}};
  return {{"description", "where a secret is; it is never written out"},
          {"anyOf",
           Json::array({one("env", string), one("file", string),
                        one("command", {{"type", "array"}, {"items", string}, {"minItems", 1}}),
                        one("kubernetes_secret", std::move(place)), reference("expression")})}};
}

Json section(Json schema, const char* description) {
  return {{"type", Json::array({"object", "null"})},
          {"description", description},
          {"additionalProperties", std::move(schema)}};
}

}  // namespace

std::string json_schema(const SchemaCatalog& schemas) {
  const Json any = Json::object();
  Json properties{
      {"crosstie", {{"const", 1}, {"description", "version of the configuration format"}}},
      {"variables",
       section(reference("variable"), "values given from outside, used as ${var.name}")},
      {"locals", section(any, "values with a name, used as ${local.name}")},
      {"providers", section({{"type", Json::array({"object", "null"})}},
                            "connections: kubernetes, ech, elasticsearch, or provider.name")},
      {"links", section(reference("link"), "connections between two clusters")},
      {"resources", section(reference("resource"), "objects to be managed")},
      {"outputs", section(any, "values shown at the end")}};
  Json definitions{{"expression", {{"type", "string"}, {"pattern", "\\$\\{"}}},
                   {"secret", secret_schema()},
                   {"variable", variable_schema()},
                   {"link", link_schema()},
                   {"resource", resource_schema(schemas)}};
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "crosstie configuration"},
              {"type", "object"},
              {"properties", std::move(properties)},
              {"additionalProperties", false},
              {"$defs", std::move(definitions)}};
  return schema.dump(2) + "\n";
}

}  // namespace crosstie
