#include "engine/config/evaluator.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/expression.hpp"
#include "engine/config/functions.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

std::vector<std::string> member_names(const Value& object) {
  std::vector<std::string> names;
  if (object.sensitive()) return names;
  for (const auto& [key, value] : object.as_object()) {
    names.push_back(key);
    if (names.size() > 1000) break;
  }
  return names;
}

class Evaluator {
 public:
  Evaluator(const Node& node, const Scope& scope) : node_(node), scope_(scope) {}

  Result<Operand> run(const Expression& e) const {
    switch (e.operation) {
      case Operation::literal:
        return Operand::borrow(e.value);
      case Operation::reference:
        return reference(e);
      case Operation::attribute:
        return attribute(e);
      case Operation::index:
        return index(e);
      case Operation::list:
        return list(e);
      case Operation::object:
        return object(e);
      case Operation::negation:
        return negation(e);
      case Operation::equal:
      case Operation::not_equal:
        return comparison(e);
      case Operation::both:
      case Operation::either:
        return logic(e);
      case Operation::conditional:
        return conditional(e);
      case Operation::call:
        return call(e);
    }
    return Operand(Value());
  }

  Diagnostic error(std::size_t begin, std::size_t length, std::string summary, std::string detail,
                   std::string fix = {}) const {
    return make_error(std::move(summary), std::move(detail), std::move(fix),
                      place_in(node_, begin, length).range());
  }
  Diagnostic error(const Expression& at, std::string summary, std::string detail,
                   std::string fix = {}) const {
    return error(at.begin, at.length, std::move(summary), std::move(detail), std::move(fix));
  }

  Result<Operand> member(const Operand& base, const std::string& name, std::size_t begin,
                         bool of_resource) const {
    const Value& value = base.get();
    if (value.is_unknown()) return unknown(value);
    if (value.is_null())
      return error(
          begin, name.size(), "attribute of nothing",
          of_resource ? "The resource does not exist, because its `when` is false; so it has no `" +
                            name + "`."
                      : "The value is null; it has no `" + name + "`.",
          "To fix it, ask first with a condition, or use try(..., null).");
    if (!value.is_object())
      return error(begin, name.size(), "attribute of a value without attributes",
                   "The value is " + describe(value) + "; only an object has attributes.");
    if (const Value* found = value.find(name)) return base.part(*found);
    return error(begin, name.size(), "object has no such attribute",
                 "The object has no attribute `" + name + "`.", suggest(name, member_names(value)));
  }

  Result<Operand> item(const Operand& base, const Value& key, const Expression& at) const {
    const Value& value = base.get();
    if (value.is_unknown()) return unknown(value, key.sensitive());
    if (key.is_unknown()) return unknown(key, value.sensitive());
    Result<Operand> found = known_item(base, key, at);
    if (found && key.sensitive() && !found->get().sensitive()) {
      Value marked = std::move(*found).take();
      return Operand(std::move(marked.mark_sensitive()));
    }
    return found;
  }

 private:
  static Operand unknown(const Value& of, bool sensitive = false) {
    Value result = Value::unknown(of.unknown_source());
    result.mark_sensitive(of.sensitive() || sensitive);
    return Operand(std::move(result));
  }

  Result<Operand> known_item(const Operand& base, const Value& key, const Expression& at) const {
    const Value& value = base.get();
    if (value.is_object()) {
      if (!key.is_string())
        return error(at, "wrong kind of index",
                     "A member of an object is taken by a string, not by " + describe(key) + ".");
      if (const Value* found = value.find(key.as_string())) return base.part(*found);
      if (key.sensitive())
        return error(at, "object has no such attribute",
                     "The object has no attribute of that name.");
      return error(at, "object has no such attribute",
                   "The object has no attribute `" + key.as_string() + "`.",
                   suggest(key.as_string(), member_names(value)));
    }
    if (value.is_list()) {
      if (!key.is_integer())
        return error(at, "wrong kind of index",
                     "An item of a list is taken by a whole number, not by " + describe(key) + ".");
      const Value::List& list = value.as_list();
      const std::int64_t index = key.as_integer();
      if (index < 0 || static_cast<std::size_t>(index) >= list.size())
        return error(at, "index is outside the list",
                     "The list has " + std::to_string(list.size()) +
                         (list.size() == 1 ? " item, counted from 0." : " items, counted from 0."));
      return base.part(list[static_cast<std::size_t>(index)]);
    }
    return error(at, "index into a value without items",
                 "The value is " + describe(value) + "; only lists and objects have items.");
  }

