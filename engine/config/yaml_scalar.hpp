#pragma once
// What a scalar without quotes means: the core schema of YAML 1.2.
#include <string_view>

#include "engine/config/yaml_tree.hpp"

namespace crosstie::config {

struct ScalarReading {
  NodeKind kind = NodeKind::string;
  std::string_view problem;  // "leading zero", "too large", "" when there is none
};

/// `yes`, `on` and dates are strings; a number with a leading zero is refused, because YAML 1.1
/// readers take it as octal.
ScalarReading read_plain(std::string_view text);

/// False for a quoted scalar whose closing quote is missing.
bool is_closed(const Node& scalar);

}  // namespace crosstie::config
