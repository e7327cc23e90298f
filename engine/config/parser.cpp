// Recursive descent over the words of lexer.hpp; one function for each level of binding, loosest
// first.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/config/expression.hpp"
#include "engine/config/functions.hpp"
#include "engine/config/lexer.hpp"
#include "engine/config/text.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

using Node = std::unique_ptr<Expression>;

class Parser {
 public:
  Parser(std::string_view text, std::size_t begin) : text_(text), lexer_(text, begin) { advance(); }

  ParsedExpression run(bool braced) {
    ParsedExpression result;
    Node expression = conditional();
    if (expression && braced && !is("}")) {
      expression = current_.kind == TokenKind::end
                       ? fail_at_end("The `${` is never closed.",
                                     "To fix it, end the expression with `}`; for the two "
                                     "characters themselves write $${.")
                       : unexpected("`}` or an operator");
    } else if (expression && !braced && current_.kind != TokenKind::end) {
      expression = unexpected("the end or an operator");
    }
    result.end = braced ? current_.end : text_.size();
    result.expression = std::move(expression);
    result.error = error_;
    return result;
  }

 private:
  /// Counts the depth of nested calls, so that hostile text cannot exhaust the stack.
  struct Level {
    explicit Level(int& at) : depth(at) { ++depth; }
    ~Level() { --depth; }
    int& depth;
  };

  void advance() {
    last_end_ = current_.end;
    current_ = lexer_.next();
  }
  bool is(std::string_view symbol) const {
    return current_.kind == TokenKind::symbol && current_.text == symbol;
  }
  bool take(std::string_view symbol) {
    if (!is(symbol)) return false;
    advance();
    return true;
  }

  Node fail(std::size_t begin, std::size_t length, std::string detail, std::string fix = {}) {
    if (error_.detail.empty())
      error_ = {begin, std::max<std::size_t>(length, 1), std::move(detail), std::move(fix)};
    return nullptr;
  }
  Node fail_at_end(std::string detail, std::string fix) {
    return fail(text_.empty() ? 0 : text_.size() - 1, 1, std::move(detail), std::move(fix));
  }
  Node unexpected(std::string_view wanted) {
    if (current_.kind == TokenKind::bad) {
      const SyntaxError& e = lexer_.error();
      return fail(e.begin, e.length, e.detail, e.fix);
    }
    if (current_.kind == TokenKind::end)
      return fail_at_end("The expression ends where " + std::string(wanted) + " is expected.", {});
    std::string written(
        text_.substr(current_.begin, std::min<std::size_t>(current_.end - current_.begin, 40)));
    return fail(current_.begin, current_.end - current_.begin,
                "`" + written + "` stands where " + std::string(wanted) + " is expected.");
  }

  Node make(Operation operation, std::size_t begin) {
    auto node = std::make_unique<Expression>();
    node->operation = operation;
    node->begin = static_cast<std::uint32_t>(begin);
    return node;
  }
  Node finish(Node node) {
    node->length = static_cast<std::uint32_t>(last_end_ - node->begin);
    return node;
  }

  Node conditional() {
    const Level level(depth_);
    if (depth_ > kExpressionDepthMax)
      return fail(current_.begin, 1,
                  "The expression is nested more than " + std::to_string(kExpressionDepthMax) +
                      " levels deep.",
                  "To fix it, move parts of it into `locals`.");
    Node condition = binary(0);
    if (!condition || !take("?")) return condition;
    Node node = make(Operation::conditional, condition->begin);
    node->children.push_back(std::move(condition));
    Node yes = conditional();
    if (!yes) return nullptr;
    if (!take(":")) return unexpected("`:`");
    Node no = conditional();
    if (!no) return nullptr;
    node->children.push_back(std::move(yes));
    node->children.push_back(std::move(no));
    return finish(std::move(node));
  }

