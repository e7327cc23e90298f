#include "state/words.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace crosstie::state_file {
namespace {

template <class Enumeration, class Parse>
void expect_all(int count, Parse parse) {
  for (int i = 0; i < count; ++i) {
    const auto value = static_cast<Enumeration>(i);
    EXPECT_EQ(parse(word(value)), value) << word(value);
  }
  EXPECT_THROW(parse("nonsense"), std::invalid_argument);
  EXPECT_THROW(parse(""), std::invalid_argument);
}

TEST(Words, every_enumerator_has_one) {
  expect_all<RecordStatus>(3, parse_record_status);
  expect_all<OperationAction>(5, parse_operation_action);
  expect_all<OperationState>(4, parse_operation_state);
  expect_all<RunState>(5, parse_run_state);
}

TEST(Words, are_those_of_the_documented_format) {
  EXPECT_EQ(word(RecordStatus::settling), "settling");
  EXPECT_EQ(word(OperationAction::replace_delete), "replace_delete");
  EXPECT_EQ(word(OperationState::unknown), "unknown");
  EXPECT_EQ(word(RunState::interrupted), "interrupted");
}

TEST(Words, links_go_back_and_forth) {
  const std::map<std::string, std::string> links = {{"link.l[\"x\"]", "api_key"}, {"link.m", ""}};
  EXPECT_EQ(read_links(write_links(links)), links);
  EXPECT_EQ(write_links({}), "{}");
  for (const char* text : {"", "[]", "{", "{\"link.a\":1}"})
    EXPECT_THROW(read_links(text), std::invalid_argument) << text;
}

TEST(Words, addresses_go_back_and_forth) {
  const std::vector<ResourceAddress> addresses = {*parse_address("resource.a"),
                                                  *parse_address("link.l[\"x\"].b[\"c\"]")};
  EXPECT_EQ(read_addresses(write_addresses(addresses)), addresses);
  EXPECT_EQ(write_addresses({}), "[]");
  EXPECT_TRUE(read_addresses("[]").empty());
}

TEST(Words, refuses_what_is_no_list_of_addresses) {
  for (const char* text : {"", "{}", "[1]", "[\"nonsense\"]", "[\"resource.a\"", "null"})
    EXPECT_THROW(read_addresses(text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace crosstie::state_file
