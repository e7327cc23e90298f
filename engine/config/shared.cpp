// Resources that several links have in common: the keys that say so, and one set of arguments from
// those of every link.
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/evaluator.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/module.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/unite.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

constexpr std::size_t kShareKeyMax = 256;   // characters
constexpr std::size_t kShownValueMax = 60;  // bytes of a value in a message

/// A blueprint's line stands for every link that uses it, so the link is told too.
void name_link(Diagnostic& error, const Module& module) {
  if (!blame_link(error, module)) error.detail += " It is so in " + module.print_link() + ".";
}

class KeyReader {
 public:
  explicit KeyReader(Loading& loading) : loading_(loading) {}

  void run() {
    for (Module& module : loading_.loaded.modules)
      for (ResourceGroup& group : module.groups) {
        if (group.shape->share == nullptr || group.shape->schema == nullptr) continue;
        group.shared_key = key_of(module, *group.shape);
        if (!group.shared_key) group.failed = true;
      }
  }

 private:
  std::optional<std::string> key_of(const Module& module, const ResourceShape& shape) {
    Result<Value> value = evaluate_node(*shape.share, ModuleScope(loading_.loaded.world, module));
    if (!value) {
      for (Diagnostic& error : value.failure()) tell(std::move(error), module, shape);
      return std::nullopt;
    }
    if (std::optional<Diagnostic> error = why_no_key(*value, shape)) {
      if (!error->summary.empty()) tell(std::move(*error), module, shape);
      return std::nullopt;
    }
    const std::string connection = connection_of(loading_, module, shape);
    const bool is_default = connection == shape.type.substr(0, shape.type.find('.'));
    return is_default ? value->as_string() : connection + ":" + value->as_string();
  }

  /// Without a summary: what is wrong is told elsewhere.
  static std::optional<Diagnostic> why_no_key(const Value& value, const ResourceShape& shape) {
    const Place& where =
        shape.share->kind == NodeKind::null ? shape.share_where : shape.share->where;
    if (value.contains_unknown()) {
      const std::string source = value.first_unknown();
      bool told = source == "(unknown)";  // of an error in the value itself
      visit_references(*shape.share, [&](const Node&, const Expression& reference) {
        told |= reference.root == Root::resource;
      });
      if (told) return Diagnostic{};
      return make_error(
          "share key depends on a resource",
          "The key must be known before any resource, but it waits for " + source + ".",
          "To fix it, use inputs that the configuration gives from variables and "
          "locals.",
          where.range());
    }
    if (value.contains_sensitive())
      return make_error("share key is sensitive", "The key would be shown in addresses.",
                        "To fix it, take the key from a value that is not sensitive.",
                        where.hidden_range());
    const std::size_t size = value.is_string() ? code_points(value.as_string()).size() : 0;
    if (size >= 1 && size <= kShareKeyMax) return std::nullopt;
    const std::string given = !value.is_string() ? describe(value)
                              : size == 0        ? "an empty one"
                                                 : "one of " + std::to_string(size);
    return make_error("share key is not valid",
                      "`share` must give a string of 1 to " + std::to_string(kShareKeyMax) +
                          " characters, not " + given + ".",
                      "To fix it, name what the links have in common, like "
                      "\"${local.namespace}/${local.cluster}\".",
                      where.range());
  }

  void tell(Diagnostic error, const Module& module, const ResourceShape& shape) {
    name_link(error, module);
    if (error.address.empty()) error.address = module.address(shape, nullptr).print();
    loading_.errors.push_back(std::move(error));
  }

  Loading& loading_;
};

/// A value in a sentence: a short one itself, else its kind.
std::string words_for(const Value* value) {
  if (value == nullptr) return "nothing";
  if (value->contains_sensitive() || value->is_list() || value->is_object())
    return describe(*value);
  const std::string text = to_shown_json(*value).dump();
  return text.size() <= kShownValueMax ? "`" + text + "`" : describe(*value);
}

