#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/command.hpp"

namespace crosstie {

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      init_command(),           validate_command(),       plan_command(),       apply_command(),
      destroy_command(),        drift_command(),          output_command(),     show_command(),
      history_command(),        state_list_command(),     state_show_command(), graph_command(),
      blueprint_list_command(), blueprint_show_command(), schema_command(),     sandbox_command(),
      version_command()};
  return kCommands;
}

}  // namespace crosstie
