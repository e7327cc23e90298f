// The language between `${` and `}`: parsed by itself, and parsed and evaluated as a scalar of a
// file.
#include "engine/config/expression.hpp"

#include <map>

#include "engine/config/evaluator.hpp"
#include "engine/config/template.hpp"
#include "fuzz/diagnostics.hpp"

namespace crosstie::fuzz {
namespace {

using namespace config;

class FixedScope final : public Scope {
 public:
  FixedScope() {
    values_["later"] = Value::unknown("resource.later");
    values_["secret"] = std::move(Value("hidden").mark_sensitive());
    values_["map"] =
        Value(Value::Object{{"a", 1}, {"b.c", "two"}, {"later", Value::unknown("resource.later")}});
    values_["list"] = Value(Value::List{"x", "y", 3, 2.5, true, Value()});
    values_["text"] = "text";
  }
  Result<Operand> get(const Expression& reference, const Value* /*key*/,
                      const Node& /*node*/) const override {
    const auto found = values_.find(reference.name);
    return found == values_.end() ? Operand(Value::unknown("")) : Operand::borrow(found->second);
  }
  Outcome read_file(const std::string& path) const override {
    return path == "a.txt" ? Outcome(Value("content")) : Outcome::fail("No such file.");
  }

 private:
  std::map<std::string, Value> values_;
};

void parse_alone(std::string_view text, bool braced) {
  const ParsedExpression parsed = parse_expression(text, 0, braced);
  if (parsed.expression == nullptr) {
    require(!parsed.error.detail.empty(), "a syntax error says what is wrong");
    require(parsed.error.begin <= text.size(), "a syntax error points into the text");
    return;
  }
  require(parsed.end <= text.size(), "an expression ends inside the text");
  visit_expression(*parsed.expression, [&](const Expression& one) {
    require(std::size_t{one.begin} + one.length <= text.size(), "every part lies inside the text");
  });
}

}  // namespace

void expression(std::string_view input) {
  parse_alone(input, false);
  parse_alone(input, true);
  std::string scalar = "'";
  for (const char c : input) scalar += c == '\'' ? "''" : std::string(1, c);
  Diagnostics errors;
  const auto document = parse_yaml("fuzz.yaml", scalar + "'\n", errors);
  if (document->root == nullptr) return check_diagnostics(errors);
  compile_templates(*document, errors);
  if (!errors.empty()) return check_diagnostics(errors);
  static const FixedScope kScope;
  const Result<Value> value = evaluate_node(*document->root, kScope);
  if (!value) return check_diagnostics(value.failure());
  (void)to_shown_json(*value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace crosstie::fuzz
