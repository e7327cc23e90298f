#include "sandbox/text.hpp"

#include "sandbox/http.hpp"

namespace crosstie::sandbox {
namespace {

TEST(Text, durations_are_read_with_their_units) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("20s"), milliseconds(20'000));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("24h"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const char* bad : {"", "5", "s", "-1s", "1.s", "25h", "1d", "99999999999s", "1 s"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Text, star_stands_for_any_characters) {
  EXPECT_TRUE(matches_pattern("/api/*/secrets", "/api/v1/namespaces/x/secrets"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("/a*b*c", "/aXbbYc"));
  EXPECT_FALSE(matches_pattern("/api", "/api/v1"));
  EXPECT_FALSE(matches_pattern("/a*b", "/ab/c"));
}

TEST(Text, near_words_are_suggested_and_far_ones_not) {
  EXPECT_EQ(closest("verison", {"name", "version"}), "version");
  EXPECT_EQ(closest("extra", {"deployments", "eck"}), "");
}

TEST(Text, base64_and_shell_quotes) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("a"), "YQ==");
  EXPECT_EQ(base64_of("ab"), "YWI=");
  EXPECT_EQ(base64_of("abc\xff"), "YWJj/w==");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
}

TEST(Text, request_target_is_decoded) {
  Request request;
  ASSERT_TRUE(parse_target("http://host/a%2Fb?x=1+2&y&x=%26", request));
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query_value("x"), "1 2");
  EXPECT_EQ(request.query_value("y"), "");
  EXPECT_EQ(request.query.back().second, "&");
  EXPECT_FALSE(parse_target("/%4", request));
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
}

}  // namespace
}  // namespace crosstie::sandbox
