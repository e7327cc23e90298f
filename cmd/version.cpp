#include <nlohmann/json.hpp>
#include <ostream>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  if (invocation.arguments.has("json")) {
    invocation.out << nlohmann::json{{"crosstie_version", CROSSTIE_VERSION}}.dump() << '\n';
  } else {
    invocation.out << "crosstie " << CROSSTIE_VERSION << '\n';
  }
  return kDone;
}

}  // namespace

Command version_command() {
  return {"version", "prints the version",
          "[-json]", {{"json", FlagKind::toggle, "", "as JSON"}},
          0,         run};
}

}  // namespace crosstie
