#include <memory>
#include <ostream>
#include <utility>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/runner.hpp"
#include "cmd/session.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/plan_human.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/plan.hpp"
#include "engine/planner.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  const bool json = invocation.arguments.has("json");
  const bool approve = invocation.arguments.has("auto-approve");
  const Result<RunRequest> request = run_request(invocation, "destroy");
  if (!request) return report_as(invocation, request.failure(), json);
  if (json) JsonLines(invocation.out).version();
  if (json && !approve)
    return report_as(invocation,
                     {make_error("approval is missing", "-json leaves no room for a question.",
                                 "Add -auto-approve.")},
                     true);
  Result<std::unique_ptr<Session>> opened =
      Session::open(invocation, StateUse::write, ConfigurationUse::if_there);
  if (!opened) return report_as(invocation, opened.failure(), json);
  Session& session = **opened;
  const Result<PlanOptions> options = plan_options(invocation, true);
  if (!options) return report_as(invocation, options.failure(), json);
  const Lock lock(invocation, session, "destroy", json);
  if (lock.failed) return *lock.failed;
  Result<Plan> plan = plan_now(session, *options);
  if (!plan) return report_as(invocation, plan.failure(), json);
  if (json) {
    JsonLines(invocation.out).planned(*plan);
  } else {
    print_plan(invocation.out, *plan, invocation.paint());
    print_warnings(invocation.err, plan->warnings);
  }
  if (!plan->has_changes()) return kDone;
  if (!approve) {
    if (!approved_by_user(invocation, "Do you really want to destroy all of this?")) return kError;
  }
  if (!json) invocation.out << '\n';
  return run_plan(invocation, session, std::move(*plan), *request);
}

}  // namespace

Command destroy_command() {
  return {
      "destroy",
      "undoes everything that is recorded, in reverse order, and looks once more that it is gone",
      "[options]",
      with_session_flags(with_run_flags(
          {{"auto-approve", FlagKind::toggle, "", "does not ask"},
           {"json", FlagKind::toggle, "", "one JSON message a line"},
           {"target", FlagKind::list, "ADDRESS", "only this resource and what needs it"}})),
      0,
      run};
}

}  // namespace crosstie
