#include "engine/config/reference_check.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/expression.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"

namespace crosstie::config {
namespace {

/// What the expressions of one place may name.
struct Rules {
  bool each = false;
  bool resources = true;
  std::string_view what;  // "a connection", for messages
};

class Checker {
 public:
  Checker(const ModuleShape& module, Diagnostics& errors) : module_(module), errors_(errors) {}

  void run() const {
    for (const VariableShape& variable : module_.variables)
      for (const ConditionShape& condition : variable.validation)
        this->condition(condition, {false, false, "a validation"});
    for (const LocalShape& local : module_.locals) node(*local.value, {});
    for (const ProviderShape& provider : module_.providers)
      if (provider.settings != nullptr)
        node(*provider.settings, {false, false, "the settings of a connection"});
    for (const LinkShape& link : module_.links) this->link(link);
    for (const ResourceShape& resource : module_.resources) this->resource(resource);
    for (const OutputShape& output : module_.outputs) node(*output.value, {});
  }

 private:
  void condition(const ConditionShape& condition, const Rules& place) const {
    node(*condition.condition, place);
    node(*condition.message, place);
  }

  void link(const LinkShape& link) const {
    const bool each = link.for_each != nullptr;
    if (each) node(*link.for_each, {false, false, "for_each"});
    if (link.alias != nullptr) node(*link.alias, {each, false, "an alias"});
    for (const Entry* input : link.inputs) node(*input->value, {each, true, {}});
  }

  void resource(const ResourceShape& resource) const {
    const bool each = resource.for_each != nullptr;
    if (each) node(*resource.for_each, {false, false, "for_each"});
    if (resource.when != nullptr) node(*resource.when, {each, true, {}});
    if (resource.share != nullptr) node(*resource.share, {false, false, "a share key"});
    for (const Entry* argument : resource.arguments) node(*argument->value, {each, true, {}});
    if (!resource.extras) return;
    for (const ConditionShape& one : resource.extras->preconditions)
      condition(one, {each, true, {}});
    for (const DependsOnShape& one : resource.extras->depends_on) {
      visit_expression(*one.reference, [&](const Expression& e) {
        if (e.operation != Operation::reference) return;
        if (&e == one.reference && e.root == Root::link)
          dependency_on_link(*one.node, e);
        else
          reference(*one.node, e, {each, true, {}});
      });
    }
  }

  void node(const Node& node, const Rules& place) const {
    visit_references(node, [&](const Node& scalar, const Expression& reference) {
      this->reference(scalar, reference, place);
    });
  }

  void fail(const Node& scalar, std::size_t begin, std::size_t length, std::string summary,
            std::string detail, std::string fix) const {
    errors_.push_back(make_error(std::move(summary), std::move(detail), std::move(fix),
                                 place_in(scalar, begin, length).range()));
  }
  void unknown(const Node& scalar, const Expression& e, std::string_view what,
               const std::vector<std::string>& names) const {
    fail(scalar, e.name_begin, e.name.size(), "reference to an unknown name",
         "There is no " + std::string(what) + " `" + e.name + "`.", suggest(e.name, names));
  }

  void reference(const Node& scalar, const Expression& e, const Rules& place) const {
    switch (e.root) {
      case Root::variable:
        if (module_.variable(e.name) == nullptr)
          unknown(scalar, e, module_.is_blueprint ? "input" : "variable",
                  names_of(module_.variables));
        return;
      case Root::local:
        if (module_.local(e.name) == nullptr)
          unknown(scalar, e, "local value", names_of(module_.locals));
        return;
      case Root::each:
        return each(scalar, e, place);
      case Root::resource:
        return resource_reference(scalar, e, place);
      case Root::link:
        return link_reference(scalar, e, place);
    }
  }

  void each(const Node& scalar, const Expression& e, const Rules& place) const {
    if (!place.each)
      fail(scalar, e.begin, e.length, "each without for_each",
           "`each` has a value only inside a resource or link that has for_each.",
           "To fix it, add for_each, or take the value from somewhere else.");
    else if (e.name != "key" && e.name != "value")
      fail(scalar, e.name_begin, e.name.size(), "reference to an unknown name",
           "`each` has only `key` and `value`.", suggest(e.name, {"key", "value"}));
  }

