#pragma once
// JSON text straight into Values. nlohmann's reader builds a tree of its own first, or costs a
// third of the load of a large state in its event form; the state is read by every command.
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/model/value.hpp"

namespace crosstie::state_file {

/// Deeper nesting than this is a damaged file, not a value.
inline constexpr int kJsonDepthMax = 512;

/// Reads one text from its beginning to its end. Every call throws std::invalid_argument on what is
/// no JSON (RFC 8259) or no UTF-8. `text` must stay alive.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text);

  /// A whole value. A number without fraction and exponent that fits is an integer, every other one
  /// a double.
  void read(Value& into, int depth = 0);
  /// For an object whose members are read one by one: begin_object, then next_member before each
  /// value until it says false.
  void begin_object();
  bool next_member(std::string& name);
  /// Nothing but blanks may follow.
  void end();

 private:
  [[noreturn]] static void refuse();
  void skip_blanks();
  char peek();
  void expect(char wanted);
  bool take(char wanted);
  void take_word(std::string_view word);
  void read_string(std::string& into);
  void read_escape(std::string& into);
  unsigned read_hex4();
  void read_number(Value& into);
  void read_list(Value& into, int depth);
  void read_object(Value& into, int depth);

  const char* at_;
  const char* end_;
  bool first_member_ = false;
};

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

}  // namespace crosstie::state_file
