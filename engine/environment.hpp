#pragma once
// What the engine asks of its surroundings: time, randomness, connections, and somebody to tell.
#include <chrono>
#include <functional>
#include <string>

#include "engine/plan.hpp"

namespace crosstie {

/// How one step of an apply ended, for reports.
struct StepReport {
  ResourceAddress address;
  std::string type;
  Action action = Action::no_op;
  std::chrono::milliseconds duration{0};
  /// For a failure: "apply" when the write failed, "ready" when the object did not become ready,
  /// "read" for a read.
  std::string phase;
  Diagnostics diagnostics;
  std::string detail;  // "id=...": a short word for a finished row
  std::vector<std::string>
      blocked_by;  // for a skipped step: the chain, nearest first, the failed step last
};

/// Told of everything that happens. Called on the apply's thread; must not block for long.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void observing(std::size_t /*done*/, std::size_t /*total*/) {}
  virtual void started(const Change& /*change*/) {}
  virtual void waiting(const Change& /*change*/, const WaitState& /*state*/,
                       std::chrono::milliseconds /*elapsed*/) {}
  virtual void completed(const StepReport& /*report*/) {}
  virtual void failed(const StepReport& /*report*/) {}
  virtual void skipped(const StepReport& /*report*/) {}
  /// Anything else that the user must know of, once.
  virtual void note(const Diagnostic& /*diagnostic*/) {}
};

struct Environment {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<std::string()> timestamp;  // RFC 3339 UTC, milliseconds
  std::function<std::string()> uuid;
  std::string today;  // "2026-11-24", for expiry of ignored fields
  /// The provider of a connection; never null for a connection that the configuration or the state
  /// names (make them before).
  std::function<Provider*(const std::string& connection)> provider;
  EventSink* events = nullptr;
};

}  // namespace crosstie
