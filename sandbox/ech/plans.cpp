#include "sandbox/ech/plans.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kHistoryMax = 200;
constexpr std::chrono::milliseconds kZoneRestart{60000};
constexpr std::int64_t kSettingsChangeMin = 5000;
constexpr std::uint64_t kSettingsChangeSpan = 15000;

// A part of the recorded creation, in its order.
constexpr std::array<const char*, 7> kFirstSteps{
    "plan-validator",       "log-initial-plan-data",
    "detect-plan-strategy", "calculate-incremental-elasticsearch-change",
    "validate-plan-safety", "validate-plan-prerequisites",
    "suspend-snapshotting"};
constexpr std::array<const char*, 3> kLastSteps{"apply-plan-settings", "post-plan-cleanup",
                                                "clean-up"};

using Millis = std::chrono::milliseconds;

/// One run of a plan; owned by its coroutine.
struct Run {
  std::shared_ptr<WorldState> world;
  std::shared_ptr<Deployment> deployment;
  PlanRequest request;
  std::string id;
};

/// The attempt while it is the pending one; null after it was cancelled.
PlanAttempt* attempt_of(const Run& run) {
  auto& pending = run.deployment->pending;
  return pending && pending->id == run.id ? &*pending : nullptr;
}

Json message(const std::string& stage, const std::string& text) {
  return {{"timestamp", Clock::now_milliseconds()},
          {"stage", stage},
          {"message", text},
          {"details", Json::object()},
          {"delta_in_millis", 0}};
}

void begin_step(PlanAttempt& attempt, const std::string& step) {
  const std::string now = Clock::now_milliseconds();
  attempt.log.push_back(
      {{"step_id", step},
       {"started", now},
       {"status", "pending"},
       {"stage", "in_progress"},
       {"info_log", Json::array({message("starting", "Step [" + step + "] starting")})}});
}

void end_step(PlanAttempt& attempt, Millis took, const std::string& status, Json last_message) {
  Json& step = attempt.log.back();
  step["status"] = status;
  step["stage"] = "completed";
  step["completed"] = Clock::now_milliseconds();
  step["duration_in_millis"] = took.count();
  step["info_log"].push_back(std::move(last_message));
}

void touch(Deployment& deployment) {
  ++deployment.resource_version;
  deployment.modified = Clock::now_milliseconds();
}

void archive(Deployment& deployment, PlanAttempt attempt) {
  attempt.ended = Clock::now_milliseconds();
  if (deployment.history.size() >= kHistoryMax) deployment.history.pop_front();
  deployment.history.push_back(std::move(attempt));
}

/// False when the plan was cancelled meanwhile.
Task<bool> step(Run& run, std::string name, Millis duration) {
  PlanAttempt* attempt = attempt_of(run);
  if (attempt == nullptr) co_return false;
  begin_step(*attempt, name);
  co_await run.world->context.clock.wait(duration);
  attempt = attempt_of(run);
  if (attempt == nullptr) co_return false;
  end_step(*attempt, duration, "success", message("completed", "Step [" + name + "] completed"));
  co_return true;
}

Task<bool> roll_nodes(Run& run) {
  const int zones = run.deployment->zones;
  for (int zone = 0; zone < zones; ++zone) {
    run.deployment->cluster->set_nodes_up(zones - 1, zones);
    std::string name =
        zone == 0 ? "rolling-restart" : "rolling-restart-zone-" + std::to_string(zone);
    const bool goes_on = co_await step(run, std::move(name), kZoneRestart);
    run.deployment->cluster->set_nodes_up(run.deployment->stopped ? 0 : zones, zones);
    if (!goes_on) co_return false;
  }
  run.deployment->cluster->reopen_links();
  co_return true;
}

void finish(Run& run) {
  Deployment& deployment = *run.deployment;
  PlanAttempt attempt = std::move(*deployment.pending);
  deployment.pending.reset();
  begin_step(attempt, "plan-completed");
  touch(deployment);
  if (deployment.next_failure) {
    // Clients index the last message of a failed plan-completed step, so there always is one.
    Json last = message("completed", "Plan change failed: " + deployment.next_failure->second);
    last["failure_type"] = deployment.next_failure->first;
    last["details"] = {{"failure_type", deployment.next_failure->first}};
    end_step(attempt, Millis{0}, "error", std::move(last));
    attempt.healthy = false;
    deployment.next_failure.reset();
    archive(deployment, std::move(attempt));
    return;
  }
  end_step(attempt, Millis{0}, "success", message("completed", "Plan successfully completed"));
  deployment.plan = attempt.plan;
  archive(deployment, std::move(attempt));
  deployment.current = deployment.history.back();
  if (run.request.after) run.request.after();
}

