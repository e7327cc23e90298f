#pragma once
// The functions of the expression language: names and meanings as in Terraform 1.x (its language
// reference, "Functions").
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {

inline constexpr std::size_t kRangeItemsMax = 200'000;
inline constexpr std::size_t kFunctionFileBytesMax = std::size_t{4} << 20;
/// Text that functions may build.
inline constexpr std::size_t kFunctionTextBytesMax = std::size_t{16} << 20;

/// A value, or why there is none; the evaluator adds place and function name.
struct Outcome {
  Value value;
  std::string problem;                               // "" when there is a value
  Outcome(Value given) : value(std::move(given)) {}  // NOLINT: implicit on purpose
  static Outcome fail(std::string why) {
    Outcome outcome{Value()};
    outcome.problem = std::move(why);
    return outcome;
  }
};

/// Text of a file by its path; the loader says where paths begin.
using FileReader = std::function<Outcome(const std::string& path)>;

/// How the marks of arguments reach the result.
enum class Marks {
  whole,   // any unknown inside an argument makes the result unknown, anything sensitive inside
           // makes it sensitive
  top,     // only marks of the arguments themselves count; members keep their own
  chooses  // evaluated one by one by the evaluator: try, coalesce
};

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  std::string_view signature;  // "a list and a value", for messages
  Marks marks;
  std::size_t
      marked;  // how many leading arguments give their marks to the result; the rest keep their own
  Outcome (*run)(const std::vector<Value>& arguments,
                 const FileReader& files);  // null when Marks::chooses
};

const Function* find_function(std::string_view name);
std::vector<std::string> function_names();

/// Terraform's format(): the text functions live in functions_text.cpp.
Outcome format_values(const std::vector<Value>& arguments);
Outcome encode_base64(const std::string& bytes);
Outcome decode_base64(const std::string& text);
/// JSON as Terraform's jsonencode writes it: `<`, `>` and `&` as \u escapes, whole numbers without
/// a point.
std::string encode_json(const Value& value);
std::string lower_case(const std::string& text);

}  // namespace crosstie::config
