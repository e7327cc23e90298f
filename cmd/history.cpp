#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "cmd/view/state_human.hpp"
#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  const Result<int> limit =
      parse_count("limit", invocation.arguments.value("limit", "20"), 1, 100000);
  if (!limit) return report(invocation, limit.failure());
  const Result<std::unique_ptr<StateStore>> store = open_state(invocation, StateUse::look);
  if (!store) return report(invocation, store.failure());
  const Result<std::vector<Run>> runs = (*store)->history(*limit);
  if (!runs) return report(invocation, runs.failure());
  for (const Run& one : *runs) {
    if (invocation.arguments.has("json")) {
      invocation.out << nlohmann::json{{"run", one.id},
                                       {"command", one.command},
                                       {"state", state_name(one.state)},
                                       {"started_at", one.started_at},
                                       {"finished_at", one.finished_at},
                                       {"added", one.added},
                                       {"changed", one.changed},
                                       {"destroyed", one.destroyed},
                                       {"failed", one.failed},
                                       {"owner", one.owner},
                                       {"host", one.host}}
                            .dump()
                     << '\n';
    } else {
      print_run(invocation.out, one);
    }
  }
  if (runs->empty() && !invocation.arguments.has("json")) invocation.out << "No runs yet.\n";
  return kDone;
}

}  // namespace

Command history_command() {
  return {"history",
          "lists the runs, newest first",
          "[options]",
          {{"limit", FlagKind::value, "N", "at most so many (20)"},
           {"json", FlagKind::toggle, "", "one JSON object a line"}},
          0,
          run};
}

}  // namespace crosstie