  /// 0: ||, 1: &&, 2: == and !=, 3: unary.
  Node binary(int binding) {
    if (binding == 3) return unary();
    Node left = binary(binding + 1);
    int operators = 0;
    while (left && binds(binding)) {
      // A chain grows the tree to the left, which is walked recursively as well.
      if (++operators > kExpressionDepthMax)
        return fail(
            current_.begin, 2,
            "More than " + std::to_string(kExpressionDepthMax) + " operators stand in a row.",
            "To fix it, use contains([...], value), or move parts into `locals`.");
      const Operation operation = current_.text == "||"   ? Operation::either
                                  : current_.text == "&&" ? Operation::both
                                  : current_.text == "==" ? Operation::equal
                                                          : Operation::not_equal;
      advance();
      Node right = binary(binding + 1);
      if (!right) return nullptr;
      Node node = make(operation, left->begin);
      node->children.push_back(std::move(left));
      node->children.push_back(std::move(right));
      left = finish(std::move(node));
    }
    return left;
  }
  bool binds(int binding) const {
    return binding == 0 ? is("||") : binding == 1 ? is("&&") : is("==") || is("!=");
  }

  Node unary() {
    if (!is("!")) return postfix();
    const Level level(depth_);
    if (depth_ > kExpressionDepthMax)
      return fail(current_.begin, 1, "Too many `!` stand in a row.");
    Node node = make(Operation::negation, current_.begin);
    advance();
    Node operand = unary();
    if (!operand) return nullptr;
    node->children.push_back(std::move(operand));
    return finish(std::move(node));
  }

  Node postfix() {
    Node node = primary();
    int steps = 0;
    while (node && (is(".") || is("["))) {
      if (++steps > kExpressionDepthMax) return fail(current_.begin, 1, "The path is too long.");
      const bool dot = is(".");
      advance();
      node = dot ? attribute(std::move(node)) : index(std::move(node));
    }
    return node;
  }

  Node attribute(Node base) {
    const std::size_t begin = current_.begin;
    if (current_.kind == TokenKind::integer && current_.text[0] != '-')
      return fail(begin, current_.end - begin, "An item of a list is taken with brackets.",
                  "To fix it, write [" + current_.text + "].");
    if (current_.kind != TokenKind::name) return unexpected("a name after the dot");
    std::string name = current_.text;
    advance();
    const bool of_reference = base->operation == Operation::reference &&
                              (base->root == Root::resource || base->root == Root::link);
    if (of_reference && base->attribute.empty()) {
      base->attribute = std::move(name);
      base->attribute_begin = static_cast<std::uint32_t>(begin);
      return finish(std::move(base));
    }
    Node node = make(Operation::attribute, base->begin);
    node->name = std::move(name);
    node->name_begin = static_cast<std::uint32_t>(begin);
    node->children.push_back(std::move(base));
    return finish(std::move(node));
  }

  Node index(Node base) {
    Node key = conditional();
    if (!key) return nullptr;
    if (!take("]")) return unexpected("`]`");
    const bool of_reference = base->operation == Operation::reference &&
                              (base->root == Root::resource || base->root == Root::link);
    if (of_reference && base->attribute.empty() && base->children.empty()) {
      base->children.push_back(std::move(key));
      return finish(std::move(base));
    }
    Node node = make(Operation::index, base->begin);
    node->children.push_back(std::move(base));
    node->children.push_back(std::move(key));
    return finish(std::move(node));
  }

  Node primary() {
    const Token token = current_;
    switch (token.kind) {
      case TokenKind::string:
        advance();
        return literal(token, Value(token.text));
      case TokenKind::integer:
      case TokenKind::real:
        return number(token);
      case TokenKind::name:
        return named(token);
      case TokenKind::symbol:
        if (is("(")) return parenthesis();
        if (is("[")) return list();
        if (is("{")) return object();
        return unexpected("a value");
      default:
        return unexpected("a value");
    }
  }

  Node literal(const Token& token, Value value) {
    Node node = make(Operation::literal, token.begin);
    node->value = std::move(value);
    return finish(std::move(node));
  }

  Node number(const Token& token) {
    advance();
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    std::int64_t integer = 0;
    double real = 0;
    const auto parsed = token.kind == TokenKind::integer ? std::from_chars(begin, end, integer)
                                                         : std::from_chars(begin, end, real);
    if (parsed.ec != std::errc())
      return fail(token.begin, token.text.size(), "The number does not fit into 64 bits.");
    return literal(token, token.kind == TokenKind::integer ? Value(integer) : Value(real));
  }

  Node parenthesis() {
    advance();
    Node inner = conditional();
    if (!inner) return nullptr;
    return take(")") ? std::move(inner) : unexpected("`)`");
  }

