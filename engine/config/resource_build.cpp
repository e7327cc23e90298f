// From modules to the lists that the engine reads: resource instances with what they depend on,
// outputs, connections.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/evaluator.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/module.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

/// Of one resource with for_each, so many instances are evaluated while loading; the rest when
/// their turn comes.
constexpr std::size_t kCheckedInstances = 100;

class ResourceBuilder {
 public:
  explicit ResourceBuilder(Loading& loading) : loading_(loading), loaded_(loading.loaded) {}

  void run() {
    for (const Module& module : loaded_.modules)
      for (const ResourceGroup& group : module.groups) add_group(module, group);
    for (auto& [address, shared] : shared_) add_shared(address, shared);
    sort();
    for (const OutputShape& output : loaded_.shape.outputs) add_output(output);
    std::sort(loaded_.output_configs.begin(), loaded_.output_configs.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const Module& module : loaded_.modules) add_link(module);
    std::sort(loaded_.link_summaries.begin(), loaded_.link_summaries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }

 private:
  /// A resource that links share, while its parts are gathered.
  struct Shared {
    std::vector<Instance>* parts = nullptr;
    std::string connection;
  };

  void add_group(const Module& module, const ResourceGroup& group) {
    if (group.failed || group.shape->schema == nullptr) return;
    const std::string connection = connection_of(loading_, module, *group.shape);
    if (group.shared_key) return add_part({&module, group.shape}, connection);
    if (group.shape->for_each == nullptr) return add(module, group, nullptr, connection, true);
    for (std::size_t i = 0; i < group.each.size(); ++i)
      add(module, group, group.each[i], connection, i < kCheckedInstances);
  }

  void add(const Module& module, const ResourceGroup& group, const Each* round,
           const std::string& connection, bool check) {
    if (loaded_.instances.size() >= loading_.options.resources_max) return refuse_many();
    const ResourceShape& shape = *group.shape;
    const Instance instance{&module, &shape, round};
    ResourceConfig config = config_of(shape, module.address(shape, round), connection);
    config.adoption = shape.adoption;
    if (shape.extras) config.lifecycle = shape.extras->lifecycle;
    add_link_to(config, module);
    if (check) this->check(instance);
    uses_.clear();
    add_uses(instance);
    keep_uses(config, shape);
    loaded_.instances.push_back(instance);
    loaded_.resource_configs.push_back(std::move(config));
  }

  static ResourceConfig config_of(const ResourceShape& shape, ResourceAddress address,
                                  const std::string& connection) {
    ResourceConfig config;
    config.address = std::move(address);
    config.type = shape.schema->type;
    config.schema = shape.schema;
    config.connection = connection;
    config.where = shape.where.range();
    return config;
  }

  void add_link_to(ResourceConfig& config, const Module& module) const {
    if (!module.link.empty())
      config.links.emplace(module.print_link(), loaded_.shape.link(module.link)->blueprint->model);
  }

  void add_part(const Instance& part, const std::string& connection) {
    const auto [found, added] =
        shared_.try_emplace(part.module->address(*part.shape, nullptr), Shared{});
    Shared& shared = found->second;
    if (added) {
      shared.parts = &loaded_.shared_parts.emplace_back();
      shared.connection = connection;
    }
    if (added || fits(found->first, shared, part, connection)) shared.parts->push_back(part);
  }

  /// Under one name and key there is one resource, whatever blueprints say so.
  bool fits(const ResourceAddress& address, const Shared& shared, const Instance& part,
            const std::string& connection) {
    const Instance& first = shared.parts->front();
    const bool same_type = first.shape->type == part.shape->type;
    if (same_type && shared.connection == connection) return true;
    const auto words = [&](const Instance& one, const std::string& used) {
      const Place& where = one.shape->where;
      return std::string(same_type ? used : one.shape->type) + " for " + one.module->print_link() +
             " (" + where.file->name + ":" + std::to_string(where.line) + ")";
    };
    const std::string what = same_type ? "uses the connection " : "is of type ";
    Diagnostic error = make_error(
        same_type ? "shared resource has two connections" : "shared resource has two types",
        "`" + address.print() + "` " + what + words(first, shared.connection) + " and " +
            (same_type ? "" : "of type ") + words(part, connection) + ".",
        "To fix it, give it another name or another `share` key in one of the two blueprints.",
        part.shape->where.range());
    error.address = address.print();
    loading_.errors.push_back(std::move(error));
    return false;
  }

  /// One instance out of the parts of all links, in the order of the links.
  void add_shared(const ResourceAddress& address, Shared& shared) {
    if (loaded_.instances.size() >= loading_.options.resources_max) return refuse_many();
    std::vector<Instance>& parts = *shared.parts;
    std::sort(parts.begin(), parts.end(), [](const Instance& a, const Instance& b) {
      return std::tie(a.module->link, a.module->link_key) <
             std::tie(b.module->link, b.module->link_key);
    });
    ResourceConfig config = config_of(*parts.front().shape, address, shared.connection);
    const std::size_t errors = loading_.errors.size();
    uses_.clear();
    for (const Instance& part : parts) {
      config.adoption = std::max(config.adoption, part.shape->adoption);
      if (part.shape->extras) unite_lifecycle(config.lifecycle, part.shape->extras->lifecycle);
      add_link_to(config, *part.module);
      check(part);
      add_uses(part);
    }
    keep_uses(config, *parts.front().shape);
    if (loading_.errors.size() == errors) check_union(config, parts);
    Instance instance = parts.front();
    instance.parts = &parts;
    loaded_.instances.push_back(instance);
    loaded_.resource_configs.push_back(std::move(config));
  }

  static void unite_lifecycle(Lifecycle& all, const Lifecycle& one) {
    all.prevent_destroy = all.prevent_destroy || one.prevent_destroy;
    for (const IgnoredField& field : one.ignore_changes) {
      const bool there = std::any_of(
          all.ignore_changes.begin(), all.ignore_changes.end(), [&](const IgnoredField& other) {
            return other.path == field.path && other.until == field.until;
          });
      if (!there) all.ignore_changes.push_back(field);
    }
  }

  /// What the links disagree about, as far as it is known without resources.
  void check_union(const ResourceConfig& config, const std::vector<Instance>& parts) {
    const Result<Value> united = evaluate_shared(loaded_.world, parts, nullptr);
    if (united) return;
    for (const Diagnostic& error : united.failure())
      if (error.summary == kLinksDisagree)  // the rest was told by check()
        append(loading_.errors, with_address({error}, config.address.print()));
  }

  void refuse_many() {
    if (told_many_) return;
    told_many_ = true;
    loading_.errors.push_back(make_error(
        "configuration has too many resources",
        "There are more than " + std::to_string(loading_.options.resources_max) + " resources.",
        "To fix it, split the configuration."));
  }

  void refuse_dense(const ResourceShape& shape) {
    if (told_dense_) return;
    told_dense_ = true;
    loading_.errors.push_back(make_error(
        "configuration has too many dependencies",
        "There are more than " + std::to_string(loading_.options.dependencies_max) +
            " dependencies between instances.",
        "To fix it, let each instance depend on the one it needs, such as resource.NAME[each.key], "
        "instead of on all of them.",
        shape.where.range()));
  }

  /// What can be evaluated without resources is, so that `validate` tells its errors.
  void check(const Instance& instance) {
    const ResourceShape& shape = *instance.shape;
    const ModuleScope scope(loaded_.world, *instance.module, instance.each);
    const auto tell = [&](const Diagnostics& failure) { this->tell(instance, failure); };
    if (shape.when != nullptr) {
      const auto when = evaluate_condition(*shape.when, scope, "when");
      if (!when) tell(when.failure());
      // What is not wanted need not make sense.
      if (when && when->is_bool() && !when->as_bool()) return;
    }
    if (shape.extras)
      for (const ConditionShape& condition : shape.extras->preconditions)
        if (const auto failure = check_condition(condition, scope, "precondition")) tell(*failure);
    const bool templated = std::any_of(shape.arguments.begin(), shape.arguments.end(),
                                       [](const Entry* entry) { return entry->value->templated; });
    if (!templated) return;
    if (const auto value = evaluate_instance(instance, scope); !value) tell(value.failure());
  }

  /// A wrong input of a link shows in several of the blueprint's steps; it is told at the first,
  /// with the link.
  void tell(const Instance& instance, const Diagnostics& failure) {
    const Module& module = *instance.module;
    for (Diagnostic error : failure) {
      if (!module.link.empty()) {
        if (!told_.insert(module.link + "|" + error.detail).second) continue;
        const Place& where = loaded_.shape.link(module.link)->where;
        if (!blame_link(error, module))
          error.detail += " The link `" + module.link + "` (" + where.file->name + ":" +
                          std::to_string(where.line) + ") uses it so.";
      }
      if (error.address.empty())
        error.address = module.address(*instance.shape, instance.each).print();
      loading_.errors.push_back(std::move(error));
    }
  }

  void add_uses(const Instance& instance) {
    if (told_dense_) return;
    const ResourceShape& shape = *instance.shape;
    const auto collect = [&](const Node* node) {
      if (node != nullptr)
        collect_uses(loaded_.world, *instance.module, instance.each, *node, uses_);
    };
    collect(shape.when);
    for (const Entry* argument : shape.arguments) collect(argument->value);
    if (shape.extras) {
      for (const ConditionShape& condition : shape.extras->preconditions) {
        collect(condition.condition);
        collect(condition.message);
      }
      for (const DependsOnShape& dependency : shape.extras->depends_on)
        collect_dependency(loaded_.world, *instance.module, instance.each, dependency, uses_);
    }
  }

  void keep_uses(ResourceConfig& config, const ResourceShape& shape) {
    std::stable_sort(uses_.begin(), uses_.end(), [](const ResourceUse& a, const ResourceUse& b) {
      return a.address < b.address;
    });
    for (ResourceUse& use : uses_) {
      if (!config.depends_on.empty() && config.depends_on.back() == use.address) continue;
      config.depends_on.push_back(std::move(use.address));
      config.references.push_back(use.where.range());
    }
    dependencies_ += config.depends_on.size();
    if (dependencies_ > loading_.options.dependencies_max) refuse_dense(shape);
  }

  void sort() {
    std::vector<ResourceConfig>& configs = loaded_.resource_configs;
    std::vector<std::uint32_t> order(configs.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return configs[a].address < configs[b].address;
    });
    std::vector<ResourceConfig> sorted;
    std::vector<Instance> instances;
    sorted.reserve(order.size());
    instances.reserve(order.size());
    for (const std::uint32_t i : order) {
      sorted.push_back(std::move(configs[i]));
      sorted.back().index = sorted.size() - 1;
      instances.push_back(loaded_.instances[i]);
    }
    configs = std::move(sorted);
    loaded_.instances = std::move(instances);
  }

