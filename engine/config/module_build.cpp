// From shapes to modules: variables and locals get values, links their copies of the blueprint,
// for_each its rounds.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/config/evaluator.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/module.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/variables.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie::config {
namespace {

/// As providers/elasticsearch takes it.
constexpr std::size_t kAliasMax = 128;

bool is_alias(std::string_view text) {
  if (text.empty() || text.size() > kAliasMax || text[0] == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

class ModuleBuilder {
 public:
  explicit ModuleBuilder(Loading& loading) : loading_(loading), loaded_(loading.loaded) {}

  void run() {
    Module& root = loaded_.modules.emplace_back();
    root.shape = &loaded_.shape;
    root.folder = loading_.options.folder;
    root.variables = variable_values(loaded_.shape, loading_.options, loading_.errors);
    for (const LinkShape& link : loaded_.shape.links) root.links.emplace_back().shape = &link;
    loaded_.world.expand = [this](const LinkShape& link) { return expand(link); };
    for (const LinkShape& link : loaded_.shape.links) expand(link);
    loaded_.world.expand = nullptr;
    for (Module& module : loaded_.modules) make_groups(module);
    check_validations(root);
    for (Module& module : loaded_.modules) compute(module);
    check_aliases();
  }

 private:
  LinkGroup* expand(const LinkShape& link) {
    LinkGroup& group =
        loaded_.modules.front().links[static_cast<std::size_t>(&link - loaded_.shape.links.data())];
    if (group.status != LinkGroup::Status::unseen) return &group;
    group.status = LinkGroup::Status::busy;
    std::vector<const Each*> rounds;
    const ModuleScope scope(loaded_.world, loaded_.modules.front());
    const bool good =
        link.blueprint != nullptr &&
        (link.for_each == nullptr || expand_for_each(*link.for_each, scope, loading_, rounds));
    if (good && link.for_each == nullptr) group.by_key.emplace("", &instantiate(link, nullptr));
    for (const Each* round : rounds) group.by_key.emplace(round->key, &instantiate(link, round));
    group.status = good ? LinkGroup::Status::done : LinkGroup::Status::failed;
    return &group;
  }

  Module& instantiate(const LinkShape& link, const Each* round) {
    const Module& root = loaded_.modules.front();
    Module& module = loaded_.modules.emplace_back();
    module.shape = &link.blueprint->shape;
    module.link = std::string(link.name);
    module.link_where = link.where;
    module.blueprint = link.blueprint->name;
    if (round != nullptr) module.link_key = round->key;
    module.folder = loading_.options.folder;
    module.alias = alias_of(link, ModuleScope(loaded_.world, root, round));
    for (const VariableShape& variable : module.shape->variables) {
      Input input;
      input.shape = &variable;
      input.module = &root;
      input.each = round;
      input.where = link.where;
      const auto given = std::find_if(link.inputs.begin(), link.inputs.end(),
                                      [&](const Entry* one) { return one->key == variable.name; });
      if (variable.name == "alias") {
        input.fixed = Value(module.alias);
      } else if (given != link.inputs.end()) {
        input.node = (*given)->value;
        input.where = (*given)->where;
      } else if (variable.fallback != nullptr) {
        input.node = variable.fallback;
      } else {
        input.fixed = Value::unknown("");
      }
      module.inputs.emplace(variable.name, std::move(input));
    }
    return module;
  }

  std::string alias_of(const LinkShape& link, const Scope& scope) {
    std::string alias(link.name);
    Place where = link.where;
    if (link.alias != nullptr) {
      where = link.alias->where;
      Result<Value> value = evaluate_node(*link.alias, scope);
      if (!value) {
        append(loading_.errors, value.failure());
        return alias;
      }
      if (value->is_unknown()) return alias;
      if (!value->is_string() || value->sensitive()) {
        loading_.errors.push_back(make_error(
            "alias is not valid",
            value->sensitive() ? "The alias is sensitive, but it is shown everywhere."
                               : "The alias must be a string, not " + describe(*value) + ".",
            "To fix it, give a text in lower case, such as logs.", where.range()));
        return alias;
      }
      alias = value->as_string();
    }
    if (!is_alias(alias))
      loading_.errors.push_back(make_error(
          "alias is not valid", "`" + alias + "` cannot be the alias of a remote cluster.",
          std::string(link.alias == nullptr ? "To fix it, add `alias:` with" : "To fix it, use") +
              " 1 to " + std::to_string(kAliasMax) +
              " lower case letters, digits, `-` and `_`, not beginning with `-`.",
          where.range()));
    return alias;
  }

  /// Two links that write the same remote cluster of the same local end would undo each other for
  /// ever.
  void check_aliases() {
    std::unordered_map<std::string_view, std::vector<const Module*>> by_alias;
    for (const Module& module : loaded_.modules) {
      if (module.link.empty()) continue;
      std::vector<const Module*>& others = by_alias[module.alias];
      const Value* end = others.empty() ? nullptr : local_end(module);
      for (const Module* other : others) {
        const Value* other_end = end == nullptr ? nullptr : local_end(*other);
        if (other_end == nullptr || !(*other_end == *end)) continue;
        loading_.errors.push_back(make_error(
            "alias is used twice",
            "Link `" + other->link + "` links the same local cluster under the alias `" +
                module.alias + "` already.",
            "To fix it, give one of the two another `alias:`.", module.link_where.range()));
        break;
      }
      others.push_back(&module);
    }
  }

  /// `local` of a link, null pointer while any of it waits for a resource.
  const Value* local_end(const Module& module) {
    if (module.link.empty()) return nullptr;
    const auto input = module.inputs.find(std::string_view("local"));
    if (input == module.inputs.end()) return nullptr;
    const Result<Operand> value = ModuleScope(loaded_.world, module).input(input->second);
    if (!value || value->get().contains_unknown() || value->get().is_null()) return nullptr;
    const auto constant = module.constants.find(&input->second);
    return constant == module.constants.end() ? nullptr : &constant->second.value;
  }

  void make_groups(Module& module) {
    module.groups.resize(module.shape->resources.size());
    const ModuleScope scope(loaded_.world, module);
    for (std::size_t i = 0; i < module.groups.size(); ++i) {
      ResourceGroup& group = module.groups[i];
      group.shape = &module.shape->resources[i];
      if (group.shape->for_each == nullptr) continue;
      group.failed = !expand_for_each(*group.shape->for_each, scope, loading_, group.each);
      for (const Each* round : group.each) group.by_key.emplace(round->key, round);
    }
  }

  void check_validations(const Module& root) {
    const ModuleScope scope(loaded_.world, root);
    for (const VariableShape& variable : loaded_.shape.variables)
      for (const ConditionShape& condition : variable.validation)
        if (auto failure = check_condition(condition, scope, "validation"))
          append(loading_.errors, *failure);
  }

  /// Evaluates everything that has a name once, so that each error is told, used or not.
  void compute(Module& module) {
    const ModuleScope scope(loaded_.world, module);
    const auto tell = [this](const Result<Operand>& value) {
      if (!value) append(loading_.errors, value.failure());
    };
    for (const LocalShape& local : module.shape->locals) tell(scope.local(local));
    for (const VariableShape& variable : module.shape->variables) {
      const auto input = module.inputs.find(variable.name);
      if (input == module.inputs.end()) continue;
      const Result<Operand> value = scope.input(input->second);
      tell(value);
      if (value && (variable.name == "local" || variable.name == "remote"))
        choose_connections(module, input->second, value->get());
      for (const ConditionShape& condition : variable.validation)
        if (auto failure = check_condition(condition, scope, "validation"))
          append(loading_.errors, *failure);
    }
    for (const OutputShape& output : module.shape->outputs) tell(scope.output(output));
  }

  /// ECK takes names of at most 36 characters (pkg/controller/common/name/name.go), Kubernetes
  /// namespaces of 63 (RFC 1123): longer ones cannot exist, and need not be looked for.
  void check_eck_names(const Input& input, const Value& eck) {
    const std::pair<const char*, std::size_t> limits[] = {{"name", 36}, {"namespace", 63}};
    for (const auto& [member, longest] : limits) {
      const std::string text = eck.text(member);
      if (text.size() <= longest) continue;
      Place where = input.where;
      const Entry* side = input.node == nullptr ? nullptr : input.node->find("eck");
      if (side != nullptr)
        if (const Entry* entry = side->value->find(member)) where = entry->value->where;
      loading_.errors.push_back(make_error(
          "name of an ECK cluster is too long",
          std::string("The `") + member + "` of the end has " + std::to_string(text.size()) +
              " characters; at most " + std::to_string(longest) + " are possible.",
          "To fix it, write the name as `kubectl get elasticsearch -A` shows it.", where.range()));
    }
  }

  /// `local: {ech: {deployment: X, provider: ech.eu}}` chooses the connection of the link's
  /// resources of that provider.
  void choose_connections(Module& module, const Input& input, const Value& end) {
    if (!end.is_object()) return;
    if (const Value* eck = end.find("eck")) check_eck_names(input, *eck);
    for (const auto& [kind, settings] : end.as_object()) {
      const Value* name = settings.find("provider");
      if (name == nullptr || name->is_null() || input.node == nullptr) continue;
      Place where = input.where;
      if (const Entry* side = input.node->find(kind))
        if (const Entry* entry = side->value->find("provider")) where = entry->value->where;
      const auto fail = [&](std::string summary, std::string detail, std::string fix) {
        loading_.errors.push_back(
            make_error(std::move(summary), std::move(detail), std::move(fix), where.range()));
      };
      if (!name->is_string()) {
        fail("connection must be known at once",
             "`provider` of an end must be a string that needs no resource.", {});
        continue;
      }
      const std::string& chosen = name->as_string();
      if (chosen.find('.') != std::string::npos &&
          loaded_.shape.provider_index.count(chosen) == 0) {
        fail("unknown connection", "There is no connection `" + chosen + "` under `providers`.",
             suggest(chosen, names_of(loaded_.shape.providers)));
        continue;
      }
      const std::string provider = chosen.substr(0, chosen.find('.'));
      const auto [found, added] = module.connections.emplace(provider, chosen);
      if (!added && found->second != chosen)
        fail("ends choose different connections",
             "One end chooses `" + found->second + "`, the other `" + chosen +
                 "`, but the resources of a link share one connection of each provider.",
             "To fix it, use a blueprint of your own, with `provider` on its resources.");
    }
  }

  Loading& loading_;
  Loaded& loaded_;
};

}  // namespace

bool expand_for_each(const Node& node, const Scope& scope, Loading& loading,
                     std::vector<const Each*>& out) {
  const auto fail = [&](std::string summary, std::string detail, std::string fix = {}) {
    loading.errors.push_back(
        make_error(std::move(summary), std::move(detail), std::move(fix), node.where.range()));
    return false;
  };
  const auto fail_empty_key = [&] {
    return fail("for_each has an empty key",
                "An instance is named by its key, and an empty text is no name.",
                "To fix it, give each key at least one character.");
  };
  Result<Value> value = evaluate_node(node, scope);
  if (!value) {
    append(loading.errors, value.failure());
    return false;
  }
  if (value->contains_unknown()) {
    const std::string source = value->first_unknown();
    bool told = false;  // a resource named in the expression itself is told by check_references
    visit_references(node,
                     [&](const Node&, const Expression& e) { told |= e.root == Root::resource; });
    if (told) return false;
    // Without a source, the unknown comes from an error that is told elsewhere.
    return source != "(unknown)" &&
           fail("for_each depends on a resource",
                "The keys must be known before any resource, but they wait for " + source + ".",
                "To fix it, use variables and locals.");
  }
  if (value->sensitive())
    return fail("for_each is sensitive", "The keys would be shown in addresses.",
                "To fix it, take the keys from a value that is not sensitive.");
  if (!value->is_object() && !value->is_list())
    return fail("for_each is no collection",
                "for_each must be an object or a list of strings, not " + describe(*value) + ".",
                "To fix it, write it like [east, west], or {east: {...}, west: {...}}.");
  const std::size_t count =
      value->is_object() ? value->as_object().size() : value->as_list().size();
  if (loading.loaded.rounds.size() + count > loading.options.resources_max)
    return fail("configuration has too many resources",
                "There are more than " + std::to_string(loading.options.resources_max) +
                    " resources after for_each.",
                "To fix it, split the configuration.");
  if (value->is_object()) {
    if (value->find("") != nullptr) return fail_empty_key();
    for (auto& [key, member] : value->as_object())
      out.push_back(&loading.loaded.rounds.emplace_back(Each{key, std::move(member)}));
    return true;
  }
  std::set<std::string_view> keys;
  for (const Value& item : value->as_list()) {
    if (!item.is_string())
      return fail("for_each is no collection",
                  "The list holds " + describe(item) + "; only strings can be keys.",
                  "To fix it, put the items into quotes.");
    if (item.sensitive())
      return fail("for_each is sensitive", "The keys would be shown in addresses.",
                  "To fix it, take the keys from a value that is not sensitive.");
    if (item.as_string().empty()) return fail_empty_key();
    if (!keys.insert(item.as_string()).second)
      return fail("for_each has a key twice", "The list holds `" + item.as_string() + "` twice.",
                  "To fix it, remove one of them.");
  }
  for (const Value& item : value->as_list())
    out.push_back(&loading.loaded.rounds.emplace_back(Each{item.as_string(), item}));
  return true;
}

void build_modules(Loading& loading) { ModuleBuilder(loading).run(); }

}  // namespace crosstie::config
