#include "providers/elasticsearch/access_rules.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crosstie::elasticsearch {
namespace {

Value parse(const char* text) { return from_json(nlohmann::json::parse(text)); }

TEST(AccessRules, what_elasticsearch_adds_on_reading_is_no_difference) {
  const Value written = parse(
      R"({"search":[{"names":"logs-*","query":{"term":{"a":1}}},{"names":["b","a"]}],"replication":[]})");
  const Value read = parse(R"({"search":[{"names":["a","b"],"allow_restricted_indices":false},
    {"names":["logs-*"],"allow_restricted_indices":false,"query":"{\"term\":{\"a\":1}}"}]})");
  EXPECT_EQ(normal_access(written), normal_access(read));
}

TEST(AccessRules, a_wider_rule_is_a_difference) {
  EXPECT_FALSE(
      normal_access(parse(R"({"search":[{"names":["a"]}]})")) ==
      normal_access(parse(R"({"search":[{"names":["a"],"allow_restricted_indices":true}]})")));
}

}  // namespace
}  // namespace crosstie::elasticsearch
