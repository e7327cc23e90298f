#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace crosstie::sandbox::kubernetes {

/// YAML as JSON, plain scalars typed as in YAML 1.2's core schema. Limits: kYamlDepthMax, no
/// aliases beyond kYamlNodesMax. Throws std::invalid_argument.
nlohmann::json parse_yaml(const std::string& text);

}  // namespace crosstie::sandbox::kubernetes
