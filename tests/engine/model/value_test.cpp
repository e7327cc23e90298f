#include "engine/model/value.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

namespace crosstie {
namespace {

Value parsed(const char* text) { return from_json(nlohmann::json::parse(text)); }

/// A random value of bounded depth, marks included.
Value random_value(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
  Value value;
  switch (kind) {
    case 0:
      break;
    case 1:
      value = Value(*rc::gen::arbitrary<bool>());
      break;
    case 2:
      value = Value(*rc::gen::arbitrary<std::int64_t>());
      break;
    case 3:
      value = Value(static_cast<double>(*rc::gen::inRange(-1000, 1000)) / 8);
      break;
    case 4:
      value = Value(*rc::gen::string<std::string>());
      break;
    case 5:
      value = Value::unknown("resource." + std::to_string(*rc::gen::inRange(0, 9)));
      break;
    case 6: {
      Value::List list;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(random_value(depth - 1));
      value = Value(std::move(list));
      break;
    }
    default: {
      Value::Object object;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        object[*rc::gen::string<std::string>()] = random_value(depth - 1);
      value = Value(std::move(object));
    }
  }
  if (*rc::gen::inRange(0, 4) == 0) value.mark_sensitive();
  return value;
}

TEST(value, encoding_keeps_content_and_marks) {
  const bool held = rc::check("decode(encode(v)) is v", [] {
    const Value value = random_value(3);
    const Value back = decode_value(encode_value(value));
    RC_ASSERT(back == value);
    RC_ASSERT(sensitive_shape(back) == sensitive_shape(value));
    RC_ASSERT(unknown_shape(back) == unknown_shape(value));
  });
  EXPECT_TRUE(held);
}

TEST(value, a_sensitive_value_is_never_shown) {
  Value value = parsed(R"({"a": {"b": "hunter2"}, "c": [1, "hunter2"]})");
  value.as_object().find("a")->second.as_object().find("b")->second.mark_sensitive();
  value.as_object().find("c")->second.mark_sensitive();
  const std::string shown = R"x({"a":{"b":"(sensitive)"},"c":"(sensitive)"})x";
  EXPECT_EQ(to_shown_json(value).dump(), shown);
  EXPECT_TRUE(value.contains_sensitive());
}

TEST(value, shapes_are_terraforms) {
  Value value = parsed(R"({"a": 1, "b": {"c": 2}, "d": [1, 2]})");
  value.set("u", Value::unknown("resource.x"));
  value.as_object().find("d")->second.as_list()[1] = Value::unknown("resource.x");
  const std::string shape = R"({"d":[false,true],"u":true})";
  EXPECT_EQ(unknown_shape(value).dump(), shape);
}

TEST(value, a_subset_compares_only_what_is_named_and_takes_empty_for_absent) {
  const Value live =
      parsed(R"({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, "status": {}})");
  EXPECT_TRUE(
      diff_subset(
          parsed(R"({"spec": {"type": "LoadBalancer", "externalIPs": [], "x": {"y": {}}}})"), live)
          .empty());
  const std::vector<FieldChange> changes =
      diff_subset(parsed(R"({"spec": {"type": "ClusterIP", "new": 1}})"), live);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(print_path(changes[0].path), "spec.new");
  EXPECT_TRUE(changes[0].before_absent);
  EXPECT_EQ(print_path(changes[1].path), "spec.type");
}

TEST(value, diff_names_each_field_by_its_path) {
  const std::vector<FieldChange> changes =
      diff_values(parsed(R"({"a": 1, "b": [1, {"x.y": 2}], "c": 3})"),
                  parsed(R"({"a": 1, "b": [1, {"x.y": 4}], "d": 5})"));
  std::vector<std::string> paths;
  for (const FieldChange& change : changes) paths.push_back(print_path(change.path));
  const std::vector<std::string> wanted{"b[1][\"x.y\"]", "c", "d"};
  EXPECT_EQ(paths, wanted);
}

TEST(value, an_integer_equals_a_double_of_the_same_number) {
  EXPECT_TRUE(Value(4) == Value(4.0));
  EXPECT_FALSE(Value(4) == Value(4.5));
  EXPECT_FALSE(Value("4") == Value(4));
}

TEST(value, damaged_marks_are_refused) {
  for (const char* text :
       {"[]", "{}", R"({"v": 1, "s": ["/a"]})", R"({"v": {"a": 1}, "u": {"/b": "x"}})",
        R"({"v": [1], "s": ["/01x"]})", R"({"v": [1], "s": ["x"]})", R"({"v": 1, "s": 2})"})
    EXPECT_THROW(decode_value(nlohmann::json::parse(text)), std::invalid_argument) << text;
}

}  // namespace
}  // namespace crosstie
