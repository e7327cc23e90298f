#pragma once
// The loop around Planner: looks at what it wants, one batch a connection, connections side by
// side.
#include "engine/environment.hpp"
#include "engine/planner.hpp"

namespace crosstie {

/// Runs a prepared planner to its end. Sends read requests only.
Task<Result<Plan>> make_plan(Planner& planner, Environment environment);

/// Asks the services whether they would take what the plan creates and updates, as far as it is
/// known, by dry runs; replacements are not asked about. Every refusal, with its address.
Task<Diagnostics> server_check(const Plan& plan, Environment environment);

/// One look at a batch of one connection; a provider that throws is turned into unreadable
/// observations.
Task<std::vector<Observation>> observe_batch(Provider& provider,
                                             std::vector<ResourceRequest> batch);

}  // namespace crosstie
