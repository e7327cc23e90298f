#pragma once
// Values of the configuration's variables: default, environment, files, command line; the later
// wins.
#include <deque>
#include <memory>
#include <unordered_map>

#include "engine/config/configuration.hpp"
#include "engine/config/shape.hpp"

namespace crosstie::config {

using VariableValues = std::unordered_map<std::string_view, Value>;

/// Every variable has a value in the result; unknown where an error was added.
VariableValues variable_values(const ModuleShape& module, const LoadOptions& options,
                               Diagnostics& errors);

/// What is wrong with a value for this variable or input, as a sentence; "" when it fits. Unknown
/// fits.
std::string misfit(const VariableShape& variable, const Value& value);

}  // namespace crosstie::config
