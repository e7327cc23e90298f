#include "state/json_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/state/random_value.hpp"

namespace crosstie::state_file {
namespace {

Value read(std::string_view text) {
  JsonReader reader(text);
  Value value;
  reader.read(value);
  reader.end();
  return value;
}

TEST(JsonReader, reads_what_a_full_parser_reads) {
  for (const char* text : {"null",
                           "true",
                           " false ",
                           "0",
                           "-0",
                           "12",
                           "-9223372036854775808",
                           "9223372036854775807",
                           "9223372036854775808",
                           "0.5",
                           "-1.5e-3",
                           "1E+2",
                           "\"\"",
                           "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                           "\"\\u00e9\\u20ac\\ud83d\\ude00\\u0000\"",
                           "\"é€😀\"",
                           "[]",
                           "[1, [2], {}]",
                           "{}",
                           "{\"b\": 1, \"a\": {\"\": null}}",
                           "{\"a\":1,\"a\":2}",
                           "\t[\r\n]"})
    EXPECT_EQ(encode_value(read(text)), encode_value(from_json(nlohmann::json::parse(text))))
        << text;
}

TEST(JsonReader, keeps_integers_and_doubles_apart) {
  EXPECT_TRUE(read("1").is_integer());
  EXPECT_TRUE(read("1.0").is_double());
  EXPECT_TRUE(read("1e0").is_double());
  EXPECT_TRUE(read("99999999999999999999").is_double());
  EXPECT_EQ(read("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
}

TEST(JsonReader, refuses_what_is_no_json) {
  for (const char* text :
       {"",           " ",       "nul",       "truex",       "+1",
        "01",         "-01",     "-",         ".5",          "1.",
        "1.e5",       "1e",      "1-2",       "inf",         "nan",
        "-inf",       "0x10",    "1e999",     "\"",          "\"a",
        "\"\\\"",     "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\n\"",     "[",       "[1",        "[1,]",        "[,1]",
        "[1 2]",      "{",       "{1:2}",     "{\"a\"}",     "{\"a\":}",
        "{\"a\":1,}", "1 2",     "]",         "}",           "\"\\ud800\\u0041\"",
        "{\"a\" 1}",  "'a'"})
    EXPECT_THROW(read(text), std::invalid_argument) << text;
  EXPECT_THROW(read(std::string_view("1\0", 2)), std::invalid_argument);
}

TEST(JsonReader, refuses_nesting_without_end) {
  EXPECT_NO_THROW(read(std::string(500, '[') + std::string(500, ']')));
  EXPECT_THROW(read(std::string(100'000, '[')), std::invalid_argument);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THROW(read(objects), std::invalid_argument);
}

TEST(JsonReader, refuses_bytes_that_are_no_utf8) {
  for (const char* text :
       {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf0\x80\x80\x80", "\xff", "aaaaaaaaa\xc3", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_THROW(read("\"" + std::string(text) + "\""), std::invalid_argument);
  }
  for (const char* text :
       {"", "a", "é", "€", "😀", "aaaaaaaaaaaaaaaaé", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
}

TEST(JsonReader, members_can_be_read_one_by_one) {
  JsonReader reader(" { \"a\" : [1] , \"b\" : 2 } ");
  std::string name;
  Value value;
  reader.begin_object();
  ASSERT_TRUE(reader.next_member(name));
  EXPECT_EQ(name, "a");
  reader.read(value);
  ASSERT_TRUE(reader.next_member(name));
  EXPECT_EQ(name, "b");
  reader.read(value);
  EXPECT_EQ(value.as_integer(), 2);
  EXPECT_FALSE(reader.next_member(name));
  EXPECT_NO_THROW(reader.end());
}

TEST(JsonReader, a_cut_or_changed_text_never_gives_more_than_a_refusal) {
  EXPECT_TRUE(rc::check("damaged text", [] {
    std::string text = to_json(testing::random_value(3)).dump();
    RC_ASSERT(to_json(read(text)) == nlohmann::json::parse(text));
    text.resize(*rc::gen::inRange<std::size_t>(0, text.size() + 1));
    if (!text.empty())
      text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::nonZero<char>();
    // Not a zero byte: nlohmann takes it for the end of the text.
    const auto full = nlohmann::json::parse(text, nullptr, false);
    try {
      RC_ASSERT(to_json(read(text)) == full);
    } catch (const std::invalid_argument&) {
      RC_ASSERT(full.is_discarded());
    }
  }));
}

}  // namespace
}  // namespace crosstie::state_file