  Node list() {
    Node node = make(Operation::list, current_.begin);
    advance();
    while (!is("]")) {
      Node item = conditional();
      if (!item) return nullptr;
      node->children.push_back(std::move(item));
      if (!take(",") && !is("]")) return unexpected("`,` or `]`");
    }
    advance();
    return finish(std::move(node));
  }

  Node object() {
    Node node = make(Operation::object, current_.begin);
    advance();
    while (!is("}")) {
      const bool key = current_.kind == TokenKind::name || current_.kind == TokenKind::string ||
                       current_.kind == TokenKind::integer;
      if (!key) return unexpected("a key");
      for (const std::string& other : node->keys)
        if (other == current_.text)
          return fail(current_.begin, current_.end - current_.begin,
                      "The key `" + other + "` is written twice.");
      node->keys.push_back(current_.text);
      advance();
      if (!take(":") && !take("=")) return unexpected("`:`");
      Node value = conditional();
      if (!value) return nullptr;
      node->children.push_back(std::move(value));
      if (!take(",") && !is("}")) return unexpected("`,` or `}`");
    }
    advance();
    return finish(std::move(node));
  }

  Node named(const Token& token) {
    advance();
    if (token.text == "true" || token.text == "false")
      return literal(token, Value(token.text == "true"));
    if (token.text == "null") return literal(token, Value());
    if (is("(")) return call(token);
    static constexpr Root kRoots[] = {Root::variable, Root::local, Root::link, Root::resource,
                                      Root::each};
    for (const Root root : kRoots)
      if (token.text == root_word(root)) return reference(token, root);
    std::vector<std::string> words{"true", "false", "null", "each"};
    for (const Root root : kRoots) words.emplace_back(root_word(root));
    const std::string near = did_you_mean(token.text, words);
    return fail(
        token.begin, token.text.size(),
        "`" + token.text +
            "` is no value; references begin with var., local., link., resource. or each.",
        near.empty()
            ? "To fix it, put text into quotes; for the two characters ${ themselves write $${."
            : "Did you mean `" + near + "`?");
  }

  Node reference(const Token& token, Root root) {
    if (!take("."))
      return fail(token.begin, token.text.size(),
                  "`" + token.text + "` alone has no value; a name follows it, as in " +
                      token.text + ".name.");
    if (current_.kind != TokenKind::name) return unexpected("a name after the dot");
    Node node = make(Operation::reference, token.begin);
    node->root = root;
    node->name = current_.text;
    node->name_begin = static_cast<std::uint32_t>(current_.begin);
    advance();
    return finish(std::move(node));
  }

  Node call(const Token& token) {
    const Function* function = find_function(token.text);
    if (function == nullptr)
      return fail(token.begin, token.text.size(), "There is no function `" + token.text + "`.",
                  suggest(token.text, function_names()));
    Node node = make(Operation::call, token.begin);
    node->function = function;
    advance();
    while (!is(")")) {
      Node argument = conditional();
      if (!argument) return nullptr;
      node->children.push_back(std::move(argument));
      if (!take(",") && !is(")")) return unexpected("`,` or `)`");
    }
    advance();
    const std::size_t given = node->children.size();
    if (given < function->least || given > function->most)
      return fail(token.begin, token.text.size(),
                  "`" + token.text + "` takes " + std::string(function->signature) + ".");
    return finish(std::move(node));
  }

  std::string_view text_;
  Lexer lexer_;
  Token current_;
  std::size_t last_end_ = 0;
  int depth_ = 0;
  SyntaxError error_;
};

}  // namespace

std::string_view root_word(Root root) {
  switch (root) {
    case Root::variable:
      return "var";
    case Root::local:
      return "local";
    case Root::link:
      return "link";
    case Root::resource:
      return "resource";
    case Root::each:
      return "each";
  }
  return "";
}

ParsedExpression parse_expression(std::string_view text, std::size_t begin, bool braced) {
  // The limit is on the expression, not on the scalar around it.
  const std::string_view seen = text.substr(0, std::min(text.size(), begin + kExpressionBytesMax));
  ParsedExpression parsed = Parser(seen, begin).run(braced);
  if (seen.size() < text.size() && (!parsed.expression || !braced))
    parsed = {nullptr,
              text.size(),
              {begin, 1,
               "The expression is longer than " + std::to_string(kExpressionBytesMax) + " bytes.",
               "To fix it, move parts of it into `locals`."}};
  return parsed;
}

}  // namespace crosstie::config
