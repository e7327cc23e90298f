#include "engine/config/lexer.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "engine/config/text.hpp"

namespace crosstie::config {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c) || c == '-'; }

}  // namespace

Token Lexer::fail(std::size_t begin, std::size_t length, std::string detail, std::string fix) {
  error_ = {begin, std::max<std::size_t>(length, 1), std::move(detail), std::move(fix)};
  return {TokenKind::bad, begin, begin + length, {}};
}

Token Lexer::next() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
    ++at_;
  if (at_ >= text_.size()) return {TokenKind::end, text_.size(), text_.size(), {}};
  const char c = text_[at_];
  if (c == '"' || c == '\'') return read_string(c);
  if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
    return read_number();
  if (!is_name_start(c)) return read_symbol();
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
  return {TokenKind::name, begin, at_, std::string(text_.substr(begin, at_ - begin))};
}

Token Lexer::read_string(char quote) {
  const std::size_t begin = at_++;
  std::string out;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == quote) return {TokenKind::string, begin, ++at_, std::move(out)};
    if (c == '\\') {
      const std::size_t escape = at_++;
      if (!read_escape(out))
        return fail(escape, 2,
                    "This escape is not known; \\n, \\r, \\t, \\\", \\', \\\\, \\uXXXX and "
                    "\\UXXXXXXXX are.",
                    "To fix it, write a backslash twice for the character itself.");
    } else if (text_.substr(at_).starts_with("$${")) {
      out += "${";
      at_ += 3;
    } else if (text_.substr(at_).starts_with("${")) {
      return fail(at_, 2, "An expression cannot stand inside a string of an expression.",
                  "To fix it, join the parts with format(\"...%s...\", ...).");
    } else {
      out += c;
      ++at_;
    }
  }
  return fail(begin, 1, "The quote is never closed.", "To fix it, close it before the `}`.");
}

bool Lexer::read_escape(std::string& out) {
  if (at_ >= text_.size()) return false;
  const char c = text_[at_++];
  switch (c) {
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case '"':
    case '\'':
    case '\\':
      out += c;
      return true;
    case 'u':
      return read_code_point(4, out);
    case 'U':
      return read_code_point(8, out);
    default:
      return false;
  }
}

bool Lexer::read_code_point(std::size_t digits, std::string& out) {
  if (text_.size() - at_ < digits) return false;
  std::uint32_t code = 0;
  const char* begin = text_.data() + at_;
  const auto parsed = std::from_chars(begin, begin + digits, code, 16);
  if (parsed.ec != std::errc() || parsed.ptr != begin + digits) return false;
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) || code == 0) return false;
  at_ += digits;
  append_utf8(out, code);
  return true;
}

Token Lexer::read_number() {
  const std::size_t begin = at_;
  if (text_[at_] == '-') ++at_;
  const auto digits = [&] {
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  };
  digits();
  bool real = false;
  if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
    real = true;
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    std::size_t ahead = at_ + 1;
    if (ahead < text_.size() && (text_[ahead] == '-' || text_[ahead] == '+')) ++ahead;
    if (ahead < text_.size() && is_digit(text_[ahead])) {
      real = true;
      at_ = ahead;
      digits();
    }
  }
  if (at_ < text_.size() && is_name_part(text_[at_]))
    return fail(begin, at_ - begin + 1, "A number ends in a letter.",
                "To fix it, put it into quotes when it is text.");
  return {real ? TokenKind::real : TokenKind::integer, begin, at_,
          std::string(text_.substr(begin, at_ - begin))};
}

Token Lexer::read_symbol() {
  const std::size_t begin = at_;
  const std::string_view rest = text_.substr(at_);
  for (const std::string_view two : {"==", "!=", "&&", "||"})
    if (rest.starts_with(two)) {
      at_ += 2;
      return {TokenKind::symbol, begin, at_, std::string(two)};
    }
  if (std::string_view("!?:.,()[]{}=").find(rest[0]) != std::string_view::npos) {
    ++at_;
    return {TokenKind::symbol, begin, at_, std::string(rest.substr(0, 1))};
  }
  if (std::string_view("+-*/%<>&|").find(rest[0]) != std::string_view::npos)
    return fail(begin, 1,
                "The operator `" + std::string(rest.substr(0, 1)) +
                    "` is not part of the language; ==, !=, &&, ||, ! and ?: are.",
                "");
  std::size_t length = 1;
  while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0) == 0x80)
    ++length;
  return fail(begin, length,
              "`" + std::string(rest.substr(0, length)) + "` has no meaning in an expression.",
              "To fix it, put text into quotes; for the two characters ${ themselves write $${.");
}

}  // namespace crosstie::config
