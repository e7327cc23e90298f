#include "engine/config/json_schema.hpp"

#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

TEST(JsonSchema, every_type_has_a_rule_with_its_arguments) {
  const auto schema = nlohmann::json::parse(json_schema(catalog()));
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["properties"]["crosstie"]["const"], 1);
  const auto& resource = schema["$defs"]["resource"];
  EXPECT_EQ(resource["properties"]["type"]["enum"].size(), catalog().all().size());
  ASSERT_EQ(resource["allOf"].size(), catalog().all().size());
  const auto& thing = resource["allOf"][0];
  EXPECT_EQ(thing["if"]["properties"]["type"]["const"], "null.thing");
  EXPECT_FALSE(thing["then"]["properties"].contains("id")) << "computed attributes cannot be set";
  EXPECT_EQ(thing["then"]["properties"]["password"]["$ref"], "#/$defs/secret");
  EXPECT_EQ(thing["then"]["properties"]["size"]["anyOf"][0]["enum"],
            (nlohmann::json{"large", "small"}));
  EXPECT_EQ(resource["allOf"][1]["then"]["required"], nlohmann::json{"name"});
}

TEST(JsonSchema, every_reference_leads_somewhere) {
  const auto schema = nlohmann::json::parse(json_schema(catalog()));
  int references = 0;
  const std::function<void(const nlohmann::json&)> walk = [&](const nlohmann::json& node) {
    if (node.is_object() && node.contains("$ref")) {
      ++references;
      EXPECT_TRUE(
          schema.contains(nlohmann::json::json_pointer(node["$ref"].get<std::string>().substr(1))))
          << node["$ref"];
    }
    if (node.is_structured())
      for (const auto& child : node) walk(child);
  };
  walk(schema);
  EXPECT_GT(references, 10);
}

}  // namespace
}  // namespace crosstie
