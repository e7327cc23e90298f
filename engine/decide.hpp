#pragma once
// What to do with one resource: a pure function of what is wanted, what is recorded and what was
// seen. Planner asks it for every resource; apply asks it again for what could not be looked at
// before.
#include <string>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/plan.hpp"

namespace crosstie {

struct DecideInput {
  ResourceKind kind = ResourceKind::managed;
  ResourceRequest request;                 // desired may hold unknowns
  const ResourceRecord* record = nullptr;  // after recovery of a pending operation
  Observation observed;
  Lifecycle lifecycle;
  bool replace_requested = false;
  bool removal_began = false;  // by an earlier run, and nobody knows its end
  std::string today;           // "2026-11-24"
};

struct Decision {
  Action action = Action::no_op;
  Reason reason = Reason::none;
  std::vector<FieldDifference> fields;
  std::vector<FieldDifference> drift;
  Diagnostics diagnostics;  // errors make the plan fail; warnings are shown with it
};

/// For a resource that the configuration wants.
Decision decide_wanted(const Provider& provider, const DecideInput& input);
/// For a resource that is recorded and not wanted (`why`: removed_from_configuration, when_false,
/// destroy).
Decision decide_unwanted(const Provider& provider, const DecideInput& input, Reason why);

/// What became of an operation that has no outcome, told by a look at the service. nullopt: it
/// cannot be told yet.
std::optional<OperationEnd> recover(const Provider& provider, const Operation& operation,
                                    const ResourceRequest& request, const Observation& observed);

/// The error for an object that exists and is not ours: names the owner and the ways on.
Diagnostic not_ours_error(const ResourceAddress& address, const Observation& observed);

}  // namespace crosstie
