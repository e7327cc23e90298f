#pragma once
// Lengths of time as people write them: "90s", "30m", "2h", "500ms", or plain seconds.
#include <chrono>
#include <optional>
#include <string_view>

namespace crosstie {

/// More than 0 and at most 7 days; nullopt for anything else. A number without a unit is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace crosstie
