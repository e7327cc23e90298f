// What names mean: variables, locals, links, resources.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/evaluator.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/files.hpp"
#include "engine/config/functions.hpp"
#include "engine/config/module.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/config/variables.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

std::vector<std::string> keys_of(const ResourceGroup& group) {
  std::vector<std::string> keys;
  for (const Each* each : group.each) {
    keys.push_back(each->key);
    if (keys.size() > 1000) break;
  }
  return keys;
}

Operand nothing_known() { return Value::unknown(""); }

}  // namespace

bool blame_link(Diagnostic& error, const Module& module) {
  if (module.link.empty() || !error.where || !error.where->file.starts_with("built-in blueprint "))
    return false;
  const std::size_t begin = error.where->line_text.find_first_not_of(" -");
  const std::string step =
      begin == std::string::npos ? "" : "\n  " + error.where->line_text.substr(begin);
  error.detail = "Line " + std::to_string(error.where->line) + " of the " + error.where->file +
                 " cannot be computed with the inputs of this link:" + step + "\n" + error.detail;
  // A suggestion speaks of the blueprint's own text.
  error.fix =
      "To fix it, compare the inputs of the link with what the blueprint takes:\n  crosstie "
      "blueprint show " +
      module.blueprint;
  error.where = module.link_where.range();
  return true;
}

Result<Operand> ModuleScope::get(const Expression& reference, const Value* key,
                                 const Node& node) const {
  switch (reference.root) {
    case Root::variable:
      return variable(reference);
    case Root::local: {
      const LocalShape* found = module_.shape->local(reference.name);
      return found == nullptr ? nothing_known() : local(*found);
    }
    case Root::each:
      if (each_ == nullptr) return nothing_known();
      return reference.name == "key" ? Operand(Value(each_->key)) : Operand::borrow(each_->value);
    case Root::resource:
      return resource(reference, key, node);
    case Root::link:
      return link(reference, key, node);
  }
  return nothing_known();
}

Outcome ModuleScope::read_file(const std::string& path) const {
  const std::filesystem::path full = module_.folder / path;
  const auto known = world_.files.find(full.string());
  if (known != world_.files.end()) return known->second;
  FileText file = read_text_file(full, kFunctionFileBytesMax);
  Outcome outcome = Value(std::move(file.text));
  if (!file.problem.empty())
    outcome = Outcome::fail("The file " + full.string() + " cannot be read: " + file.problem +
                            ". A relative path begins at the folder of the configuration.");
  else if (find_bad_byte(outcome.value.as_string()) != std::string::npos)
    outcome = Outcome::fail("The file " + full.string() + " is no UTF-8 text.");
  world_.files.emplace(full.string(), outcome);
  return outcome;
}

void ModuleScope::report_circle(const void* id, const Place& where) const {
  std::string chain;
  std::size_t first = 0;
  while (first < world_.open.size() && world_.open[first].id != id) ++first;
  for (std::size_t i = first; i < world_.open.size(); ++i) {
    const World::Step& step = world_.open[i];
    chain +=
        step.name + " (" + step.where.file->name + ":" + std::to_string(step.where.line) + ") -> ";
  }
  if (world_.errors != nullptr)
    world_.errors->push_back(
        make_error("values refer to each other in a circle", chain + world_.open[first].name + ".",
                   "To fix it, let one of them be written out.", where.range()));
}

