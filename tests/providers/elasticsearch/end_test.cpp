#include "providers/elasticsearch/end.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crosstie::elasticsearch {
namespace {

Value parse(const char* text) { return from_json(nlohmann::json::parse(text)); }

TEST(End, reads_the_three_forms) {
  const auto ech = parse_end(parse(R"({"ech":{"deployment":"d","provider":"prod"}})"));
  ASSERT_TRUE(ech.ok());
  EXPECT_EQ(ech->connection, "ech.prod");
  const auto eck = parse_end(parse(R"({"eck":{"name":"quickstart","namespace":"default"}})"));
  ASSERT_TRUE(eck.ok());
  EXPECT_EQ(eck->connection, "kubernetes");
  const auto address = parse_end(parse(
      R"({"endpoint":"https://h:9200","credentials":{"username":"elastic","password":{"env":"P"}}})"));
  EXPECT_TRUE(address.ok());
}

TEST(End, refuses_other_forms_and_literal_secrets) {
  for (const char* bad :
       {"{}", R"("x")", R"({"ech":{}})", R"({"ech":{"deployment":"d"},"eck":{"name":"n"}})",
        R"({"eck":{"nam":"x"}})", R"({"ech":{"deployment":"d"},"credentials":{}})",
        R"({"endpoint":"https://h","credentials":{"api_key":"literal"}})",
        R"({"endpoint":"https://h","credentials":{"username":"u"}})",
        R"({"endpoint":"https://h","credentials":{"api_key":{"env":"A"},"username":"u"}})"})
    EXPECT_FALSE(parse_end(parse(bad)).ok()) << bad;
}

TEST(End, credentials_do_not_make_another_cluster) {
  EXPECT_TRUE(
      same_cluster(parse(R"({"ech":{"deployment":"d"}})"),
                   parse(R"({"ech":{"deployment":"d","credentials":{"api_key":{"env":"A"}}}})")));
  EXPECT_FALSE(
      same_cluster(parse(R"({"ech":{"deployment":"d"}})"), parse(R"({"ech":{"deployment":"e"}})")));
  EXPECT_FALSE(same_cluster(Value(), Value()));
}

}  // namespace
}  // namespace crosstie::elasticsearch
