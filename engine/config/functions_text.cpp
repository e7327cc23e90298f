// format(), base64, JSON text, lower case.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/functions.hpp"
#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

constexpr int kFormatWidthMax = 1024;

/// One `%` of a format: flags, width, precision, which value, and the letter.
struct Directive {
  bool minus = false, plus = false, space = false, zero = false, sharp = false;
  int width = -1;
  int precision = -1;
  std::optional<std::size_t> index;
  char verb = '\0';
};

bool read_number(std::string_view text, std::size_t& at, int& number) {
  const std::size_t begin = at;
  number = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && number <= kFormatWidthMax)
    number = number * 10 + (text[at++] - '0');
  return at > begin && number <= kFormatWidthMax;
}

/// Reads what follows a `%`; false when it is no directive.
bool read_directive(std::string_view text, std::size_t& at, Directive& out) {
  for (; at < text.size(); ++at) {
    if (text[at] == '-')
      out.minus = true;
    else if (text[at] == '+')
      out.plus = true;
    else if (text[at] == ' ')
      out.space = true;
    else if (text[at] == '0')
      out.zero = true;
    else if (text[at] == '#')
      out.sharp = true;
    else
      break;
  }
  if (at < text.size() && text[at] >= '1' && text[at] <= '9' && !read_number(text, at, out.width))
    return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!read_number(text, at, out.precision)) out.precision = 0;
  }
  if (at < text.size() && text[at] == '[') {
    int index = 0;
    ++at;
    if (!read_number(text, at, index) || index == 0 || at >= text.size() || text[at] != ']')
      return false;
    ++at;
    out.index = static_cast<std::size_t>(index) - 1;
  }
  if (at >= text.size()) return false;
  out.verb = text[at++];
  return std::string_view("vsqdboxXeEfgGt").find(out.verb) != std::string_view::npos;
}

std::string pad(const Directive& d, std::string text, bool numeric) {
  const std::size_t size = count_characters(text);
  if (d.width < 0 || size >= static_cast<std::size_t>(d.width)) return text;
  const std::size_t missing = static_cast<std::size_t>(d.width) - size;
  if (d.minus) return text + std::string(missing, ' ');
  if (!d.zero || !numeric) return std::string(missing, ' ') + text;
  const std::size_t sign =
      !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
  return text.insert(sign, missing, '0');
}

std::optional<double> to_real(const Value& value) {
  if (value.is_number()) return value.as_double();
  if (!value.is_string() || value.as_string().empty()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value.as_string().c_str(), &end);
  return *end == '\0' && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string with_sign(const Directive& d, bool negative, std::string digits) {
  return (negative ? "-" : d.plus ? "+" : d.space ? " " : "") + digits;
}

std::optional<std::string> format_integer(const Directive& d, const Value& value) {
  std::int64_t number = 0;
  if (value.is_integer()) {
    number = value.as_integer();
  } else {
    const auto real = to_real(value);
    if (!real || std::abs(*real) >= 9e18) return std::nullopt;
    number = static_cast<std::int64_t>(*real);
  }
  const bool negative = number < 0;
  std::uint64_t rest =
      negative ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
  const unsigned base = d.verb == 'b' ? 2 : d.verb == 'o' ? 8 : d.verb == 'd' ? 10 : 16;
  const char* digits = d.verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do out.insert(out.begin(), digits[rest % base]);
  while ((rest /= base) != 0);
  if (d.precision > 0 && out.size() < static_cast<std::size_t>(d.precision))
    out.insert(0, static_cast<std::size_t>(d.precision) - out.size(), '0');
  if (d.sharp && base == 16) out.insert(0, d.verb == 'X' ? "0X" : "0x");
  return pad(d, with_sign(d, negative, out), true);
}

std::optional<std::string> format_real(const Directive& d, const Value& value) {
  const auto number = to_real(value);
  if (!number) return std::nullopt;
  const char pattern[] = {'%', '.', '*', d.verb, '\0'};
  std::array<char, 2048> buffer{};
  // Go's default: six digits for e and f, the shortest exact form for g.
  if (d.precision < 0 && (d.verb == 'g' || d.verb == 'G'))
    return pad(d, with_sign(d, *number < 0, print_number(Value(std::abs(*number)))), true);
  std::snprintf(buffer.data(), buffer.size(), pattern, d.precision < 0 ? 6 : d.precision,
                std::abs(*number));
  return pad(d, with_sign(d, std::signbit(*number) && *number != 0, buffer.data()), true);
}

std::string plain_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_number()) return print_number(value);
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return encode_json(value);
}

std::string first_characters(std::string text, int count) {
  if (count < 0) return text;
  std::size_t at = 0;
  for (int seen = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && seen++ == count) break;
  return text.substr(0, at);
}

