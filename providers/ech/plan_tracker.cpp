#include "providers/ech/plan_tracker.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPoll{50};
constexpr milliseconds kLongestPoll{5000};

Task<void> pause(milliseconds duration) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(duration);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// The two clocks of a wait: the object's and the one without activity.
class Clocks {
 public:
  explicit Clocks(WaitLimits limits) : limits_(limits) {}

  void saw(const WaitState& state) {
    const std::string seen = state.value + state.detail;
    if (seen == last_) return;
    last_ = seen;
    activity_ = steady_clock::now();
  }

  /// Words of the clock that ran out, "" while none did.
  std::string expired() const {
    const auto now = steady_clock::now();
    if (now - began_ > limits_.object) return in_words(limits_.object) + " have passed";
    if (now - activity_ > limits_.no_activity)
      return "nothing has changed for " + in_words(limits_.no_activity);
    return {};
  }

 private:
  static std::string in_words(milliseconds duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return seconds >= 120 ? std::to_string(seconds / 60) + " minutes"
                          : std::to_string(seconds) + " seconds";
  }

  WaitLimits limits_;
  steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point activity_ = began_;
  std::string last_;
};

Diagnostic too_long(const PlanWait& wait, const WaitState& state, const std::string& why) {
  return make_error(
      "deployment plan did not end in time",
      "Waiting for the plan of deployment " + wait.deployment + ": " + why + "; " +
          state.condition + " is " + state.value +
          (state.detail.empty() ? "." : " (" + state.detail + ")."),
      "To fix it, look at the deployment's activity page, then run the command again.");
}

std::string words_of(const PlanAttempt& failed) {
  return failed.message.empty() ? "The plan attempt failed without a message." : failed.message;
}

struct Look {
  std::optional<PlanView> view;
  Diagnostics failure;
};

Task<Look> look(Api& api, const PlanWait& wait, bool history) {
  std::string id = wait.deployment;
  const Detail detail = history ? Detail::plan_history : Detail::plan;
  Result<DeploymentRead> read = co_await api.deployment(std::move(id), detail);
  if (!read) co_return Look{std::nullopt, read.failure()};
  const nlohmann::json* resource = elasticsearch_resource(read->body, wait.ref_id);
  if (resource == nullptr)
    co_return Look{std::nullopt, {no_such_resource(wait.deployment, wait.ref_id)}};
  co_return Look{read_plans(*resource), {}};
}

}  // namespace

PlanTracker::PlanTracker(std::string attempt, std::string current_before)
    : attempt_(std::move(attempt)), current_before_(std::move(current_before)) {
  progress_.condition = "plan";
}

PlanVerdict PlanTracker::settled(const PlanView& view) {
  if (attempt_.empty()) {
    // Our attempt was never seen pending: a current plan that is not the one before is at least as
    // late as ours.
    const bool moved = view.current && !view.current->id.empty() && !current_before_.empty() &&
                       view.current->id != current_before_;
    return moved ? PlanVerdict::succeeded : PlanVerdict::waiting;
  }
  if (view.current && view.current->id == attempt_) return PlanVerdict::succeeded;
  for (const PlanAttempt& past : view.history) {
    if (past.id != attempt_) continue;
    if (past.healthy) return PlanVerdict::succeeded;
    failure_ = words_of(past);
    return PlanVerdict::failed;
  }
  return PlanVerdict::waiting;
}

PlanVerdict PlanTracker::step(const PlanView& view) {
  if (view.pending) {
    idle_polls_ = 0;
    if (attempt_.empty()) attempt_ = view.pending->id;
    progress_.value = "pending";
    progress_.detail = view.pending->step;
    progress_.last_warning = view.pending->healthy ? "" : view.pending->message;
    if (view.pending->id == attempt_) return PlanVerdict::waiting;
    progress_.value = "another plan is pending";
  }
  const PlanVerdict verdict = settled(view);
  if (verdict != PlanVerdict::waiting) return verdict;
  wants_history_ = true;
  if (view.pending) return PlanVerdict::waiting;
  progress_.value = "not seen";
  progress_.detail.clear();
  if (++idle_polls_ < kIdlePolls) return PlanVerdict::waiting;
  // The history is oldest first (facts/ech-api.md, section 4).
  if (!view.history.empty() && !view.history.back().healthy)
    failure_ = words_of(view.history.back());
  return PlanVerdict::idle;
}

milliseconds next_poll(milliseconds previous) {
  if (previous < kFirstPoll) return kFirstPoll;
  return std::min(previous + previous / 2, kLongestPoll);
}

Task<Result<PlanVerdict>> follow_plan(Api& api, PlanWait wait) {
  PlanTracker tracker(wait.attempt, wait.current_before);
  Clocks clocks(wait.limits);
  milliseconds interval{0};
  for (;;) {
    Look seen = co_await look(api, wait, tracker.wants_history());
    if (!seen.view) co_return seen.failure;
    const PlanVerdict verdict = tracker.step(*seen.view);
    if (verdict == PlanVerdict::failed)
      co_return make_error("deployment plan failed",
                           "The plan of deployment " + wait.deployment + " ended with: " +
                               tracker.failure() + (tracker.failure().back() == '.' ? "" : "."),
                           "To fix it, look at the deployment's activity page for attempt " +
                               tracker.attempt() + ".");
    if (verdict == PlanVerdict::idle && wait.newest_failure != nullptr)
      *wait.newest_failure = tracker.failure();
    if (verdict != PlanVerdict::waiting) co_return verdict;
    if (wait.progress) wait.progress(tracker.progress());
    clocks.saw(tracker.progress());
    const std::string expired = clocks.expired();
    if (!expired.empty()) co_return too_long(wait, tracker.progress(), expired);
    interval = next_poll(interval);
    co_await pause(interval);
  }
}

Task<Result<void>> wait_until_idle(Api& api, PlanWait wait) {
  Clocks clocks(wait.limits);
  milliseconds interval{0};
  int idle = 0;
  for (;;) {
    Look seen = co_await look(api, wait, false);
    if (!seen.view) co_return seen.failure;
    WaitState state{"plan", "idle", "", ""};
    if (seen.view->pending) {
      idle = 0;
      state.value = "another plan is pending";
      state.detail = seen.view->pending->step;
    } else if (++idle >= kIdlePolls) {
      co_return Result<void>();
    }
    if (wait.progress) wait.progress(state);
    clocks.saw(state);
    const std::string expired = clocks.expired();
    if (!expired.empty()) co_return too_long(wait, state, expired);
    interval = next_poll(interval);
    co_await pause(interval);
  }
}

}  // namespace crosstie::ech
