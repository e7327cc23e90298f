#pragma once
// Values of nodes and expressions. Names are resolved by a Scope; the marks unknown and sensitive
// travel as values.hpp says.
#include "engine/config/expression.hpp"
#include "engine/config/functions.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {

/// A value, or a look at one that lives longer than the evaluation: so that `var.big["x"]` does not
/// copy all of it.
class Operand {
 public:
  Operand(Value value) : owned_(std::move(value)) {}  // NOLINT: implicit on purpose
  static Operand borrow(const Value& value) {
    Operand operand{Value()};
    operand.borrowed_ = &value;
    return operand;
  }
  const Value& get() const { return borrowed_ != nullptr ? *borrowed_ : owned_; }
  Value take() && {
    if (borrowed_ != nullptr) return *borrowed_;
    return std::move(owned_);
  }
  /// The part at `member`, which must be a part of get().
  Operand part(const Value& member) const {
    if (borrowed_ != nullptr && !borrowed_->sensitive()) return borrow(member);
    Operand copy{member};
    if (get().sensitive()) copy.owned_.mark_sensitive();
    return copy;
  }

 private:
  Value owned_;
  const Value* borrowed_ = nullptr;
};

/// What names mean at one place of the configuration.
class Scope {
 public:
  virtual ~Scope() = default;
  /// Value of a reference; `key` is the evaluated key in brackets of `resource.x[key]` and
  /// `link.x[key]`, null pointer when there is none. The attribute of a link is applied, that of a
  /// resource is left to the evaluator. `node` holds the expression.
  virtual Result<Operand> get(const Expression& reference, const Value* key,
                              const Node& node) const = 0;
  virtual Outcome read_file(const std::string& path) const = 0;
};

/// Value of a YAML tree with its expressions evaluated. A broken expression, reported when it was
/// parsed, is unknown.
Result<Value> evaluate_node(const Node& node, const Scope& scope);

/// Value of one expression that stands in the scalar `node`.
Result<Operand> evaluate_expression(const Expression& expression, const Node& node,
                                    const Scope& scope);

/// `base[key]` for a scope that applies keys by itself; errors point at `expression`.
Result<Operand> take_index(const Operand& base, const Value& key, const Expression& expression,
                           const Node& node);

}  // namespace crosstie::config
