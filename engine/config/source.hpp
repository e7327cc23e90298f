#pragma once
// The text of a configuration file, and places in it that cost little until somebody wants to show
// them.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/diagnostic.hpp"

namespace crosstie::config {

/// A longer source line is not shown under a message.
inline constexpr std::size_t kShownLineBytesMax = 4096;

struct SourceFile {
  SourceFile(std::string name, std::string text);

  /// Line `number`, counted from 1, without its end; empty when there is none.
  std::string_view line(int number) const;

  std::string name;
  std::string text;
  std::vector<std::uint32_t> line_starts;
};

/// A place in a file; line and column count from 1, column and length in bytes. `file` lives as
/// long as the document.
struct Place {
  const SourceFile* file = nullptr;
  int line = 0;
  int column = 0;
  int length = 1;

  /// For a message: columns in characters, with the source line.
  SourceRange range() const;
  /// The same without the text from the place on: for values that must not be shown.
  SourceRange hidden_range() const;
};

/// Place of `length` bytes from `offset` on, cut at the end of the line.
Place place_at(const SourceFile& file, std::size_t offset, std::size_t length);

/// Position of the first byte that is no UTF-8, or a control character that YAML forbids; npos when
/// all is well.
std::size_t find_bad_byte(std::string_view text);
std::size_t count_characters(std::string_view text);

}  // namespace crosstie::config
