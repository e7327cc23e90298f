#include "engine/config/yaml_tree.hpp"

#include "tests/engine/config/support.hpp"

namespace crosstie::config {
namespace {

struct Case {
  const char* yaml;
  const char* json;
};

/// The core schema of YAML 1.2, where 1.1 readers differ: yes, on and dates are text.
constexpr Case kValues[] = {
    {"a: 1", R"({"a":1})"},
    {"a: -0x1F", R"({"a":"-0x1F"})"},
    {"a: 0x1F", R"({"a":31})"},
    {"a: 0o17", R"({"a":15})"},
    {"a: +5", R"({"a":5})"},
    {"a: 1.5e3", R"({"a":1500.0})"},
    {"a: .5", R"({"a":0.5})"},
    {"a: 5.", R"({"a":5.0})"},
    {"a: 1.2.3", R"({"a":"1.2.3"})"},
    {"a: 12e", R"({"a":"12e"})"},
    {"a:\n  -", R"({"a":[null]})"},
    {"a: [yes, on, no, y, True, FALSE, null, ~, Null]",
     R"({"a":["yes","on","no","y",true,false,null,null,null]})"},
    {"a: 2027-01-31", R"({"a":"2027-01-31"})"},
    {"a: 12:30", R"({"a":"12:30"})"},
    {"a: '1'", R"({"a":"1"})"},
    {"a: \"true\"", R"({"a":"true"})"},
    {"a: !!str 5", R"({"a":"5"})"},
    {"a:", R"({"a":null})"},
    {"1: x\ntrue: y\nnull: z", R"({"1":"x","null":"z","true":"y"})"},
    {"a: &x {b: [1]}\nc: *x\nd: [*x, *x]",
     R"({"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},{"b":[1]}]})"},
    {"a: |\n  x\n    y\nb: >\n  x\n  y\n", R"({"a":"x\n  y\n","b":"x y\n"})"},
    {"\xEF\xBB\xBF"
     "a: é",
     R"({"a":"é"})"},
    {"a: 1\r\nb: 2\r\n", R"({"a":1,"b":2})"},
    {"- {a: [], b: {}}", R"([{"a":[],"b":{}}])"},
    {"", "null"},
};

TEST(YamlTree, values_are_those_of_the_core_schema) {
  for (const Case& one : kValues) {
    Diagnostics errors;
    const auto document = parse_yaml("t", one.yaml, errors);
    EXPECT_EQ(format_diagnostics(errors), "") << one.yaml;
    const Value value = document->root == nullptr ? Value() : to_value(*document->root);
    EXPECT_EQ(to_json(value).dump(), one.json) << one.yaml;
  }
}

TEST(YamlTree, every_node_and_key_knows_its_place) {
  Diagnostics errors;
  const auto document =
      parse_yaml("t", "first: 1\nsecond:\n  - é: \"x\"\n    third: [a, bc]\n", errors);
  ASSERT_EQ(format_diagnostics(errors), "");
  const Entry* second = document->root->find("second");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->where.line, 2);
  const Node& item = *second->value->entries[0].value;
  const SourceRange accent = item.entries[0].value->where.range();
  EXPECT_EQ(accent.line, 3);
  EXPECT_EQ(accent.column, 8) << "columns count characters, not bytes";
  EXPECT_EQ(accent.length, 3);
  EXPECT_EQ(accent.line_text, "  - é: \"x\"");
  const Node& list = *item.entries[1].value;
  EXPECT_EQ(list.entries[1].where.line, 4);
  EXPECT_EQ(list.entries[1].where.column, 16);
  EXPECT_EQ(list.entries[1].where.length, 2);
}

TEST(YamlTree, several_mistakes_of_a_file_are_told_together) {
  Diagnostics errors;
  parse_yaml("t", "a: 1\na: 2\nb: 007\nc: !x y\n", errors);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0].summary, "key is written twice");
  EXPECT_EQ(errors[1].summary, "number with a leading zero");
  EXPECT_EQ(errors[2].summary, "YAML tag is not supported");
}

TEST(YamlTree, a_key_twice_is_found_among_many) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "k" + std::to_string(i) + ": 1\n";
  Diagnostics errors;
  parse_yaml("t", text + "k42: 2\n", errors);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].detail,
            "`k42` is written at line 43 already; only one of the two can count.");
}

TEST(YamlTree, a_very_long_line_is_not_shown) {
  Diagnostics errors;
  parse_yaml("t", "a: {b: " + std::string(5000, 'x') + ", b: 1}\n", errors);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].where->line_text, "");
  EXPECT_EQ(errors[0].where->column, 5010);
}

}  // namespace
}  // namespace crosstie::config
