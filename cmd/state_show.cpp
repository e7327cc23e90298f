#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "cmd/view/state_human.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  if (invocation.arguments.names().empty())
    return report(invocation, {make_error("address is missing", "state show takes one address.",
                                          "To see the addresses, run\n  crosstie state list")});
  const std::string& wanted = invocation.arguments.names().front();
  const Result<std::unique_ptr<StateStore>> store = open_state(invocation, StateUse::look);
  if (!store) return report(invocation, store.failure());
  const Result<StateSnapshot> state = (*store)->load();
  if (!state) return report(invocation, state.failure());
  std::vector<std::string> names;
  for (const ResourceRecord& record : state->resources) {
    names.push_back(record.address.print());
    if (names.back() != wanted) continue;
    print_record(invocation.out, record);
    return kDone;
  }
  const std::string near = did_you_mean(wanted, names);
  return report(
      invocation,
      {make_error("address is not recorded", "Nothing in the state is named " + wanted + ".",
                  near.empty() ? "To see the addresses, run\n  crosstie state list"
                               : "Did you mean " + near + "?")});
}

}  // namespace

Command state_show_command() {
  return {"state show", "prints one recorded resource", "ADDRESS", {}, 1, run};
}

}  // namespace crosstie
