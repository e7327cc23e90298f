#include "engine/config/source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"

namespace crosstie::config {

SourceFile::SourceFile(std::string file_name, std::string file_text)
    : name(std::move(file_name)), text(std::move(file_text)) {
  line_starts.push_back(0);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    line_starts.push_back(static_cast<std::uint32_t>(at + 1));
}

std::string_view SourceFile::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > line_starts.size()) return {};
  const std::size_t begin = line_starts[static_cast<std::size_t>(number) - 1];
  std::size_t end = text.find('\n', begin);
  if (end == std::string::npos) end = text.size();
  if (end > begin && text[end - 1] == '\r') --end;
  return std::string_view(text).substr(begin, end - begin);
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

SourceRange Place::range() const {
  SourceRange range;
  if (file == nullptr) return range;
  range.file = file->name;
  range.line = line;
  range.column = column;
  range.length = std::max(1, length);
  const std::string_view text = file->line(line);
  if (text.size() > kShownLineBytesMax) return range;
  const std::size_t begin =
      std::min(text.size(), static_cast<std::size_t>(std::max(0, column - 1)));
  const std::string_view marked = text.substr(begin, static_cast<std::size_t>(range.length));
  range.column = 1 + static_cast<int>(count_characters(text.substr(0, begin)));
  range.length = std::max(1, static_cast<int>(count_characters(marked)));
  range.line_text = text;
  return range;
}

SourceRange Place::hidden_range() const {
  SourceRange result = range();
  if (result.line_text.empty()) return result;
  const std::size_t begin =
      std::min(result.line_text.size(), static_cast<std::size_t>(std::max(0, column - 1)));
  result.line_text.resize(begin);
  result.line_text += "(sensitive)";
  result.length = 11;
  return result;
}

Place place_at(const SourceFile& file, std::size_t offset, std::size_t length) {
  const auto after = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), offset);
  const std::size_t index = static_cast<std::size_t>(after - file.line_starts.begin()) - 1;
  const std::size_t column = offset - file.line_starts[index];
  const std::size_t line_length = file.line(static_cast<int>(index) + 1).size();
  const std::size_t room = line_length > column ? line_length - column : 1;
  return {&file, static_cast<int>(index) + 1, static_cast<int>(column) + 1,
          static_cast<int>(std::clamp<std::size_t>(length, 1, room))};
}

namespace {

/// Bytes of the UTF-8 sequence at `at`; 0 when it is not one (overlong forms and surrogates
/// included).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

}  // namespace

std::size_t find_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    if (byte < 0x80) {
      if (byte != '\n' && byte != '\t' && byte != '\r') return at;
      ++at;
      continue;
    }
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace crosstie::config