  void resource_reference(const Node& scalar, const Expression& e, const Rules& place) const {
    const ResourceShape* found = module_.resource(e.name);
    if (found == nullptr) return unknown(scalar, e, "resource", names_of(module_.resources));
    if (!place.resources)
      return fail(scalar, e.begin, e.length, "value must be known before any resource",
                  "In " + std::string(place.what) +
                      " no resource can be named, because its value is needed first.",
                  "To fix it, use variables and locals.");
    if (found->for_each == nullptr && !e.children.empty())
      return bracket_on_single(scalar, e, *found);
    if (e.attribute.empty()) return;
    if (found->for_each != nullptr && e.children.empty()) {
      fail(scalar, e.begin, e.length, "resource has several instances",
           "`resource." + e.name + "` has a for_each, so a key must say which one is meant.",
           "To fix it, write resource." + e.name + "[\"key\"]." + e.attribute + ".");
      return;
    }
    if (found->schema == nullptr || found->schema->attributes.empty()) return;
    if (found->schema->find(e.attribute) != nullptr) return;
    std::vector<std::string> names;
    for (const AttributeSchema& attribute : found->schema->attributes)
      names.push_back(attribute.name);
    fail(scalar, e.attribute_begin, e.attribute.size(), "unknown attribute",
         "`" + found->schema->type + "` has no attribute `" + e.attribute + "`.",
         suggest(e.attribute, names));
  }

  /// A bracket on a resource without for_each takes an attribute; what follows is free.
  void bracket_on_single(const Node& scalar, const Expression& e,
                         const ResourceShape& found) const {
    const Expression& key = *e.children.front();
    if (key.operation != Operation::literal || !key.value.is_string()) return;
    const std::string& name = key.value.as_string();
    if (found.schema == nullptr || found.schema->attributes.empty() ||
        found.schema->find(name) != nullptr)
      return;
    fail(scalar, e.begin, e.length, "resource has no instances",
         "`resource." + e.name + "` has no for_each, and `" + found.schema->type +
             "` has no attribute `" + name + "`.",
         "To fix it, leave the bracket out: resource." + e.name +
             (e.attribute.empty() ? "" : "." + e.attribute) + ".");
  }

  const LinkShape* known_link(const Node& scalar, const Expression& e) const {
    if (module_.is_blueprint) {
      fail(scalar, e.begin, e.length, "link inside a blueprint",
           "A blueprint knows only its inputs, locals and resources.",
           "To fix it, give the value by an input.");
      return nullptr;
    }
    const LinkShape* found = module_.link(e.name);
    if (found == nullptr) unknown(scalar, e, "link", names_of(module_.links));
    return found;
  }

  void link_reference(const Node& scalar, const Expression& e, const Rules&) const {
    const LinkShape* found = known_link(scalar, e);
    if (found == nullptr || found->blueprint == nullptr) return;
    const ModuleShape& inside = found->blueprint->shape;
    std::vector<std::string> names = names_of(inside.outputs);
    for (const VariableShape& input : inside.variables)
      if (inside.output(input.name) == nullptr) names.push_back(input.name);
    if (e.attribute.empty())
      return fail(scalar, e.begin, e.length, "link without an attribute",
                  "A link as a whole has no value.",
                  "To fix it, take one of its attributes: " + list_names(names) + ".");
    if (inside.output(e.attribute) == nullptr && inside.variable(e.attribute) == nullptr)
      fail(scalar, e.attribute_begin, e.attribute.size(), "unknown attribute",
           "The link `" + e.name + "` has no attribute `" + e.attribute + "`.",
           suggest(e.attribute, names));
  }

  void dependency_on_link(const Node& scalar, const Expression& e) const {
    const LinkShape* found = known_link(scalar, e);
    if (found == nullptr || found->blueprint == nullptr || e.attribute.empty()) return;
    const ModuleShape& inside = found->blueprint->shape;
    if (inside.resource(e.attribute) != nullptr || inside.output(e.attribute) != nullptr ||
        inside.variable(e.attribute) != nullptr)
      return;
    fail(scalar, e.attribute_begin, e.attribute.size(), "reference to an unknown name",
         "The link `" + e.name + "` has no resource `" + e.attribute + "`.",
         suggest(e.attribute, names_of(inside.resources)));
  }

  const ModuleShape& module_;
  Diagnostics& errors_;
};

}  // namespace

void check_references(const ModuleShape& module, Diagnostics& errors) {
  Checker(module, errors).run();
}

}  // namespace crosstie::config
