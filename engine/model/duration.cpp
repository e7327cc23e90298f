#include "engine/model/duration.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace crosstie {
namespace {

constexpr double kLongest = 7.0 * 24 * 3600 * 1000;

/// Milliseconds in one unit; 0 for a word that is no unit.
double unit_of(std::string_view suffix) {
  if (suffix == "ms") return 1;
  if (suffix.empty() || suffix == "s") return 1000;
  if (suffix == "m") return 60'000;
  if (suffix == "h") return 3'600'000;
  return 0;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{}) return std::nullopt;
  const double length = amount * unit_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!(length >= 1) || length > kLongest) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(length));
}

}  // namespace crosstie
