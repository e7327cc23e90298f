// From modules to the lists that the engine reads: resource instances with what they depend on,
// outputs, connections.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/config/loaded.hpp"
#include "engine/config/text.hpp"

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
    sort();
    for (const OutputShape& output : loaded_.shape.outputs) add_output(output);
    std::sort(loaded_.output_configs.begin(), loaded_.output_configs.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const Module& module : loaded_.modules) add_link(module);
    std::sort(loaded_.link_summaries.begin(), loaded_.link_summaries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }

 private:
  void add_group(const Module& module, const ResourceGroup& group) {
    if (group.failed || group.shape->schema == nullptr) return;
    const std::string connection = connection_of(module, *group.shape);
    if (group.shape->for_each == nullptr) return add(module, group, nullptr, connection, true);
    for (std::size_t i = 0; i < group.each.size(); ++i)
      add(module, group, group.each[i], connection, i < kCheckedInstances);
  }

  void add(const Module& module, const ResourceGroup& group, const Each* round,
           const std::string& connection, bool check) {
    if (loaded_.instances.size() >= loading_.options.resources_max) return refuse_many();
    const ResourceShape& shape = *group.shape;
    const Instance instance{&module, &shape, round};
    ResourceConfig config;
    config.address = module.address(shape, round);
    config.type = shape.schema->type;
    config.schema = shape.schema;
    config.connection = connection;
    config.where = shape.where.range();
    config.adoption = shape.adoption;
    if (shape.extras) config.lifecycle = shape.extras->lifecycle;
    if (check) this->check(instance);
    if (!told_dense_) add_dependencies(instance, config);
    loaded_.instances.push_back(instance);
    loaded_.resource_configs.push_back(std::move(config));
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

  std::string connection_of(const Module& module, const ResourceShape& shape) {
    const std::string_view provider = shape.type.substr(0, shape.type.find('.'));
    if (shape.connection.empty()) {
      const auto chosen = module.connections.find(provider);
      return chosen == module.connections.end() ? std::string(provider) : chosen->second;
    }
    std::string name(shape.connection);
    if (name.substr(0, name.find('.')) != provider)
      loading_.errors.push_back(make_error("connection of another provider",
                                           "`" + std::string(shape.type) +
                                               "` needs a connection of `" + std::string(provider) +
                                               "`, not `" + name + "`.",
                                           "To fix it, take `provider` away, or name a connection "
                                           "that begins with `" +
                                               std::string(provider) + "`.",
                                           shape.connection_where.range()));
    else if (name != provider && loaded_.shape.provider_index.count(shape.connection) == 0)
      loading_.errors.push_back(make_error(
          "unknown connection", "There is no connection `" + name + "` under `providers`.",
          suggest(name, names_of(loaded_.shape.providers)), shape.connection_where.range()));
    return name;
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

  void add_dependencies(const Instance& instance, ResourceConfig& config) {
    uses_.clear();
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
    if (uses_.empty()) return;
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
    const LinkShape* shape = loaded_.shape.link(module.link);
    loaded_.link_summaries.push_back({module.link + key, module.alias, shape->blueprint->name});
  }

  Loading& loading_;
  Loaded& loaded_;
  std::vector<ResourceUse> uses_;
  std::size_t dependencies_ = 0;
  bool told_many_ = false;
  bool told_dense_ = false;
  std::set<std::string> told_;
};

}  // namespace

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
