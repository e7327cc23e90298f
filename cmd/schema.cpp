#include <ostream>

#include "cmd/all_commands.hpp"
#include "cmd/session.hpp"
#include "engine/config/json_schema.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  invocation.out << json_schema(all_schemas()) << '\n';
  return kDone;
}

}  // namespace

Command schema_command() { return {"schema", "prints the JSON Schema of the configuration, for editors", "", {}, 0, run}; }

}  // namespace crosstie