std::optional<std::string> format_one(const Directive& d, const Value& value) {
  switch (d.verb) {
    case 'v':
      return pad(d, d.sharp ? encode_json(value) : plain_text(value), value.is_number());
    case 's':
    case 'q': {
      if (value.is_null() || value.is_list() || value.is_object()) return std::nullopt;
      std::string text = first_characters(plain_text(value), d.precision);
      return pad(d, d.verb == 'q' ? encode_json(Value(text)) : text, false);
    }
    case 't':
      if (value.is_bool()) return pad(d, value.as_bool() ? "true" : "false", false);
      if (value.is_string() && (value.as_string() == "true" || value.as_string() == "false"))
        return pad(d, value.as_string(), false);
      return std::nullopt;
    case 'd':
    case 'b':
    case 'o':
    case 'x':
    case 'X':
      return format_integer(d, value);
    default:
      return format_real(d, value);
  }
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whole numbers lose their point: 5.0 is 5, as in Terraform, which knows one kind of number.
nlohmann::json json_numbers(const Value& value) {
  if (value.is_double()) {
    const double number = value.as_double();
    if (std::nearbyint(number) == number && std::abs(number) < 1e15)
      return static_cast<std::int64_t>(number);
    return number;
  }
  if (value.is_list()) {
    auto out = nlohmann::json::array();
    for (const Value& item : value.as_list()) out.push_back(json_numbers(item));
    return out;
  }
  if (value.is_object()) {
    auto out = nlohmann::json::object();
    for (const auto& [key, member] : value.as_object()) out[key] = json_numbers(member);
    return out;
  }
  return to_json(value);
}

std::uint32_t lower_code(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
  if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149)
    return (c >= 0x139 && c <= 0x148) ? ((c & 1) != 0 ? c + 1 : c) : ((c & 1) == 0 ? c + 1 : c);
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

}  // namespace

Outcome format_values(const std::vector<Value>& arguments) {
  if (!arguments[0].is_string())
    return Outcome::fail("Argument 1 must be a format, not " + describe(arguments[0]) + ".");
  const std::string& text = arguments[0].as_string();
  std::string out;
  std::size_t next = 0;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    ++at;
    if (at < text.size() && text[at] == '%') {
      out += text[at++];
      continue;
    }
    Directive directive;
    if (!read_directive(text, at, directive))
      return Outcome::fail(
          "The format has a `%` that is no directive; a percent sign itself is `%%`.");
    const std::size_t index = directive.index.value_or(next);
    if (index + 1 >= arguments.size())
      return Outcome::fail("The format asks for " + std::to_string(index + 1) + " values, but " +
                           std::to_string(arguments.size() - 1) + " are given.");
    next = index + 1;
    used = std::max(used, next);
    const auto formatted = format_one(directive, arguments[index + 1]);
    if (!formatted)
      return Outcome::fail(std::string("Value ") + std::to_string(index + 1) + ", " +
                           describe(arguments[index + 1]) + ", cannot be written as %" +
                           directive.verb + ".");
    out += *formatted;
    if (out.size() > kFunctionTextBytesMax) return Outcome::fail("The text gets too long.");
  }
  if (used + 1 < arguments.size())
    return Outcome::fail("The format uses only " + std::to_string(used) + " of " +
                         std::to_string(arguments.size() - 1) + " values.");
  return Value(std::move(out));
}

Outcome encode_base64(const std::string& bytes) {
  if (bytes.size() > kFunctionTextBytesMax) return Outcome::fail("The text is too long.");
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t j) {
      return i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
    };
    const std::uint32_t group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[(group >> 12) & 63];
    out += i + 1 < bytes.size() ? kAlphabet[(group >> 6) & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
  return Value(std::move(out));
}

Outcome decode_base64(const std::string& text) {
  const auto bad = [] { return Outcome::fail("The text is no standard base64."); };
  if (text.size() % 4 != 0) return bad();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i + padding >= text.size();
    const std::size_t digit = pad ? 0 : kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return bad();
    group = (group << 6) | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>((group >> shift) & 0xFF);
    group = 0;
  }
  out.resize(out.size() - padding);
  if (find_bad_byte(out) != std::string_view::npos)
    return Outcome::fail("The decoded bytes are no UTF-8 text.");
  return Value(std::move(out));
}

std::string encode_json(const Value& value) {
  const std::string text =
      json_numbers(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (rest[0] == '<')
      out += "\\u003c";
    else if (rest[0] == '>')
      out += "\\u003e";
    else if (rest[0] == '&')
      out += "\\u0026";
    else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else
      out += text[i];
  }
  return out;
}

std::string lower_case(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const std::uint32_t code : code_points(text)) append_utf8(out, lower_code(code));
  return out;
}

}  // namespace crosstie::config