  Result<Operand> reference(const Expression& e) const {
    const bool has_key = !e.children.empty();
    Value key;
    if (has_key) {
      Result<Operand> evaluated = run(*e.children.front());
      if (!evaluated) return evaluated;
      key = std::move(*evaluated).take();
    }
    Result<Operand> base = scope_.get(e, has_key ? &key : nullptr, node_);
    if (!base || e.attribute.empty() || e.root == Root::link) return base;
    return member(*base, e.attribute, e.attribute_begin, true);
  }

  Result<Operand> attribute(const Expression& e) const {
    Result<Operand> base = run(*e.children.front());
    if (!base) return base;
    return member(*base, e.name, e.name_begin, false);
  }

  Result<Operand> index(const Expression& e) const {
    Result<Operand> base = run(*e.children[0]);
    if (!base) return base;
    Result<Operand> key = run(*e.children[1]);
    if (!key) return key;
    return item(*base, key->get(), e);
  }

  Result<Operand> list(const Expression& e) const {
    Value::List out;
    out.reserve(e.children.size());
    for (const ExpressionPtr& child : e.children) {
      Result<Operand> value = run(*child);
      if (!value) return value;
      out.push_back(std::move(*value).take());
    }
    return Operand(Value(std::move(out)));
  }

  Result<Operand> object(const Expression& e) const {
    Value::Object out;
    for (std::size_t i = 0; i < e.children.size(); ++i) {
      Result<Operand> value = run(*e.children[i]);
      if (!value) return value;
      out.insert_or_assign(e.keys[i], std::move(*value).take());
    }
    return Operand(Value(std::move(out)));
  }

  /// The operand of a logical operator: bool or unknown, everything else is an error.
  Result<Operand> truth(const Expression& e) const {
    Result<Operand> value = run(e);
    if (!value || value->get().is_bool() || value->get().is_unknown()) return value;
    return error(e, "condition is not true or false",
                 "The value is " + describe(value->get()) + ".",
                 "To fix it, compare it with == or !=.");
  }

  Result<Operand> negation(const Expression& e) const {
    Result<Operand> value = truth(*e.children.front());
    if (!value || value->get().is_unknown()) return value;
    Value result(!value->get().as_bool());
    return Operand(std::move(result.mark_sensitive(value->get().sensitive())));
  }

  Result<Operand> comparison(const Expression& e) const {
    Result<Operand> left = run(*e.children[0]);
    if (!left) return left;
    Result<Operand> right = run(*e.children[1]);
    if (!right) return right;
    const bool sensitive = left->get().contains_sensitive() || right->get().contains_sensitive();
    for (const Operand* side : {&*left, &*right})
      if (side->get().contains_unknown())
        return Operand(
            std::move(Value::unknown(side->get().first_unknown()).mark_sensitive(sensitive)));
    const bool same = left->get() == right->get();
    Value result(e.operation == Operation::equal ? same : !same);
    return Operand(std::move(result.mark_sensitive(sensitive)));
  }

  Result<Operand> logic(const Expression& e) const {
    const bool decides = e.operation == Operation::either;
    Result<Operand> left = truth(*e.children[0]);
    if (!left || left->get().is_unknown() || left->get().as_bool() == decides) return left;
    Result<Operand> right = truth(*e.children[1]);
    if (!right || !left->get().sensitive()) return right;
    Value result = std::move(*right).take();
    return Operand(std::move(result.mark_sensitive()));
  }

  Result<Operand> conditional(const Expression& e) const {
    Result<Operand> condition = truth(*e.children[0]);
    if (!condition || condition->get().is_unknown()) return condition;
    Result<Operand> chosen = run(*e.children[condition->get().as_bool() ? 1 : 2]);
    if (!chosen || !condition->get().sensitive()) return chosen;
    Value result = std::move(*chosen).take();
    return Operand(std::move(result.mark_sensitive()));
  }

  Result<Operand> call(const Expression& e) const {
    if (e.function->marks == Marks::chooses)
      return e.function->name == "try" ? first_that_works(e) : first_given(e);
    std::vector<Value> arguments;
    arguments.reserve(e.children.size());
    for (const ExpressionPtr& child : e.children) {
      Result<Operand> value = run(*child);
      if (!value) return value;
      arguments.push_back(std::move(*value).take());
    }
    bool sensitive = false;
    const Value* missing = nullptr;
    for (std::size_t i = 0; i < std::min(arguments.size(), e.function->marked); ++i) {
      const bool whole = e.function->marks == Marks::whole;
      const Value& value = arguments[i];
      sensitive |= whole ? value.contains_sensitive() : value.sensitive();
      if (missing == nullptr && (whole ? value.contains_unknown() : value.is_unknown()))
        missing = &value;
    }
    if (missing != nullptr)
      return Operand(std::move(Value::unknown(missing->first_unknown()).mark_sensitive(sensitive)));
    Outcome outcome = e.function->run(
        arguments, [this](const std::string& path) { return scope_.read_file(path); });
    if (!outcome.problem.empty())
      return error(e, "function cannot be computed",
                   "In " + std::string(e.function->name) + "(): " + outcome.problem);
    if (sensitive) outcome.value.mark_sensitive();
    return Operand(std::move(outcome.value));
  }