/// Evaluates without resources first; what is known then stays. What is not is evaluated for each
/// lookup.
template <class Evaluate>
Result<Operand> ModuleScope::constant(const Named& named, const Evaluate& evaluate) const {
  Constant& entry = module_.constants[named.id];
  using Status = Constant::Status;
  if (entry.status == Status::known) return Operand::borrow(entry.value);
  if (entry.status == Status::failed) return nothing_known();
  if (entry.status == Status::busy) {
    report_circle(named.id, named.where);
    return nothing_known();
  }
  if (entry.status == Status::unseen) {
    if (world_.open.size() >= kReferenceChainMax)
      return make_error("references are chained too deeply",
                        "More than " + std::to_string(kReferenceChainMax) +
                            " values refer to each other in a row.",
                        "To fix it, shorten the chain.", named.where.range());
    entry.status = Status::busy;
    world_.open.push_back(
        {named.id, module_.name_prefix() + std::string(named.kind) + "." + std::string(named.name),
         named.where});
    Result<Value> value = evaluate(static_cast<const AttributeLookup*>(nullptr));
    world_.open.pop_back();
    if (!value) {
      entry.status = Status::failed;
      if (world_.errors != nullptr) {
        Diagnostics failure = std::move(value.failure());
        if (!module_.link.empty() && named.kind != "var")
          for (Diagnostic& error : failure)
            if (!blame_link(error, module_))
              error.detail += " It is so in the link `" + module_.link + "`.";
        append(*world_.errors, failure);
      }
      return nothing_known();
    }
    entry.value = std::move(*value);
    entry.status = entry.value.contains_unknown() ? Status::dynamic : Status::known;
    if (entry.status == Status::known) return Operand::borrow(entry.value);
  }
  if (lookup_ == nullptr) return Operand::borrow(entry.value);
  Result<Value> value = evaluate(lookup_);
  if (!value) return std::move(value.failure());
  return Operand(std::move(*value));
}

Result<Operand> ModuleScope::local(const LocalShape& local) const {
  return constant(
      {local.value, "local", local.name, local.where}, [&](const AttributeLookup* lookup) {
        return evaluate_node(*local.value, ModuleScope(world_, module_, nullptr, lookup));
      });
}

Result<Operand> ModuleScope::output(const OutputShape& output) const {
  return constant(
      {output.value, "output", output.name, output.where}, [&](const AttributeLookup* lookup) {
        return evaluate_node(*output.value, ModuleScope(world_, module_, nullptr, lookup));
      });
}

Result<Operand> ModuleScope::input(const Input& input) const {
  if (input.node == nullptr) return Operand::borrow(input.fixed);
  return constant(
      {&input, "var", input.shape->name, input.where},
      [&](const AttributeLookup* lookup) -> Result<Value> {
        Result<Value> value =
            evaluate_node(*input.node, ModuleScope(world_, *input.module, input.each, lookup));
        if (!value) return value;
        const bool is_fallback = input.node == input.shape->fallback;
        if (value->is_null() && input.shape->fallback != nullptr) {
          if (!is_fallback) *value = to_value(*input.shape->fallback);
          if (value->is_null()) return value;
        }
        const std::string problem = misfit(*input.shape, *value);
        if (problem.empty())
          return std::move(value->mark_sensitive(value->sensitive() || input.shape->sensitive));
        const bool hidden = input.shape->sensitive || value->contains_sensitive();
        const Place& where = input.node->kind == NodeKind::null ? input.where : input.node->where;
        return make_error("value does not fit the input", problem, {},
                          hidden ? where.hidden_range() : where.range());
      });
}

Result<Operand> ModuleScope::variable(const Expression& reference) const {
  if (!module_.shape->is_blueprint) {
    const auto found = module_.variables.find(reference.name);
    return found == module_.variables.end() ? nothing_known() : Operand::borrow(found->second);
  }
  const auto found = module_.inputs.find(reference.name);
  return found == module_.inputs.end() ? nothing_known() : input(found->second);
}

Value ModuleScope::instance(const ResourceShape& shape, const Each* round) const {
  const ResourceAddress address = module_.address(shape, round);
  if (lookup_ == nullptr) return Value::unknown(address.print());
  if (shape.share != nullptr && shape.when != nullptr) {
    // Other links may share it; one whose `when` is false has no such resource all the same.
    const Result<Value> when =
        evaluate_node(*shape.when, ModuleScope(world_, module_, nullptr, lookup_));
    if (when && when->is_bool() && !when->as_bool()) return {};
  }
  return (*lookup_)(address);
}

