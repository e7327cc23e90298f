#pragma once
// One step of an apply from intent to settled object. Knows nothing of other steps; apply.cpp
// schedules.
#include <boost/asio/cancellation_signal.hpp>
#include <memory>

#include "engine/apply.hpp"
#include "engine/decide.hpp"
#include "engine/journal.hpp"

namespace crosstie {

/// How a step ended. `attributes` is what references to it give from here on.
struct StepEnd {
  bool ok = false;
  bool wrote = false;  // false: what the plan saw turned out to be right already
  bool interrupted = false;
  bool perhaps_wrote = false;  // failed, and the request may have taken effect
  Value attributes;
  std::string phase;  // of a failure: "apply", "ready", "read"
  Diagnostics diagnostics;
};

/// What the steps of one apply share. Outlives them.
struct StepContext {
  Journal& journal;
  const Configuration* configuration;  // null when destroying without one
  const SchemaCatalog& schemas;
  const Environment& environment;
  const ApplyOptions& options;
  AttributeLookup lookup;  // attributes of finished steps
  std::string lineage;
};

/// A running step's handle for interrupts: which call is in flight and how to end it.
struct StepControl {
  boost::asio::cancellation_signal signal;
  bool waiting = false;  // in a wait, not in a write
};

/// The record of what is there already, by what the plan says of it; `change.prior` is needed.
ResourceRecord record_again(const Change& change, std::int64_t run);

class Step {
 public:
  Step(StepContext& context, const Change& change, StepControl& control);
  Task<StepEnd> run();
  /// Takes away what is ours beside the object that `attributes` are of, when there is such.
  Task<StepEnd> clear_leftovers(Value attributes);

 private:
  Task<StepEnd> write();
  Task<StepEnd> read();
  Task<StepEnd> create(Observation seen, OperationAction action);
  Task<StepEnd> update(Observation seen, Difference difference);
  Task<StepEnd> replace();
  Task<StepEnd> remove(OperationAction action);
  Task<StepEnd> forget();
  Task<StepEnd> settle(ResourceRecord record, Value token);
  Task<StepEnd> journaled(OperationAction action, Observation seen, Difference difference);
  Task<WriteResult> call(OperationAction action, WriteRequest request);
  Task<Observation> look();
  std::optional<Diagnostics> evaluate();
  DecideInput decide_input(const Observation& seen) const;
  Operation operation_for(OperationAction action, const Observation& seen) const;
  ResourceRecord record_for(const Operation& operation, const Outcome& outcome) const;
  bool known_at_plan() const;

  StepContext& context_;
  const Change& change_;
  StepControl& control_;
  Provider& provider_;
  const ResourceConfig* config_ = nullptr;
  ResourceRequest request_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace crosstie
