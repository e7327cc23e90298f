#pragma once
// Plans: idle, pending, then success or error, with the steps, waits and logs of the real service
// (recorded order of steps; scaled time).
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "sandbox/ech/world_state.hpp"

namespace crosstie::sandbox::ech {

struct PlanRequest {
  std::string action;  // "deployments.update-deployment"
  Json plan;
  std::chrono::milliseconds duration{0};  // of the steps before the nodes are touched
  bool rolling_restart = false;           // one zone after the other, 60 s each
  std::function<void()> apply;            // what becomes true at step apply-plan-settings
  std::function<void()> after;            // what becomes true when the plan ended well
};

/// Makes the plan pending and runs it in the background. Returns the attempt's id. Throws ApiError
/// when one is pending.
std::string start_plan(const std::shared_ptr<WorldState>& world,
                       const std::shared_ptr<Deployment>& deployment, PlanRequest request);

/// Between 5 and 20 simulated seconds.
std::chrono::milliseconds settings_change_duration(WorldState& world);

/// Ends the pending plan as a failed attempt. False when none is pending.
bool cancel_plan(WorldState& world, Deployment& deployment);

/// The attempt that created the deployment, already complete.
PlanAttempt first_attempt(WorldState& world, const Json& plan);

/// One attempt as the API shows it.
Json format_attempt(const WorldState& world, const PlanAttempt& attempt, bool with_plan,
                    bool with_log);

}  // namespace crosstie::sandbox::ech