Task<void> run_plan(std::shared_ptr<Run> run) {
  const Millis share =
      run->request.duration / static_cast<int>(kFirstSteps.size() + kLastSteps.size());
  for (const char* name : kFirstSteps) {
    std::string step_name = name;
    const bool goes_on = co_await step(*run, std::move(step_name), share);
    if (!goes_on) co_return;
  }
  if (run->request.rolling_restart) {
    const bool goes_on = co_await roll_nodes(*run);
    if (!goes_on) co_return;
  }
  for (const char* name : kLastSteps) {
    std::string step_name = name;
    const bool fails = run->deployment->next_failure.has_value();
    if (step_name == "apply-plan-settings" && run->request.apply && !fails &&
        attempt_of(*run) != nullptr)
      run->request.apply();
    const bool goes_on = co_await step(*run, std::move(step_name), share);
    if (!goes_on) co_return;
  }
  if (attempt_of(*run) != nullptr) finish(*run);
}

}  // namespace

std::string start_plan(const std::shared_ptr<WorldState>& world,
                       const std::shared_ptr<Deployment>& deployment, PlanRequest request) {
  if (deployment->pending) throw plan_pending(deployment->id);
  PlanAttempt attempt;
  attempt.id = world->context.ids.uuid();
  attempt.action = request.action;
  attempt.started = Clock::now_milliseconds();
  attempt.plan = request.plan;
  const std::string id = attempt.id;
  deployment->pending = std::move(attempt);
  touch(*deployment);
  auto run = std::make_shared<Run>(Run{world, deployment, std::move(request), id});
  // A plan that breaks off with an exception would stay pending for ever, so it ends as a failed
  // attempt.
  boost::asio::co_spawn(
      world->context.executor, run_plan(run), [run](const std::exception_ptr& error) {
        if (error && attempt_of(*run) != nullptr) {
          run->deployment->next_failure = {{"Infrastructure:Unknown", "internal error"}};
          finish(*run);
        }
      });
  return id;
}

std::chrono::milliseconds settings_change_duration(WorldState& world) {
  return Millis(kSettingsChangeMin +
                static_cast<std::int64_t>(world.context.ids.next() % kSettingsChangeSpan));
}

bool cancel_plan(WorldState&, Deployment& deployment) {
  if (!deployment.pending) return false;
  PlanAttempt attempt = std::move(*deployment.pending);
  deployment.pending.reset();
  attempt.healthy = false;
  attempt.cancelled = true;
  if (!attempt.log.empty() && attempt.log.back()["stage"] != "completed") {
    end_step(attempt, Millis{0}, "warning", message("completed", "Cancelled"));
  }
  begin_step(attempt, "plan-completed");
  end_step(attempt, Millis{0}, "error",
           message("completed", "Plan change failed: the plan was cancelled"));
  touch(deployment);
  archive(deployment, std::move(attempt));
  return true;
}

PlanAttempt first_attempt(WorldState& world, const Json& plan) {
  PlanAttempt attempt;
  attempt.id = world.context.ids.uuid();
  attempt.action = "deployments.create-deployment";
  attempt.started = attempt.ended = Clock::now_milliseconds();
  attempt.plan = plan;
  begin_step(attempt, "plan-completed");
  end_step(attempt, Millis{0}, "success", message("completed", "Plan successfully completed"));
  return attempt;
}

Json format_attempt(const WorldState& world, const PlanAttempt& attempt, bool with_plan,
                    bool with_log) {
  Json body{{"plan_attempt_id", attempt.id},
            {"plan_attempt_name",
             attempt.ended.empty() ? "attempt-pending" : "attempt-" + attempt.id.substr(0, 8)},
            {"healthy", attempt.healthy},
            {"attempt_start_time", attempt.started},
            {"plan_attempt_log", with_log ? attempt.log : Json::array()},
            {"warnings", Json::array()},
            {"source",
             {{"facilitator", "adminconsole"},
              {"action", attempt.action},
              {"date", attempt.started},
              {"user_id", world.options.organization_id},
              {"remote_addresses", Json::array({"127.0.0.1"})}}}};
  if (!attempt.ended.empty()) body["attempt_end_time"] = attempt.ended;
  if (with_plan) body["plan"] = attempt.plan;
  if (!attempt.healthy && !attempt.log.empty()) {
    const Json& last = attempt.log.back()["info_log"].back();
    body["error"] = {{"timestamp", last["timestamp"]},
                     {"message", last["message"]},
                     {"details", last["details"]}};
    if (last.contains("failure_type")) body["error"]["failure_type"] = last["failure_type"];
  }
  return body;
}

}  // namespace crosstie::sandbox::ech
