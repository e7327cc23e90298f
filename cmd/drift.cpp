
#include <memory>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/runner.hpp"
#include "cmd/session.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/plan_human.hpp"
#include "engine/model/result.hpp"
#include "engine/plan.hpp"
#include "engine/planner.hpp"

namespace crosstie {
namespace {

/// One look with read requests only: no lock, no write to the state, no write verb to any service.
int run(Invocation& invocation) {
  const bool json = invocation.arguments.has("json");
  Result<std::unique_ptr<Session>> opened = Session::open(invocation, StateUse::look);
  if (!opened) return report_as(invocation, opened.failure(), json);
  Session& session = **opened;
  const Result<PlanOptions> options = plan_options(invocation, false);
  if (!options) return report_as(invocation, options.failure(), json);
  if (json) JsonLines(invocation.out).version();
  const Result<Plan> plan = plan_now(session, *options);
  if (!plan) return report_as(invocation, plan.failure(), json);
  if (json) {
    JsonLines lines(invocation.out);
    lines.drift(*plan);
    lines.diagnostics(plan->warnings);
    lines.drift_summary(*plan);
  } else {
    print_drift(invocation.out, *plan, invocation.paint());
    print_warnings(invocation.err, plan->warnings);
  }
  return plan->has_drift() && invocation.arguments.has("detailed-exitcode") ? kDrift : kDone;
}

}  // namespace

Command drift_command() {
  return {"drift",
          "looks once for changes made outside crosstie; cannot write",
          "[options]",
          with_session_flags(
              {{"detailed-exitcode", FlagKind::toggle, "", "exit code 3 when there is drift"},
               {"json", FlagKind::toggle, "", "one JSON message a line"},
               {"target", FlagKind::list, "ADDRESS", "only this resource and what it needs"}}),
          0,
          run};
}

}  // namespace crosstie
