#include "engine/model/duration.hpp"

#include <gtest/gtest.h>

namespace crosstie {
namespace {

using std::chrono::milliseconds;

TEST(duration, is_read_as_people_write_it) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("90s"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("1.5m"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("30"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("168h"), milliseconds(604'800'000));
}

TEST(duration, anything_else_is_none) {
  for (const char* text : {"", "m", "0", "0s", "-1s", "5 m", "5min", "1d", "169h", "1e300h", "nan",
                           "inf", "0.1ms", " 5s", "5s "})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace crosstie