  void add_output(const OutputShape& output) {
    OutputConfig config;
    config.name = std::string(output.name);
    config.description = output.description;
    config.sensitive = output.sensitive;
    std::vector<ResourceUse> uses;
    collect_uses(loaded_.world, loaded_.modules.front(), nullptr, *output.value, uses);
    for (ResourceUse& use : uses) config.depends_on.push_back(std::move(use.address));
    std::sort(config.depends_on.begin(), config.depends_on.end());
    config.depends_on.erase(std::unique(config.depends_on.begin(), config.depends_on.end()),
                            config.depends_on.end());
    loaded_.output_configs.push_back(std::move(config));
  }

  void add_link(const Module& module) {
    if (module.link.empty()) return;
    const std::string key =
        module.link_key ? "[" + nlohmann::json(*module.link_key).dump() + "]" : "";
    const Blueprint& blueprint = *loaded_.shape.link(module.link)->blueprint;
    loaded_.link_summaries.push_back({module.link + key, module.alias, blueprint.name,
                                      blueprint.model, module.link_where.range()});
  }

  Loading& loading_;
  Loaded& loaded_;
  std::map<ResourceAddress, Shared> shared_;
  std::vector<ResourceUse> uses_;
  std::size_t dependencies_ = 0;
  bool told_many_ = false;
  bool told_dense_ = false;
  std::set<std::string> told_;
};

}  // namespace

