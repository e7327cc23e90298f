#pragma once
// Do the arguments of a resource fit its schema?
#include "engine/config/shape.hpp"

namespace crosstie::config {

/// Names and literal values of a resource as it is written: unknown, missing, computed arguments,
/// wrong types.
void check_arguments(const ResourceShape& resource, Diagnostics& errors);

/// One evaluated argument; what is unknown inside it fits. `node` is where it is written.
void check_value(const AttributeSchema& attribute, const Value& value, const Node& node,
                 Diagnostics& errors);

}  // namespace crosstie::config