Result<Operand> ModuleScope::resource(const Expression& reference, const Value* key,
                                      const Node& node) const {
  const ResourceShape* shape = module_.shape->resource(reference.name);
  if (shape == nullptr) return nothing_known();
  if (shape->for_each == nullptr) {
    Operand value = instance(*shape, nullptr);
    return key == nullptr ? Result<Operand>(std::move(value))
                          : take_index(value, *key, reference, node);
  }
  const ResourceGroup* group = module_.group(reference.name);
  // Before the instances are made, nothing can be said about them.
  if (group == nullptr || group->shape == nullptr || group->failed ||
      (key != nullptr && key->is_unknown()))
    return Operand(Value::unknown("resource." + reference.name));
  if (key == nullptr && !reference.attribute.empty()) return nothing_known();
  if (key == nullptr) {
    Value::Object all;
    for (const Each* round : group->each) all.insert_or_assign(round->key, instance(*shape, round));
    return Operand(Value(std::move(all)));
  }
  const auto found = key->is_string() ? group->by_key.find(key->as_string()) : group->by_key.end();
  if (found != group->by_key.end()) return Operand(instance(*shape, found->second));
  const std::string shown =
      key->is_string() && !key->sensitive() ? "`" + key->as_string() + "`" : "that key";
  return make_error("resource has no such instance",
                    "`resource." + reference.name + "` has no instance with " + shown + ".",
                    key->is_string() ? suggest(key->as_string(), keys_of(*group)) : "",
                    place_in(node, reference.begin, reference.length).range());
}

Result<Operand> ModuleScope::link(const Expression& reference, const Value* key,
                                  const Node& node) const {
  const LinkGroup* group = link_group(world_, module_, reference.name);
  if (group == nullptr || reference.attribute.empty() || (key != nullptr && key->is_unknown()))
    return nothing_known();
  std::vector<std::string> keys;
  for (const auto& [name, module] : group->by_key) keys.push_back(name);
  if (group->shape->for_each == nullptr && key == nullptr)
    return link_attribute(*group->by_key.begin()->second, reference.attribute);
  const auto fail = [&](std::string detail, std::string fix) {
    return make_error("link has no such instance", std::move(detail), std::move(fix),
                      place_in(node, reference.begin, reference.length).range());
  };
  if (group->shape->for_each == nullptr)
    return fail("`link." + reference.name + "` has no for_each, so it takes no key.",
                "To fix it, write link." + reference.name + "." + reference.attribute + ".");
  if (key == nullptr)
    return fail(
        "`link." + reference.name + "` has a for_each, so a key must say which one is meant.",
        "To fix it, write link." + reference.name + "[\"key\"]." + reference.attribute + ".");
  const auto found = key->is_string() ? group->by_key.find(key->as_string()) : group->by_key.end();
  if (found != group->by_key.end()) return link_attribute(*found->second, reference.attribute);
  return fail("`link." + reference.name + "` has no instance with that key.",
              key->is_string() && !key->sensitive() ? suggest(key->as_string(), keys) : "");
}

Result<Operand> ModuleScope::link_attribute(const Module& module, const std::string& name) const {
  const ModuleScope inside(world_, module, nullptr, lookup_);
  if (const OutputShape* output = module.shape->output(name)) return inside.output(*output);
  const auto input = module.inputs.find(name);
  return input == module.inputs.end() ? nothing_known() : inside.input(input->second);
}

const LinkGroup* link_group(const World& world, const Module& module, std::string_view name) {
  const LinkShape* shape = module.shape->link(name);
  if (shape == nullptr) return nullptr;
  const LinkGroup* group =
      &module.links[static_cast<std::size_t>(shape - module.shape->links.data())];
  if (group->status == LinkGroup::Status::busy && world.errors != nullptr)
    world.errors->push_back(
        make_error("values refer to each other in a circle",
                   "The for_each of link `" + std::string(name) + "` refers to the link itself.",
                   "To fix it, take the keys from somewhere else.", shape->where.range()));
  if (group->status == LinkGroup::Status::unseen && world.expand) group = world.expand(*shape);
  return group != nullptr && group->status == LinkGroup::Status::done ? group : nullptr;
}

}  // namespace crosstie::config
