#pragma once
// Does every name that an expression uses exist? Asked once for each file, before anything is
// evaluated.
#include "engine/config/shape.hpp"

namespace crosstie::config {

/// Checks all expressions of a configuration or blueprint. Links must have their blueprints.
void check_references(const ModuleShape& module, Diagnostics& errors);

}  // namespace crosstie::config
