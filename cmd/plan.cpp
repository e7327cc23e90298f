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
#include "engine/config/configuration.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/plan.hpp"
#include "engine/plan_file.hpp"
#include "engine/planner.hpp"

namespace crosstie {
namespace {

SavedPlan saved_plan(const Invocation& invocation, const PlanOptions& options, Plan plan) {
  const LoadOptions load = load_options(invocation);
  SavedPlan saved;
  saved.plan = std::move(plan);
  saved.created_at = timestamp_now();
  saved.configuration_digest = configuration_digest(invocation.folder);
  saved.variables = load.variables;
  for (const auto& file : load.variable_files) saved.variable_files.push_back(file.string());
  saved.environment = load.environment;
  saved.targets = options.targets;
  saved.replace = options.replace;
  return saved;
}

int run(Invocation& invocation) {
  const bool json = invocation.arguments.has("json");
  const bool destroy = invocation.arguments.has("destroy");
  const std::string out = invocation.arguments.value("out");
  // A saved plan is sealed with the state's key, so the state is made when there is none yet.
  Result<std::unique_ptr<Session>> opened =
      Session::open(invocation, out.empty() ? StateUse::look : StateUse::write,
                    destroy ? ConfigurationUse::if_there : ConfigurationUse::needed);
  if (!opened) return report_as(invocation, opened.failure(), json);
  Session& session = **opened;
  const Result<PlanOptions> options = plan_options(invocation, destroy);
  if (!options) return report_as(invocation, options.failure(), json);
  if (json) JsonLines(invocation.out).version();
  Result<Plan> plan = plan_now(session, *options);
  if (!plan) return report_as(invocation, plan.failure(), json);
  if (json) {
    JsonLines(invocation.out).planned(*plan);
  } else {
    print_plan(invocation.out, *plan, invocation.paint());
    print_warnings(invocation.err, plan->warnings);
  }
  const bool changes = plan->has_changes();
  if (invocation.arguments.has("server-check")) {
    const Diagnostics refused = check_with_services(session, *plan);
    if (!refused.empty()) return report_as(invocation, refused, json);
    if (!json)
      invocation.out << "Asked by dry run: the services would take what they can be asked about.\n";
  }
  if (!out.empty()) {
    const Result<void> saved =
        save_plan(session, saved_plan(invocation, *options, std::move(*plan)), out);
    if (!saved) return report_as(invocation, saved.failure(), json);
    if (!json)
      invocation.out << "\nSaved to " << out << ". To do exactly this, run\n  crosstie apply "
                     << out << '\n';
  }
  return changes && invocation.arguments.has("detailed-exitcode") ? kChanges : kDone;
}

}  // namespace

Command plan_command() {
  return {
      "plan",
      "shows what apply would do, and changes nothing",
      "[options]",
      with_session_flags(
          {{"out", FlagKind::value, "FILE", "saves the plan, sealed, for `crosstie apply FILE`"},
           {"detailed-exitcode", FlagKind::toggle, "", "exit code 2 when there are changes"},
           {"json", FlagKind::toggle, "", "one JSON message a line"},
           {"server-check", FlagKind::toggle, "",
            "also asks Kubernetes by dry run whether it would take what changed"},
           {"target", FlagKind::list, "ADDRESS", "only this resource and what it needs"},
           {"replace", FlagKind::list, "ADDRESS", "replaces this resource though nothing differs"},
           {"destroy", FlagKind::toggle, "", "plans to destroy everything that is recorded"}}),
      0,
      run};
}

}  // namespace crosstie
