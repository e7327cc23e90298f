#pragma once
// Words of the expression language.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/config/expression.hpp"

namespace crosstie::config {

enum class TokenKind : std::uint8_t { end, name, string, integer, real, symbol, bad };

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;  // of a string: resolved; of a symbol or name: as written
};

class Lexer {
 public:
  Lexer(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

  /// The next word; `bad` when there is none, then error() says why.
  Token next();
  const SyntaxError& error() const { return error_; }

 private:
  Token fail(std::size_t begin, std::size_t length, std::string detail, std::string fix);
  Token read_string(char quote);
  bool read_escape(std::string& out);
  bool read_code_point(std::size_t digits, std::string& out);
  Token read_number();
  Token read_symbol();

  std::string_view text_;
  std::size_t at_;
  SyntaxError error_;
};

}  // namespace crosstie::config
