#pragma once
// When a wait ends without its object being ready: pure, the time is given. The times are those of
// a steady clock, so that a wall clock that jumps ends no wait and prolongs none.
#include <chrono>
#include <optional>
#include <string>

#include "providers/provider.hpp"

namespace crosstie::kubernetes {

class WaitClocks {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class End {
    none,
    failed,      // a state that looks failed held for `failure_holds`
    too_long,    // the object's own clock
    no_activity  // nothing about the object changed
  };

  WaitClocks(WaitLimits limits, Time now) : limits_(limits), began_(now), activity_(now) {}

  /// One look: `version` differs when anything about the object changed, `shown` when what we wait
  /// for did.
  void saw(const std::string& version, const std::string& shown, bool failing, Time now);
  End end(Time now) const;
  /// How long until the next look: it slows down while nothing that we wait for changes, and is
  /// never later than a clock's end.
  std::chrono::milliseconds until_next(Time now) const;

 private:
  WaitLimits limits_;
  Time began_;
  Time activity_;
  std::optional<Time> failing_since_;
  std::optional<std::string> version_;
  std::string shown_;
  std::chrono::milliseconds poll_{50};
};

}  // namespace crosstie::kubernetes
