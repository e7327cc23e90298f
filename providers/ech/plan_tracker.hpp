#pragma once
// Follows one plan attempt of a deployment to its end: the decision is pure, `follow_plan` is the
// thin shell that asks and waits.
//
// Facts it rests on (facts/ech-api.md, section 7): an accepted change is `pending`; success moves
// it to `current`, failure only to `history`; just after its creation a pending plan may be unseen
// for a poll (kibana#136974).
#include <chrono>
#include <functional>
#include <string>

#include "providers/ech/deployment_view.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {

class Api;

enum class PlanVerdict {
  waiting,
  succeeded,
  failed,  // `failure()` has the attempt's own words
  idle     // nothing runs and our attempt is not to be seen: only the settings can tell
};

class PlanTracker {
 public:
  /// `attempt` is our plan attempt id, "" when it was not seen yet; `current_before` the current
  /// attempt before our change.
  PlanTracker(std::string attempt, std::string current_before);

  PlanVerdict step(const PlanView& view);

  const std::string& attempt() const { return attempt_; }
  /// Whether the next look must ask for the history (it is long, so only when it decides
  /// something).
  bool wants_history() const { return wants_history_; }
  /// Of our attempt after `failed`; after `idle` the words of the newest attempt if that one
  /// failed, which most likely is ours.
  const std::string& failure() const { return failure_; }
  const WaitState& progress() const { return progress_; }

 private:
  PlanVerdict settled(const PlanView& view);

  std::string attempt_;
  std::string current_before_;
  int idle_polls_ = 0;
  bool wants_history_ = false;
  std::string failure_;
  WaitState progress_;
};

/// Looks in a row without a pending plan before a deployment counts as idle.
inline constexpr int kIdlePolls = 2;

/// 50 ms, growing by half each time, at most 5 s.
std::chrono::milliseconds next_poll(std::chrono::milliseconds previous);

struct PlanWait {
  std::string deployment;
  std::string ref_id;
  std::string attempt;
  std::string current_before;
  WaitLimits limits;
  std::function<void(const WaitState&)> progress;  // may be empty
  std::string* newest_failure = nullptr;           // gets failure() of an `idle` end; may be null
};

/// Polls until our attempt has ended. `idle` is not an error: the caller reads the settings. A
/// failed attempt is an error with its words.
Task<Result<PlanVerdict>> follow_plan(Api& api, PlanWait wait);

/// Polls until no plan is pending for kIdlePolls looks. Error when a limit passes.
Task<Result<void>> wait_until_idle(Api& api, PlanWait wait);

}  // namespace crosstie::ech
