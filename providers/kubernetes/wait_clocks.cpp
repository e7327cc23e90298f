#include "providers/kubernetes/wait_clocks.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace crosstie::kubernetes {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollFirst{50};
constexpr milliseconds kPollLongest{5000};

}  // namespace

void WaitClocks::saw(const std::string& version, const std::string& shown, bool failing, Time now) {
  if (version_ != version) activity_ = now;
  // An operator that rewrites annotations ten times a second must not keep us asking as often.
  poll_ = !version_ || shown_ != shown ? kPollFirst : std::min(poll_ * 2, kPollLongest);
  version_ = version;
  shown_ = shown;
  if (!failing) {
    failing_since_.reset();
  } else if (!failing_since_) {
    failing_since_ = now;
  }
}

WaitClocks::End WaitClocks::end(Time now) const {
  if (failing_since_ && now - *failing_since_ >= limits_.failure_holds) return End::failed;
  if (now - began_ >= limits_.object) return End::too_long;
  if (now - activity_ >= limits_.no_activity) return End::no_activity;
  return End::none;
}

milliseconds WaitClocks::until_next(Time now) const {
  Time next = std::min({now + poll_, began_ + limits_.object, activity_ + limits_.no_activity});
  if (failing_since_) next = std::min(next, *failing_since_ + limits_.failure_holds);
  return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(next - now));
}

}  // namespace crosstie::kubernetes
