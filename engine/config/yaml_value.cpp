// From YAML nodes to values, and from positions in a scalar back to the source.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/config/source.hpp"
#include "engine/config/yaml_scalar.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

bool all_digits(std::string_view text, int base) {
  if (text.empty()) return false;
  for (char c : text) {
    const bool decimal = c >= '0' && c <= '9';
    const bool hex = decimal || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (base == 16 ? !hex : base == 8 ? !(c >= '0' && c <= '7') : !decimal) return false;
  }
  return true;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// YAML 1.2 core schema: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_real(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = digits();
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = digits();
  }
  if (whole + fraction == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

/// Bytes in the source and in the resolved text of the escape at `raw` (a backslash in a
/// double-quoted scalar).
std::pair<std::size_t, std::size_t> escape_sizes(std::string_view raw) {
  const char kind = raw.size() > 1 ? raw[1] : '\0';
  const auto encoded = [&](std::size_t digits) -> std::pair<std::size_t, std::size_t> {
    std::uint32_t code = 0;
    const std::string_view text = raw.substr(2, digits);
    std::from_chars(text.data(), text.data() + text.size(), code, 16);
    return {2 + digits, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4};
  };
  switch (kind) {
    case 'x':
      return encoded(2);
    case 'u':
      return encoded(4);
    case 'U':
      return encoded(8);
    case 'N':
    case '_':
      return {2, 2};
    case 'L':
    case 'P':
      return {2, 3};
    case '\n':
      return {2, 0};
    case '\r':
      return {3, 0};
    default:
      return {2, 1};
  }
}

std::size_t content_start(std::string_view source, std::size_t at) {
  while (at < source.size() && (source[at] == '&' || source[at] == '!')) {
    while (at < source.size() && !is_space(source[at])) ++at;
    while (at < source.size() && is_space(source[at])) ++at;
  }
  return at;
}

/// Offset in the source of byte `target` of the scalar's text. Both texts are walked side by side;
/// white space that only one of them has is indentation or folding, and is passed over.
std::size_t source_offset(const Node& scalar, std::size_t target) {
  const std::string_view source = scalar.where.file->text;
  const std::size_t line_start =
      scalar.where.file->line_starts[static_cast<std::size_t>(scalar.where.line) - 1];
  std::size_t at =
      content_start(source, line_start + static_cast<std::size_t>(scalar.where.column) - 1);
  const char style = at < source.size() ? source[at] : '\0';
  if (style == '"' || style == '\'') ++at;
  if ((style == '|' || style == '>') && scalar.text.find(style) != 0) {
    at = source.find('\n', at);
    if (at == std::string_view::npos) return source.size();
    ++at;
  }
  std::size_t done = 0;
  while (done <= target && at < source.size()) {
    const char wanted = done < scalar.text.size() ? scalar.text[done] : '\0';
    if (style == '"' && source[at] == '\\') {
      if (done == target) break;
      const auto [raw, resolved] = escape_sizes(source.substr(at));
      at += raw;
      done += resolved;
    } else if (source[at] == wanted) {
      if (done == target) break;
      at += style == '\'' && wanted == '\'' ? 2 : 1;
      ++done;
    } else if (is_space(source[at])) {
      ++at;
    } else if (is_space(wanted)) {
      if (done == target) break;
      ++done;
    } else {
      break;
    }
  }
  return std::min(at, source.size());
}

/// Where the scalar begins in the source, behind its anchor and tag.
std::size_t scalar_start(const Node& scalar) {
  const SourceFile& file = *scalar.where.file;
  const std::size_t line_start = file.line_starts[static_cast<std::size_t>(scalar.where.line) - 1];
  return content_start(file.text, line_start + static_cast<std::size_t>(scalar.where.column) - 1);
}

}  // namespace

bool is_closed(const Node& scalar) {
  const std::string_view source = scalar.where.file->text;
  std::size_t at = scalar_start(scalar);
  const char quote = at < source.size() ? source[at] : '\0';
  if (quote != '"' && quote != '\'') return true;
  for (++at; at < source.size(); ++at) {
    if (quote == '"' && source[at] == '\\') {
      ++at;
    } else if (source[at] == quote) {
      if (quote == '"' || at + 1 >= source.size() || source[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

ScalarReading read_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return {NodeKind::null, {}};
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE")
    return {NodeKind::boolean, {}};
  const char first = text[0];
  if (first != '-' && first != '+' && first != '.' && (first < '0' || first > '9'))
    return {NodeKind::string, {}};
  const std::string_view digits = without_sign(text);
  if (all_digits(digits, 10)) {
    if (digits.size() > 1 && digits[0] == '0') return {NodeKind::string, "leading zero"};
    std::int64_t number = 0;
    const char* begin = text.data() + (first == '+' ? 1 : 0);
    const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
    return {NodeKind::integer, parsed.ec == std::errc() ? "" : "too large"};
  }
  if (text.starts_with("0x") && all_digits(text.substr(2), 16))
    return {NodeKind::integer, text.size() > 17 ? "too large" : ""};
  if (text.starts_with("0o") && all_digits(text.substr(2), 8))
    return {NodeKind::integer, text.size() > 22 ? "too large" : ""};
  if (!looks_real(text)) return {NodeKind::string, {}};
  double number = 0;
  const char* begin = text.data() + (first == '+' ? 1 : 0);
  const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
  return {NodeKind::real, parsed.ec == std::errc() ? "" : "too large"};
}

Value to_value(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return {};
    case NodeKind::boolean:
      return Value(node.text[0] == 't' || node.text[0] == 'T');
    case NodeKind::integer: {
      std::int64_t number = 0;
      std::string_view text = node.text;
      const bool other = text.starts_with("0x") || text.starts_with("0o");
      const int base = !other ? 10 : text[1] == 'x' ? 16 : 8;
      text.remove_prefix(other ? 2 : text.starts_with("+") ? 1 : 0);
      std::from_chars(text.data(), text.data() + text.size(), number, base);
      return Value(number);
    }
    case NodeKind::real: {
      double number = 0;
      const std::string_view text = node.text.starts_with("+") ? node.text.substr(1) : node.text;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return Value(number);
    }
    case NodeKind::string:
      return Value(node.text);
    case NodeKind::sequence: {
      Value::List list;
      list.reserve(node.entries.size());
      for (const Entry& entry : node.entries) list.push_back(to_value(*entry.value));
      return Value(std::move(list));
    }
    case NodeKind::mapping: {
      Value::Object object;
      for (const Entry& entry : node.entries)
        object.emplace_hint(object.end(), entry.key, to_value(*entry.value));
      return Value(std::move(object));
    }
  }
  return {};
}

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::boolean:
      return "true or false";
    case NodeKind::integer:
    case NodeKind::real:
      return "a number";
    case NodeKind::string:
      return "a string";
    case NodeKind::sequence:
      return "a list";
    case NodeKind::mapping:
      return "a mapping";
  }
  return "";
}

Place place_in(const Node& scalar, std::size_t begin, std::size_t length) {
  if (scalar.where.file == nullptr) return scalar.where;
  const std::size_t from = source_offset(scalar, begin);
  const std::size_t last = source_offset(scalar, begin + std::max<std::size_t>(length, 1) - 1);
  return place_at(*scalar.where.file, from, last >= from ? last - from + 1 : 1);
}

}  // namespace crosstie::config
