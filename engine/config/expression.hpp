#pragma once
// The syntax tree of what stands between `${` and `}`.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::config {

inline constexpr std::size_t kExpressionBytesMax = std::size_t{16} * 1024;
inline constexpr int kExpressionDepthMax = 64;

struct Function;
struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

enum class Operation : std::uint8_t {
  literal,
  reference,  // var.x, local.x, each.x; resource.x["key"].attribute, link.x["key"].attribute
  attribute,  // children[0].name
  index,      // children[0][children[1]]
  list,       // children
  object,     // keys[i]: children[i]
  negation,   // !children[0]
  equal,
  not_equal,
  both,         // &&
  either,       // ||
  conditional,  // children[0] ? children[1] : children[2]
  call          // function(children)
};

enum class Root : std::uint8_t { variable, local, link, resource, each };
/// "var", "local", ... as they are written.
std::string_view root_word(Root root);

struct Expression {
  Operation operation = Operation::literal;
  Root root = Root::variable;
  std::uint32_t begin = 0;  // in the text of the scalar
  std::uint32_t length = 0;
  std::uint32_t name_begin = 0;
  std::uint32_t attribute_begin = 0;
  Value value;            // of a literal
  std::string name;       // of a reference, an attribute
  std::string attribute;  // of a reference to a link or resource, "" when none
  std::vector<std::string> keys;
  std::vector<ExpressionPtr> children;  // of a reference: the key in brackets, if any
  const Function* function = nullptr;
};

/// Why a text is no expression, and where.
struct SyntaxError {
  std::size_t begin = 0;
  std::size_t length = 1;
  std::string detail;
  std::string fix;
};

struct ParsedExpression {
  ExpressionPtr expression;  // null when there is an error
  std::size_t end = 0;       // behind the closing `}`, or the end of the text
  SyntaxError error;
};

/// Reads an expression from `begin` on. With `braced`, up to and with its `}`; else to the end of
/// the text.
ParsedExpression parse_expression(std::string_view text, std::size_t begin, bool braced);

}  // namespace crosstie::config
