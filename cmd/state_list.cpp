#include <memory>
#include <ostream>

#include "cmd/all_commands.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  const Result<std::unique_ptr<StateStore>> store = open_state(invocation, StateUse::look);
  if (!store) return report(invocation, store.failure());
  const Result<StateSnapshot> state = (*store)->load();
  if (!state) return report(invocation, state.failure());
  for (const ResourceRecord& record : state->resources)
    invocation.out << record.address.print() << '\n';
  return kDone;
}

}  // namespace

Command state_list_command() {
  return {"state list", "prints the address of everything recorded, one a line", "", {}, 0, run};
}

}  // namespace crosstie
