#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/paint.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  const Result<std::unique_ptr<StateStore>> store = open_state(invocation, StateUse::look);
  if (!store) return report(invocation, store.failure());
  const Result<StateSnapshot> state = (*store)->load();
  if (!state) return report(invocation, state.failure());
  const bool json = invocation.arguments.has("json");
  if (!invocation.arguments.names().empty()) {
    const std::string& name = invocation.arguments.names().front();
    const auto found = state->outputs.find(name);
    if (found == state->outputs.end()) {
      std::vector<std::string> names;
      for (const auto& [known, output] : state->outputs) names.push_back(known);
      const std::string near = did_you_mean(name, names);
      return report(
          invocation,
          {make_error("output does not exist", "The last apply gave no output \"" + name + "\".",
                      near.empty() ? "To see the outputs, run\n  crosstie output"
                                   : "Did you mean " + near + "?")});
    }
    const Value& value = found->second.value;
    if (invocation.arguments.has("raw") && value.is_string() && !value.sensitive()) {
      invocation.out << value.as_string();
    } else {
      invocation.out << (json ? output_json(found->second)["value"].dump() : shown(value)) << '\n';
    }
    return kDone;
  }
  nlohmann::json all = nlohmann::json::object();
  for (const auto& [name, output] : state->outputs) {
    all[name] = output_json(output);
    if (!json) invocation.out << name << " = " << shown(output.value) << '\n';
  }
  if (json) invocation.out << all.dump(2) << '\n';
  if (!json && state->outputs.empty())
    invocation.out << "No outputs: none is configured, or nothing was applied yet.\n";
  return kDone;
}

}  // namespace

Command output_command() {
  return {"output",
          "prints the outputs of the last apply",
          "[options] [NAME]",
          {{"json", FlagKind::toggle, "", "as JSON, in Terraform's shape"},
           {"raw", FlagKind::toggle, "", "a text output without quotes"}},
          1,
          run};
}

}  // namespace crosstie