Diagnostic told(const Disagreement& one, const ResourceSchema& schema,
                const std::vector<const Module*>& links, const std::vector<Value>& arguments) {
  const Value* before = arguments[one.first].at(one.path);
  const Value* after = arguments[one.second].at(one.path);
  const std::string first = links[one.first]->print_link();
  const std::string second = links[one.second]->print_link();
  const auto* name = std::get_if<std::string>(&one.path.front().step);
  const AttributeSchema* attribute = name == nullptr ? nullptr : schema.find(*name);
  const bool hidden = attribute != nullptr && attribute->sensitive;
  std::string was = words_for(before);
  std::string is = words_for(after);
  if (hidden || was == is) {
    was = "one value";
    is = "another";
  }
  return make_error(std::string(kLinksDisagree),
                    "`" + print_path(one.path) + "` is " + was + " for " + first + " and " + is +
                        " for " + second + ", and there can be only one.",
                    "To fix it, give both links inputs that lead to one value. Links that need "
                    "different ones cannot share this: in a blueprint of your own, give it another "
                    "`share` key.",
                    links[one.second]->link_where.range());
}

}  // namespace

void resolve_shares(Loading& loading) { KeyReader(loading).run(); }

Result<Value> evaluate_shared_when(const World& world, const std::vector<Instance>& parts,
                                   const AttributeLookup& lookup) {
  Value any(false);
  for (const Instance& part : parts) {
    if (part.shape->when == nullptr) {
      any = Value(true);
      continue;
    }
    Result<Value> when = evaluate_condition(
        *part.shape->when, ModuleScope(world, *part.module, nullptr, &lookup), "when");
    if (!when) {
      for (Diagnostic& error : when.failure()) name_link(error, *part.module);
      return when;
    }
    // Its arguments may belong to the whole or not: nothing can be said before.
    if (when->is_unknown()) return when;
    if (when->as_bool()) any = std::move(*when);
  }
  return any;
}

Result<Value> evaluate_shared(const World& world, const std::vector<Instance>& parts,
                              const AttributeLookup* lookup) {
  Diagnostics errors;
  std::vector<const Module*> links;
  std::vector<Value> arguments;
  const auto fail = [&errors](Diagnostics failure, const Module& module) {
    for (Diagnostic& error : failure) {
      name_link(error, module);
      errors.push_back(std::move(error));
    }
  };
  for (const Instance& part : parts) {
    const Module& module = *part.module;
    const ModuleScope scope(world, module, nullptr, lookup);
    bool takes_part = true;
    if (part.shape->when != nullptr) {
      Result<Value> when = evaluate_condition(*part.shape->when, scope, "when");
      if (!when) {
        fail(std::move(when.failure()), module);
        continue;
      }
      takes_part = when->is_bool() && when->as_bool();
      if (when->is_bool() && !takes_part) continue;
      if (when->is_unknown() && lookup != nullptr) {
        fail({make_error("condition is not known yet",
                         "Its `when` waits for " + when->first_unknown() + ".", {},
                         part.shape->when->where.range())},
             module);
        continue;
      }
    }
    if (part.shape->extras)
      for (const ConditionShape& condition : part.shape->extras->preconditions)
        if (auto failure = check_condition(condition, scope, "precondition"))
          fail(std::move(*failure), module);
    Result<Value> value = evaluate_instance(part, scope);
    if (!value) {
      fail(std::move(value.failure()), module);
    } else if (takes_part) {
      links.push_back(&module);
      arguments.push_back(std::move(*value));
    }
  }
  if (!errors.empty()) return errors;
  if (arguments.empty()) return Value(Value::Object{});
  const ResourceSchema& schema = *parts.front().shape->schema;
  United united = unite_arguments(schema, arguments);
  for (const Disagreement& one : united.disagreements)
    errors.push_back(told(one, schema, links, arguments));
  if (!errors.empty()) return errors;
  return std::move(united.value);
}

}  // namespace crosstie::config
