#pragma once
// Colors for people, and words for values and durations. No color: the same text without escapes.
#include <chrono>
#include <string>
#include <string_view>

#include "engine/plan.hpp"

namespace crosstie {

enum class Tone { plain, bold, dim, green, yellow, red, cyan };

class Paint {
 public:
  /// columns: of the terminal; 0 is any width, as for a file or a pipe.
  explicit Paint(bool color, std::size_t columns = 0) : color_(color), columns_(columns) {}
  std::string operator()(Tone tone, std::string_view text) const;
  bool color() const { return color_; }
  /// Whether a line of so many characters stays one line.
  bool has_room(std::size_t characters) const { return columns_ == 0 || characters <= columns_; }
  std::size_t columns() const { return columns_; }

 private:
  bool color_;
  std::size_t columns_;
};

std::string_view action_symbol(Action action);  // "+", "~", "-", "-/+", "<=", "#", " "
Tone action_tone(Action action);

/// One line of text for a value, in YAML's flow style: sensitive and unknown parts and certificates
/// in words, long text shortened.
std::string shown(const Value& value);
/// "850 ms", "12 s", "3 min 20 s"
std::string shown(std::chrono::milliseconds duration);

/// A member's name as it is written in YAML: quoted when it must be.
std::string shown_name(const std::string& name);

/// Cuts `text` to `columns`, with an ellipsis.
std::string fit(std::string_view text, std::size_t columns);

}  // namespace crosstie
