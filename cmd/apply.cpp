#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/runner.hpp"
#include "cmd/session.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/plan_human.hpp"
#include "engine/config/configuration.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/plan_file.hpp"
#include "engine/planner.hpp"

namespace crosstie {
namespace {

struct Call {
  bool json = false;
  bool approve = false;
  RunRequest request;
};

int stale(Invocation& invocation, Diagnostic error, bool json) {
  report_as(invocation, {std::move(error)}, json);
  return kStalePlan;
}

/// The saved plan is made again the same way; what is not as approved any more is named and nothing
/// is done.
int apply_saved(Invocation& invocation, const std::string& file, const Call& call) {
  Result<std::unique_ptr<Session>> opened =
      Session::open(invocation, StateUse::write, ConfigurationUse::none);
  if (!opened) return report_as(invocation, opened.failure(), call.json);
  Session& session = **opened;
  Result<SavedPlan> saved = open_plan(session, file);
  if (!saved) return report_as(invocation, saved.failure(), call.json);

  LoadOptions load = load_options(invocation);
  load.variables = saved->variables;
  load.variable_files.assign(saved->variable_files.begin(), saved->variable_files.end());
  load.environment = saved->environment;
  if (!saved->plan.destroy) {
    if (configuration_digest(invocation.folder) != saved->configuration_digest) {
      return stale(
          invocation,
          make_error("plan is stale", "The configuration was changed since the plan was made.",
                     "Make a new plan and look at it:\n  crosstie plan -out " + file),
          call.json);
    }
  }
  Result<std::shared_ptr<const Configuration>> configuration =
      saved->plan.destroy ? load_if_there(load, session.schemas)
                          : load_configuration(load, session.schemas);
  if (!configuration) return report_as(invocation, configuration.failure(), call.json);
  session.configuration = std::move(*configuration);
  const Lock lock(invocation, session, "apply", call.json);
  if (lock.failed) return *lock.failed;
  const Result<void> current =
      check_plan_is_current(saved->plan, session.state.lineage, session.state.serial);
  if (!current) return stale(invocation, current.failure().front(), call.json);

  PlanOptions options;
  options.destroy = saved->plan.destroy;
  options.targets = saved->targets;
  options.replace = saved->replace;
  options.today = timestamp_now().substr(0, 10);
  const Result<Plan> fresh = plan_now(session, options);
  if (!fresh) return report_as(invocation, fresh.failure(), call.json);
  const std::vector<ResourceAddress> moved = moved_since(saved->plan, *fresh);
  if (!moved.empty()) {
    std::string names;
    for (const ResourceAddress& address : moved) names += "\n  " + address.print();
    return stale(
        invocation,
        make_error(
            "plan is stale", "These objects are not as they were when the plan was made:" + names,
            "Nothing was done. Make a new plan and look at it:\n  crosstie plan -out " + file),
        call.json);
  }
  return run_plan(invocation, session, std::move(saved->plan), call.request);
}

int apply_fresh(Invocation& invocation, const Call& call) {
  Result<std::unique_ptr<Session>> opened = Session::open(invocation, StateUse::write);
  if (!opened) return report_as(invocation, opened.failure(), call.json);
  Session& session = **opened;
  const Result<PlanOptions> options = plan_options(invocation, false);
  if (!options) return report_as(invocation, options.failure(), call.json);
  const Lock lock(invocation, session, "apply", call.json);
  if (lock.failed) return *lock.failed;
  Result<Plan> plan = plan_now(session, *options);
  if (!plan) return report_as(invocation, plan.failure(), call.json);
  if (call.json) {
    JsonLines(invocation.out).planned(*plan);
  } else {
    print_plan(invocation.out, *plan, invocation.paint());
    print_warnings(invocation.err, plan->warnings);
  }
  if (!plan->has_changes()) {
    if (call.json) JsonLines(invocation.out).summary(0, 0, 0, "apply");
    return kDone;
  }
  if (!call.approve) {
    if (!approved_by_user(invocation, "Do you want crosstie to do this?")) return kError;
  }
  if (!call.json) invocation.out << '\n';
  return run_plan(invocation, session, std::move(*plan), call.request);
}

int run(Invocation& invocation) {
  Call call;
  call.json = invocation.arguments.has("json");
  call.approve = invocation.arguments.has("auto-approve");
  const Result<RunRequest> request = run_request(invocation, "apply");
  if (!request) return report_as(invocation, request.failure(), call.json);
  call.request = *request;
  call.request.patches_folder = invocation.arguments.value("write-patches", "");
  if (call.json) JsonLines(invocation.out).version();
  const bool saved = !invocation.arguments.names().empty();
  if (saved)
    for (const char* option : {"var", "var-file", "target", "replace"})
      if (invocation.arguments.has(option))
        return report_as(
            invocation,
            {make_error("option does not go with a saved plan",
                        std::string("-") + option +
                            " is decided when the plan is made; what is "
                            "saved is done as it was approved.",
                        "Give it to `crosstie plan -out FILE`, or leave it out here.")},
            call.json);
  if (!saved && !call.approve && call.json) {
    return report_as(invocation,
                     {make_error("approval is missing", "-json leaves no room for a question.",
                                 "Add -auto-approve, or apply a saved plan.")},
                     true);
  }
  return saved ? apply_saved(invocation, invocation.arguments.names().front(), call)
               : apply_fresh(invocation, call);
}

}  // namespace

Command apply_command() {
  return {
      "apply",
      "makes the world as the configuration asks, in dependency order",
      "[options] [PLANFILE]",
      with_session_flags(with_run_flags(
          {{"auto-approve", FlagKind::toggle, "", "does not ask"},
           {"json", FlagKind::toggle, "", "one JSON message a line"},
           {"target", FlagKind::list, "ADDRESS", "only this resource and what it needs"},
           {"replace", FlagKind::list, "ADDRESS", "replaces this resource though nothing differs"},
           {"write-patches", FlagKind::value, "DIR",
            "writes patches of Elasticsearch resources to files for Git; sends none"}})),
      1,
      run};
}

}  // namespace crosstie
