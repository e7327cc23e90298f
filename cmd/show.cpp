#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/runner.hpp"
#include "cmd/session.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/plan_human.hpp"
#include "cmd/view/state_human.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "engine/plan_file.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

int show_state(Invocation& invocation, Session& session) {
  if (invocation.arguments.has("json")) {
    nlohmann::json resources = nlohmann::json::array();
    for (const ResourceRecord& record : session.state.resources) {
      resources.push_back({{"address", record.address.print()},
                           {"type", record.type},
                           {"provider_name", record.connection},
                           {"arguments", to_shown_json(record.desired)},
                           {"attributes", to_shown_json(record.attributes)}});
    }
    nlohmann::json outputs = nlohmann::json::object();
    for (const auto& [name, output] : session.state.outputs) outputs[name] = output_json(output);
    invocation.out << nlohmann::json{{"lineage", session.state.lineage},
                                     {"serial", session.state.serial},
                                     {"resources", resources},
                                     {"outputs", outputs}}
                          .dump()
                   << '\n';
    return kDone;
  }
  if (session.state.lineage.empty()) {
    invocation.out << "No state yet: nothing was applied in this folder.\n";
    return kDone;
  }
  invocation.out << "lineage " << session.state.lineage << ", serial " << session.state.serial
                 << "\n\n";
  for (const ResourceRecord& record : session.state.resources) {
    print_record(invocation.out, record);
    invocation.out << '\n';
  }
  for (const Operation& operation : session.state.pending)
    invocation.out << "began without an outcome: " << operation_name(operation.action) << ' '
                   << operation.address.print() << "; the next apply settles it\n";
  return kDone;
}

int show_run(Invocation& invocation, Session& session, std::int64_t id) {
  const Result<std::vector<Run>> runs = session.store->history(1'000'000);
  if (!runs) return report(invocation, runs.failure());
  const auto found =
      std::find_if(runs->begin(), runs->end(), [id](const Run& run) { return run.id == id; });
  if (found == runs->end())
    return report(invocation,
                  {make_error("run does not exist", "There is no run " + std::to_string(id) + ".",
                              "To see the runs, run\n  crosstie history")});
  const Result<std::vector<Operation>> operations = session.store->operations(id);
  if (!operations) return report(invocation, operations.failure());
  if (!invocation.arguments.has("json")) {
    print_run(invocation.out, *found);
    print_operations(invocation.out, *operations);
    return kDone;
  }
  nlohmann::json steps = nlohmann::json::array();
  for (const Operation& one : *operations) {
    steps.push_back({{"sequence", one.sequence},
                     {"address", one.address.print()},
                     {"action", operation_name(one.action)},
                     {"state", state_name(one.state)},
                     {"started_at", one.started_at},
                     {"finished_at", one.finished_at},
                     {"error", one.error}});
  }
  invocation.out << nlohmann::json{{"run", found->id},
                                   {"command", found->command},
                                   {"state", state_name(found->state)},
                                   {"operations", steps}}
                        .dump()
                 << '\n';
  return kDone;
}

int show_plan(Invocation& invocation, Session& session, const std::string& file) {
  const Result<SavedPlan> saved = open_plan(session, file);
  if (!saved) return report(invocation, saved.failure());
  if (invocation.arguments.has("json")) {
    invocation.out
        << plan_json(saved->plan).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
        << '\n';
  } else {
    invocation.out << "Saved " << saved->created_at << ".\n\n";
    print_plan(invocation.out, saved->plan, invocation.paint());
  }
  return kDone;
}

int run(Invocation& invocation) {
  Result<std::unique_ptr<Session>> opened =
      Session::open(invocation, StateUse::look, ConfigurationUse::none);
  if (!opened) return report(invocation, opened.failure());
  Session& session = **opened;
  if (invocation.arguments.names().empty()) return show_state(invocation, session);
  const std::string& what = invocation.arguments.names().front();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), id);
  if (error == std::errc{} && end == what.data() + what.size())
    return show_run(invocation, session, id);
  if (std::error_code ignored; !std::filesystem::exists(what, ignored))
    return report(invocation, {make_error("plan file cannot be used",
                                          what + " is neither the number of a run nor a file.",
                                          "For the runs, and for one resource of the state:\n"
                                          "  crosstie history\n  crosstie state show ADDRESS")});
  return show_plan(invocation, session, what);
}

}  // namespace

Command show_command() {
  return {"show",
          "prints a saved plan, a run, or the state",
          "[options] [PLANFILE | RUN]",
          {{"json", FlagKind::toggle, "", "as JSON; a plan in Terraform's shape"},
           {"no-color", FlagKind::toggle, "", "no colors"}},
          1,
          run};
}

}  // namespace crosstie
