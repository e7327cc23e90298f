#pragma once
// One function a command; each in the file of its name.

namespace crosstie {

struct Invocation;
struct Command;

Command init_command();
Command validate_command();
Command plan_command();
Command apply_command();
Command destroy_command();
Command drift_command();
Command output_command();
Command show_command();
Command history_command();
Command state_list_command();
Command state_show_command();
Command graph_command();
Command blueprint_list_command();
Command blueprint_show_command();
Command schema_command();
Command sandbox_command();
Command version_command();

}  // namespace crosstie
