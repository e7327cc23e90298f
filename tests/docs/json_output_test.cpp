// Every line of -json, and a plan as JSON, against the schemas in docs/schema.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/docs/pages.hpp"
#include "tests/support/json_schema.hpp"
#include "tests/support/project.hpp"

namespace crosstie {
namespace {

using nlohmann::json;
using testing::JsonSchema;
using testing::Outcome;
using testing::Project;

json schema_file(const std::string& name) {
  return json::parse(testing::file_text(testing::source_folder() / "docs/schema" / name));
}

/// Types that the schema knows, from the constants of its branches.
std::set<std::string> types_of(const json& schema) {
  std::set<std::string> types;
  for (const json& branch : schema["oneOf"])
    types.insert(schema.at(json::json_pointer(
        branch["$ref"].get<std::string>().substr(1)))["properties"]["type"]["const"]);
  return types;
}

class Lines {
 public:
  void check(const Outcome& outcome) {
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      const json message = json::parse(line, nullptr, false);
      ASSERT_FALSE(message.is_discarded()) << line;
      for (const std::string& error : schema_.errors_of(message))
        ADD_FAILURE() << error << "\nin " << line;
      seen.insert(message.value("type", ""));
      ++count;
    }
  }
  std::set<std::string> seen;
  std::size_t count = 0;

 private:
  JsonSchema schema_{schema_file("messages.schema.json")};
};

TEST(JsonOutput, every_line_of_a_links_life_fits_the_schema) {
  const Project project;
  Lines lines;
  lines.check(project.run({"plan", "-json"}));
  project.fault({{"api", "*"},
                 {"method", "POST"},
                 {"path", "/_security/cross_cluster/api_key*"},
                 {"nth", 0},
                 {"kind", "status:400"}});
  const Outcome failed = project.run({"apply", "-json", "-auto-approve"});
  EXPECT_EQ(failed.code, 6) << failed.all();
  lines.check(failed);
  project.clear_faults();
  const Outcome applied = project.run({"apply", "-json", "-auto-approve"});
  EXPECT_EQ(applied.code, 0) << applied.all();
  lines.check(applied);
  project.ask_deployment("PUT", "/_cluster/settings",
                         {{"persistent", {{"cluster.remote.logs.skip_unavailable", false}}}});
  const Outcome drift = project.run({"drift", "-json", "-detailed-exitcode"});
  EXPECT_EQ(drift.code, 3) << drift.all();
  lines.check(drift);
  lines.check(project.run({"plan", "-json", "-replace", "link.logs.key"}));
  const Outcome destroyed = project.run({"destroy", "-json", "-auto-approve"});
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  lines.check(destroyed);
  EXPECT_EQ(lines.seen, types_of(schema_file("messages.schema.json")));
  EXPECT_GT(lines.count, 40U);
}

TEST(JsonOutput, errors_of_a_configuration_are_messages_with_a_place) {
  const Project project("", "crosstie: 1\nresources:\n  a: {type: null.resourc}\n");
  for (const char* command : {"plan", "apply", "drift"}) {
    Lines lines;
    std::vector<std::string> words = {command, "-json"};
    if (std::string(command) == "apply") words.emplace_back("-auto-approve");
    const Outcome outcome = project.run(words);
    EXPECT_EQ(outcome.code, 1) << outcome.all();
    lines.check(outcome);
    EXPECT_TRUE(lines.seen.contains("diagnostic")) << outcome.all();
    EXPECT_NE(outcome.out.find("\"line\":3"), std::string::npos) << outcome.all();
  }
}

TEST(JsonOutput, a_plan_as_json_fits_its_schema) {
  const Project project;
  const JsonSchema schema(schema_file("plan.schema.json"));
  const auto check = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"plan", "-out", "saved.plan"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Outcome planned = project.run(words);
    ASSERT_EQ(planned.code, 0) << planned.all();
    const Outcome shown = project.run({"show", "-json", "saved.plan"});
    ASSERT_EQ(shown.code, 0) << shown.all();
    for (const std::string& error : schema.errors_of(json::parse(shown.out)))
      ADD_FAILURE() << error << "\nin " << shown.out;
  };
  check({});
  ASSERT_EQ(project.apply().code, 0);
  check({});
  check({"-replace", "link.logs.key"});
  check({"-destroy"});
}

TEST(JsonOutput, the_validator_itself_refuses_what_does_not_fit) {
  const JsonSchema schema(
      json::parse(R"({"type": "object", "required": ["a"], "additionalProperties": false,
      "properties": {"a": {"oneOf": [{"const": 1}, {"type": "array", "items": {"enum": ["x"]}}]}}})"));
  EXPECT_TRUE(schema.errors_of(json::parse(R"({"a": 1})")).empty());
  EXPECT_TRUE(schema.errors_of(json::parse(R"({"a": ["x", "x"]})")).empty());
  for (const char* wrong : {"[]", "{}", R"({"a": 2})", R"({"a": ["y"]})", R"({"a": 1, "b": 1})"})
    EXPECT_FALSE(schema.errors_of(json::parse(wrong)).empty()) << wrong;
  EXPECT_FALSE(JsonSchema(json{{"minimum", 1}}).errors_of(1).empty())
      << "an unknown keyword is not passed over";
}

}  // namespace
}  // namespace crosstie
