#pragma once
// Small tools for texts: UTF-8, lists in sentences, numbers as people write them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::config {

void append_utf8(std::string& out, std::uint32_t code);
/// Code points of valid UTF-8.
std::vector<std::uint32_t> code_points(std::string_view text);

/// An integer without a point, a real number in its shortest form, `5` for 5.0.
std::string print_number(const Value& number);

/// "`a`, `b` and `c`"; after `kNamesShown` names "and 12 more".
std::string list_names(const std::vector<std::string>& names);
inline constexpr std::size_t kNamesShown = 20;

/// "Did you mean `x`?", or the names there are, or "" when there are none.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

/// "a string", "an object", ... with article, for messages.
std::string describe(const Value& value);

}  // namespace crosstie::config
