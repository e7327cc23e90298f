// Which resources an expression waits for, through locals, inputs and outputs, with the instance
// where its key is known.
#include <optional>
#include <vector>

#include "engine/config/evaluator.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/module.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/template.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/address.hpp"
#include "engine/model/result.hpp"

namespace crosstie::config {
namespace {

class Collector {
 public:
  Collector(const World& world, const Module& module, const Each* each,
            std::vector<ResourceUse>& out)
      : world_(world), module_(module), each_(each), out_(out) {}

  void node(const Node& node) const {
    visit_references(node, [&](const Node& scalar, const Expression& reference) {
      this->reference(scalar, reference, place_in(scalar, reference.begin, reference.length));
    });
  }

  void dependency(const DependsOnShape& dependency) const {
    const Expression& reference = *dependency.reference;
    const Place where = dependency.node->where;
    if (reference.root == Root::resource) return resource(*dependency.node, reference, where);
    const LinkGroup* group = link_group(world_, module_, reference.name);
    if (group == nullptr) return;
    const auto key = known_key(*dependency.node, reference);
    for (const auto& [name, module] : group->by_key) {
      if (key && *key != name) continue;
      for (const ResourceGroup& one : module->groups)
        if (reference.attribute.empty() || one.shape->name == reference.attribute)
          all_instances(*module, one, where);
      if (!reference.attribute.empty() && module->shape->resource(reference.attribute) == nullptr)
        attribute(*module, reference.attribute, where);
    }
  }

 private:
  void add(const ResourceAddress& address, const Place& where) const {
    out_.push_back({address, where});
  }

  /// The key in brackets, when it can be known without resources.
  std::optional<std::string> known_key(const Node& scalar, const Expression& reference) const {
    if (reference.children.empty()) return std::nullopt;
    const Result<Operand> key = evaluate_expression(*reference.children.front(), scalar,
                                                    ModuleScope(world_, module_, each_));
    if (!key || !key->get().is_string()) return std::nullopt;
    return key->get().as_string();
  }

  void reference(const Node& scalar, const Expression& reference, const Place& where) const {
    switch (reference.root) {
      case Root::each:
        return;
      case Root::variable: {
        const auto found = module_.inputs.find(reference.name);
        if (found != module_.inputs.end()) input(module_, found->second, where);
        return;
      }
      case Root::local:
        if (const LocalShape* found = module_.shape->local(reference.name))
          shared(module_, found->value, module_, nullptr, *found->value, where);
        return;
      case Root::resource:
        return resource(scalar, reference, where);
      case Root::link: {
        const LinkGroup* group = link_group(world_, module_, reference.name);
        if (group == nullptr) return;
        const auto key = known_key(scalar, reference);
        for (const auto& [name, module] : group->by_key)
          if (!key || *key == name) attribute(*module, reference.attribute, where);
        return;
      }
    }
  }

  void resource(const Node& scalar, const Expression& reference, const Place& where) const {
    const ResourceGroup* group = module_.group(reference.name);
    if (group == nullptr || group->shape == nullptr) return;
    if (group->shape->for_each != nullptr)
      if (const auto key = known_key(scalar, reference)) {
        const auto found = group->by_key.find(*key);
        if (found != group->by_key.end()) add(module_.address(*group->shape, found->second), where);
        return;
      }
    all_instances(module_, *group, where);
  }

  void all_instances(const Module& module, const ResourceGroup& group, const Place& where) const {
    if (group.shape->for_each == nullptr) return add(module.address(*group.shape, nullptr), where);
    for (const Each* round : group.each) add(module.address(*group.shape, round), where);
  }

  void attribute(const Module& module, const std::string& name, const Place& where) const {
    if (const OutputShape* output = module.shape->output(name))
      return shared(module, output->value, module, nullptr, *output->value, where);
    const auto found = module.inputs.find(name);
    if (found != module.inputs.end()) input(module, found->second, where);
  }

  void input(const Module& owner, const Input& input, const Place& where) const {
    if (input.node != nullptr) shared(owner, &input, *input.module, input.each, *input.node, where);
  }

  /// The uses of a named value are collected once, and told at the place that names it.
  void shared(const Module& owner, const void* id, const Module& module, const Each* each,
              const Node& node, const Place& where) const {
    if (!node.templated) return;
    const auto [found, added] = owner.uses.try_emplace(id);
    UseList& list = found->second;
    if (added) {
      Collector(world_, module, each, list.uses).node(node);
      list.done = true;
    }
    if (list.done)
      for (const ResourceUse& use : list.uses) add(use.address, where);
  }

  const World& world_;
  const Module& module_;
  const Each* each_;
  std::vector<ResourceUse>& out_;
};

}  // namespace

void collect_uses(const World& world, const Module& module, const Each* each, const Node& node,
                  std::vector<ResourceUse>& out) {
  if (node.templated) Collector(world, module, each, out).node(node);
}

void collect_dependency(const World& world, const Module& module, const Each* each,
                        const DependsOnShape& dependency, std::vector<ResourceUse>& out) {
  Collector(world, module, each, out).dependency(dependency);
}

}  // namespace crosstie::config