std::string connection_of(Loading& loading, const Module& module, const ResourceShape& shape) {
  const std::string_view provider = shape.type.substr(0, shape.type.find('.'));
  if (shape.connection.empty()) {
    const auto chosen = module.connections.find(provider);
    return chosen == module.connections.end() ? std::string(provider) : chosen->second;
  }
  std::string name(shape.connection);
  if (name.substr(0, name.find('.')) != provider)
    loading.errors.push_back(make_error("connection of another provider",
                                        "`" + std::string(shape.type) +
                                            "` needs a connection of `" + std::string(provider) +
                                            "`, not `" + name + "`.",
                                        "To fix it, take `provider` away, or name a connection "
                                        "that begins with `" +
                                            std::string(provider) + "`.",
                                        shape.connection_where.range()));
  else if (name != provider && loading.loaded.shape.provider_index.count(shape.connection) == 0)
    loading.errors.push_back(make_error(
        "unknown connection", "There is no connection `" + name + "` under `providers`.",
        suggest(name, names_of(loading.loaded.shape.providers)), shape.connection_where.range()));
  return name;
}

void build_resources(Loading& loading) { ResourceBuilder(loading).run(); }

void build_connections(Loading& loading) {
  const ModuleScope scope(loading.loaded.world, loading.loaded.modules.front());
  for (const ProviderShape& provider : loading.loaded.shape.providers) {
    Result<Value> value = evaluate_node(*provider.settings, scope);
    if (!value)
      append(loading.errors, value.failure());
    else
      loading.loaded.connection_values.emplace(
          provider.name, value->is_null() ? Value(Value::Object{}) : std::move(*value));
    const std::string source = value ? value->first_unknown() : "";
    // Without a source, the unknown comes from an error that is told elsewhere.
    if (!source.empty() && source != "(unknown)")
      loading.errors.push_back(make_error("value must be known before any resource",
                                          "The settings of a connection wait for " + source + ".",
                                          "To fix it, use variables and locals.",
                                          provider.where.range()));
  }
}

}  // namespace crosstie::config
