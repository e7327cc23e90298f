#pragma once
// Small pure helpers of the sandbox's own inputs: durations, "did you mean", patterns, base64.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosstie::sandbox {

inline constexpr std::chrono::hours kDurationMax{24};

/// "500ms", "20s", "2m", "1h", "1.5s" or "0"; nullopt for anything else and for more than
/// kDurationMax.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The candidate nearest to `word` when it is near enough to be a slip of the keyboard, else "".
std::string closest(std::string_view word, const std::vector<std::string>& candidates);
/// "a, b and c".
std::string join_words(const std::vector<std::string>& words);
/// Whether `text` fits `pattern`, where "*" stands for any characters, also none and also "/".
bool matches_pattern(std::string_view pattern, std::string_view text);
/// Standard alphabet, padded, one line.
std::string base64_of(std::string_view bytes);
/// `text` between single quotes for a POSIX shell.
std::string shell_quote(std::string_view text);

}  // namespace crosstie::sandbox