  Result<Operand> first_that_works(const Expression& e) const {
    std::string last;
    for (const ExpressionPtr& child : e.children) {
      Result<Operand> value = run(*child);
      if (value) return value;
      last = value.failure().front().detail;
    }
    return error(e, "function cannot be computed",
                 "In try(): no argument could be computed. The last one: " + last);
  }

  /// Terraform's coalesce skips nulls and empty strings.
  Result<Operand> first_given(const Expression& e) const {
    for (const ExpressionPtr& child : e.children) {
      Result<Operand> value = run(*child);
      if (!value) return value;
      const Value& v = value->get();
      if (!v.is_null() && !(v.is_string() && v.as_string().empty())) return value;
    }
    return error(e, "function cannot be computed",
                 "In coalesce(): every argument is null or an empty string.");
  }

  const Node& node_;
  const Scope& scope_;
};

/// The parts of a scalar joined as text.
Result<Value> evaluate_text(const Template& parsed, const Evaluator& evaluator) {
  std::string out;
  std::optional<std::string> waits_for;
  bool sensitive = false;
  for (const Template::Part& part : parsed.parts) {
    if (part.expression == nullptr) {
      out += part.text;
      continue;
    }
    Result<Operand> value = evaluator.run(*part.expression);
    if (!value) return std::move(value.failure());
    const Value& v = value->get();
    sensitive |= v.contains_sensitive();
    if (v.is_unknown()) {
      if (!waits_for) waits_for = v.unknown_source();
    } else if (v.is_string()) {
      out += v.as_string();
    } else if (v.is_number()) {
      out += print_number(v);
    } else if (v.is_bool()) {
      out += v.as_bool() ? "true" : "false";
    } else {
      return evaluator.error(*part.expression, "value cannot be part of a text",
                             "The expression gives " + describe(v) + ", which has no form as text.",
                             v.is_null() ? "To fix it, use coalesce(..., \"default\")."
                                         : "To fix it, use join() or jsonencode().");
    }
    if (out.size() > kFunctionTextBytesMax)
      return evaluator.error(
          *part.expression, "text is too long",
          "The text gets longer than " + std::to_string(kFunctionTextBytesMax) + " bytes.");
  }
  Value result = waits_for ? Value::unknown(*waits_for) : Value(std::move(out));
  result.mark_sensitive(sensitive);
  return result;
}

}  // namespace

Result<Operand> evaluate_expression(const Expression& expression, const Node& node,
                                    const Scope& scope) {
  return Evaluator(node, scope).run(expression);
}

Result<Operand> take_index(const Operand& base, const Value& key, const Expression& expression,
                           const Node& node) {
  struct None final : Scope {
    Result<Operand> get(const Expression&, const Value*, const Node&) const override {
      return Operand(Value());
    }
    Outcome read_file(const std::string&) const override { return Value(); }
  };
  const None none;
  return Evaluator(node, none).item(base, key, expression);
}

Result<Value> evaluate_node(const Node& node, const Scope& scope) {
  if (!node.templated) return to_value(node);
  if (node.is_scalar()) {
    if (node.parsed == nullptr) return Value::unknown("");
    const Evaluator evaluator(node, scope);
    if (!node.parsed->whole()) return evaluate_text(*node.parsed, evaluator);
    Result<Operand> value = evaluator.run(*node.parsed->parts.front().expression);
    if (!value) return std::move(value.failure());
    return std::move(*value).take();
  }
  Diagnostics errors;
  Value::List list;
  Value::Object object;
  for (const Entry& entry : node.entries) {
    Result<Value> value = evaluate_node(*entry.value, scope);
    if (!value)
      append(errors, value.failure());
    else if (node.is_mapping())
      object.emplace_hint(object.end(), entry.key, std::move(*value));
    else
      list.push_back(std::move(*value));
  }
  if (!errors.empty()) return errors;
  return node.is_mapping() ? Value(std::move(object)) : Value(std::move(list));
}

}  // namespace crosstie::config
