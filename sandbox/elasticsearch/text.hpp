#pragma once
// Small text tools: base64, wildcard patterns, lists, time values.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosstie::sandbox::elasticsearch {

std::string base64_encode(std::string_view bytes);
/// nullopt when `text` is no base64 (padding may be left out).
std::optional<std::string> base64_decode(std::string_view text);

/// `*` matches any run of characters, also an empty one.
bool matches(std::string_view pattern, std::string_view name);
bool matches_any(const std::vector<std::string>& patterns, std::string_view name);
bool has_wildcard(std::string_view text);

/// Parts between commas, empty ones left out.
std::vector<std::string> split_list(std::string_view text, char separator = ',');
std::string join(const std::vector<std::string>& items, std::string_view separator);
std::string lower(std::string_view text);
std::string upper(std::string_view text);

/// "30s", "1d", "-1", "0"; nullopt when the unit is missing or unknown.
std::optional<std::chrono::milliseconds> parse_time_value(std::string_view text);

}  // namespace crosstie::sandbox::elasticsearch
