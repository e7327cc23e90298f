#pragma once
// The loop around Planner: looks at what it wants, one batch a connection, connections side by
// side.
#include "engine/environment.hpp"
#include "engine/planner.hpp"

namespace crosstie {

/// Runs a prepared planner to its end. Sends read requests only.
Task<Result<Plan>> make_plan(Planner& planner, Environment environment);

/// One look at a batch of one connection; a provider that throws is turned into unreadable
/// observations.
Task<std::vector<Observation>> observe_batch(Provider& provider,
                                             std::vector<ResourceRequest> batch);

}  // namespace crosstie
