#include "state/json_reader.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/model/value.hpp"

namespace crosstie::state_file {
namespace {

void add_utf8(std::string& to, unsigned code) {
  const auto byte = [&](unsigned bits) { to += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (end - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, 8);
      if ((eight & 0x8080808080808080U) == 0) {
        at += 8;
        continue;
      }
    }
    const auto lead = static_cast<unsigned char>(*at++);
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || end - at < more) return false;
    unsigned code = lead & (0x3F >> more);
    for (int i = 0; i < more; ++i) {
      const auto next = static_cast<unsigned char>(*at++);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
    if (overlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
  }
  return true;
}

JsonReader::JsonReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
  if (!is_utf8(text)) throw std::invalid_argument("a value is no UTF-8 text");
}

void JsonReader::refuse() { throw std::invalid_argument("a value is no JSON"); }

void JsonReader::skip_blanks() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

char JsonReader::peek() {
  skip_blanks();
  if (at_ == end_) refuse();
  return *at_;
}

bool JsonReader::take(char wanted) {
  if (peek() != wanted) return false;
  ++at_;
  return true;
}

void JsonReader::expect(char wanted) {
  if (!take(wanted)) refuse();
}

void JsonReader::take_word(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::string_view(at_, word.size()) != word)
    refuse();
  at_ += word.size();
}

void JsonReader::read(Value& into, int depth) {
  if (depth > kJsonDepthMax) refuse();
  switch (peek()) {
    case '{':
      return read_object(into, depth);
    case '[':
      return read_list(into, depth);
    case '"':
      into = Value(std::string());
      return read_string(into.as_string());
    case 't':
      take_word("true");
      into = Value(true);
      return;
    case 'f':
      take_word("false");
      into = Value(false);
      return;
    case 'n':
      take_word("null");
      into = Value();
      return;
    default:
      return read_number(into);
  }
}

void JsonReader::read_list(Value& into, int depth) {
  expect('[');
  into = Value(Value::List{});
  if (take(']')) return;
  Value::List& list = into.as_list();
  do {
    read(list.emplace_back(), depth + 1);
  } while (take(','));
  expect(']');
}

void JsonReader::read_object(Value& into, int depth) {
  expect('{');
  into = Value(Value::Object{});
  if (take('}')) return;
  Value::Object& object = into.as_object();
  std::string name;
  do {
    if (peek() != '"') refuse();
    read_string(name);
    expect(':');
    // Members were written in order, so that each belongs at the end.
    read(object.emplace_hint(object.end(), std::move(name), Value())->second, depth + 1);
    name.clear();
  } while (take(','));
  expect('}');
}

void JsonReader::begin_object() {
  expect('{');
  first_member_ = true;
}

bool JsonReader::next_member(std::string& name) {
  if (take('}')) return false;
  if (!first_member_) expect(',');
  first_member_ = false;
  if (peek() != '"') refuse();
  name.clear();
  read_string(name);
  expect(':');
  return true;
}

void JsonReader::end() {
  skip_blanks();
  if (at_ != end_) refuse();
}

void JsonReader::read_string(std::string& into) {
  ++at_;
  for (;;) {
    const char* const from = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
      ++at_;
    into.append(from, at_);
    if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) refuse();
    if (*at_++ == '"') return;
    read_escape(into);
  }
}

void JsonReader::read_escape(std::string& into) {
  if (at_ == end_) refuse();
  switch (*at_++) {
    case '"':
      into += '"';
      return;
    case '\\':
      into += '\\';
      return;
    case '/':
      into += '/';
      return;
    case 'b':
      into += '\b';
      return;
    case 'f':
      into += '\f';
      return;
    case 'n':
      into += '\n';
      return;
    case 'r':
      into += '\r';
      return;
    case 't':
      into += '\t';
      return;
    case 'u':
      break;
    default:
      refuse();
  }
  unsigned code = read_hex4();
  if (code >= 0xDC00 && code < 0xE000) refuse();
  if (code >= 0xD800 && code < 0xDC00) {
    take_word("\\u");
    const unsigned low = read_hex4();
    if (low < 0xDC00 || low >= 0xE000) refuse();
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  add_utf8(into, code);
}

unsigned JsonReader::read_hex4() {
  unsigned code = 0;
  if (end_ - at_ < 4) refuse();
  const auto [stop, error] = std::from_chars(at_, at_ + 4, code, 16);
  if (error != std::errc() || stop != at_ + 4) refuse();
  at_ = stop;
  return code;
}

void JsonReader::read_number(Value& into) {
  const char* const from = at_;
  bool whole = true;
  while (at_ != end_ && std::strchr("+-.0123456789eE", *at_) != nullptr && *at_ != '\0') {
    whole = whole && *at_ != '.' && *at_ != 'e' && *at_ != 'E';
    ++at_;
  }
  const char* const digits = from != at_ && *from == '-' ? from + 1 : from;
  const bool leading_zero =
      at_ - digits > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  if (digits == at_ || *digits < '0' || *digits > '9' || leading_zero) refuse();
  if (whole) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(from, at_, number);
    if (error == std::errc() && stop == at_) {
      into = Value(number);
      return;
    }
  }
  const auto* const point =
      static_cast<const char*>(std::memchr(from, '.', static_cast<std::size_t>(at_ - from)));
  if (point != nullptr && (point + 1 == at_ || point[1] < '0' || point[1] > '9')) refuse();
  double number = 0;
  const auto [stop, error] = std::from_chars(from, at_, number);
  if (error != std::errc() || stop != at_) refuse();
  into = Value(number);
}

}  // namespace crosstie::state_file
