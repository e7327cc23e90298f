#include "engine/config/loaded.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "engine/config/configuration.hpp"
#include "engine/config/evaluator.hpp"
#include "engine/config/module.hpp"
#include "engine/config/schema_check.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {

Result<Value> evaluate_condition(const Node& node, const Scope& scope, std::string_view what) {
  Result<Value> value = evaluate_node(node, scope);
  if (!value || value->is_bool() || value->is_unknown()) return value;
  return make_error("condition is not true or false",
                    "`" + std::string(what) + "` gives " + describe(*value) + ".",
                    "To fix it, compare it with == or !=.", node.where.range());
}

std::optional<Diagnostics> check_condition(const ConditionShape& condition, const Scope& scope,
                                           std::string_view what) {
  Result<Value> holds = evaluate_condition(*condition.condition, scope, "condition");
  if (!holds) return holds.failure();
  if (holds->is_unknown() || holds->as_bool()) return std::nullopt;
  Result<Value> message = evaluate_node(*condition.message, scope);
  if (!message) return message.failure();
  // A message that holds a secret is not shown.
  const bool shown = message->is_string() && !message->contains_sensitive();
  return Diagnostics{make_error(std::string(what) + " does not hold",
                                shown ? message->as_string() : "The condition is false.", {},
                                condition.where.range())};
}

Result<Value> evaluate_instance(const Instance& instance, const Scope& scope) {
  Diagnostics errors;
  Value::Object out;
  const ResourceSchema& schema = *instance.shape->schema;
  for (const Entry* entry : instance.shape->arguments) {
    const AttributeSchema* attribute = schema.find(entry->key);
    Result<Value> value = evaluate_node(*entry->value, scope);
    if (!value) {
      append(errors, value.failure());
      continue;
    }
    if (attribute == nullptr) continue;
    // Literal arguments were checked when the file was read.
    if (entry->value->templated) check_value(*attribute, *value, *entry->value, errors);
    if (value->is_null()) {
      if (attribute->required && entry->value->templated)
        errors.push_back(make_error(
            "argument is missing",
            "`" + schema.type + "` needs `" + attribute->name + "`, but the expression gives null.",
            {}, entry->value->where.range()));
      continue;
    }
    if (attribute->sensitive) value->mark_sensitive();
    out.emplace_hint(out.end(), entry->key, std::move(*value));
  }
  if (!errors.empty()) return errors;
  return Value(std::move(out));
}

Result<Value> Loaded::evaluate_when(const ResourceConfig& resource,
                                    const AttributeLookup& lookup) const {
  const Instance& instance = instances.at(resource.index);
  if (instance.parts == nullptr && instance.shape->when == nullptr) return Value(true);
  Result<Value> value =
      instance.parts != nullptr
          ? evaluate_shared_when(world, *instance.parts, lookup)
          : evaluate_condition(*instance.shape->when,
                               ModuleScope(world, *instance.module, instance.each, &lookup),
                               "when");
  if (!value) return with_address(std::move(value.failure()), resource.address.print());
  return value;
}

Result<Value> Loaded::evaluate_arguments(const ResourceConfig& resource,
                                         const AttributeLookup& lookup) const {
  const Instance& instance = instances.at(resource.index);
  if (instance.parts != nullptr) {
    Result<Value> united = evaluate_shared(world, *instance.parts, &lookup);
    if (!united) return with_address(std::move(united.failure()), resource.address.print());
    return united;
  }
  const ModuleScope scope(world, *instance.module, instance.each, &lookup);
  Diagnostics errors;
  if (instance.shape->extras)
    for (const ConditionShape& condition : instance.shape->extras->preconditions)
      if (auto failure = check_condition(condition, scope, "precondition"))
        append(errors, *failure);
  Result<Value> value = evaluate_instance(instance, scope);
  if (!value) append(errors, value.failure());
  if (!errors.empty()) return with_address(std::move(errors), resource.address.print());
  return value;
}

Result<Value> Loaded::evaluate_output(const OutputConfig& output,
                                      const AttributeLookup& lookup) const {
  const Module& root = modules.front();
  const OutputShape* found = root.shape->output(output.name);
  if (found == nullptr)
    return make_error("unknown output", "There is no output `" + output.name + "`.",
                      suggest(output.name, names_of(root.shape->outputs)));
  Result<Operand> value = ModuleScope(world, root, nullptr, &lookup).output(*found);
  if (!value) return std::move(value.failure());
  Value result = std::move(*value).take();
  if (output.sensitive) result.mark_sensitive();
  return result;
}

}  // namespace crosstie::config
