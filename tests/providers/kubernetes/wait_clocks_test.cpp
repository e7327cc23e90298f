#include "providers/kubernetes/wait_clocks.hpp"

#include <gtest/gtest.h>

namespace crosstie::kubernetes {
namespace {

using End = WaitClocks::End;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WaitClocks::Time kBegin{std::chrono::hours(1000)};
constexpr WaitLimits kLimits{seconds(3600), seconds(900), seconds(30)};

WaitClocks clocks() { return {kLimits, kBegin}; }

TEST(WaitClocks, a_ten_second_flap_to_failed_is_no_failure_however_often_it_comes) {
  WaitClocks wait = clocks();
  int version = 0;
  for (int second = 0; second < 600; ++second) {
    const auto now = kBegin + seconds(second);
    const bool failing = second % 20 < 10;
    wait.saw(std::to_string(++version), failing ? "Invalid" : "ApplyingChanges", failing, now);
    ASSERT_EQ(wait.end(now), End::none) << second;
  }
}

TEST(WaitClocks, a_failure_that_holds_ends_the_wait_at_its_thirtieth_second) {
  WaitClocks wait = clocks();
  wait.saw("1", "x", true, kBegin);
  wait.saw("2", "x", true, kBegin + seconds(29));
  EXPECT_EQ(wait.end(kBegin + seconds(29)), End::none);
  EXPECT_EQ(wait.until_next(kBegin + seconds(29)), milliseconds(100)) << "the second look";
  wait.saw("2", "x", true, kBegin + seconds(30));
  EXPECT_EQ(wait.end(kBegin + seconds(30)), End::failed);
}

TEST(WaitClocks, nothing_changed_for_long_ends_the_wait_and_a_change_begins_anew) {
  WaitClocks wait = clocks();
  wait.saw("1", "x", false, kBegin);
  wait.saw("1", "x", false, kBegin + seconds(899));
  EXPECT_EQ(wait.end(kBegin + seconds(899)), End::none);
  wait.saw("2", "x", false, kBegin + seconds(899));
  EXPECT_EQ(wait.end(kBegin + seconds(1798)), End::none);
  EXPECT_EQ(wait.end(kBegin + seconds(1799)), End::no_activity);
}

TEST(WaitClocks, the_objects_own_clock_ends_it_though_something_changes_all_the_time) {
  WaitClocks wait = clocks();
  for (int second = 0; second < 3600; ++second) {
    wait.saw(std::to_string(second), "x", false, kBegin + seconds(second));
    ASSERT_EQ(wait.end(kBegin + seconds(second)), End::none) << second;
  }
  EXPECT_EQ(wait.end(kBegin + seconds(3600)), End::too_long);
}

TEST(WaitClocks, looks_slow_down_though_an_operator_rewrites_annotations_all_the_time) {
  WaitClocks wait = clocks();
  auto now = kBegin;
  for (int i = 0; i < 12; ++i) {
    wait.saw(std::to_string(i), "ApplyingChanges", false, now);
    now += wait.until_next(now);
  }
  EXPECT_EQ(wait.until_next(now), milliseconds(5000));
  wait.saw("100", "Ready", false, now);
  EXPECT_EQ(wait.until_next(now), milliseconds(50));
}

TEST(WaitClocks, the_next_look_is_never_later_than_the_end) {
  WaitClocks wait({seconds(3600), milliseconds(70), seconds(30)}, kBegin);
  wait.saw("1", "x", false, kBegin);
  wait.saw("1", "x", false, kBegin + milliseconds(60));
  EXPECT_EQ(wait.until_next(kBegin + milliseconds(60)), milliseconds(10));
}

}  // namespace
}  // namespace crosstie::kubernetes
