#pragma once
// The configuration that load_configuration gives, and the steps that build it.
#include <deque>

#include "engine/config/configuration.hpp"
#include "engine/config/module.hpp"

namespace crosstie::config {

/// One resource instance, for evaluation.
struct Instance {
  const Module* module = nullptr;
  const ResourceShape* shape = nullptr;
  const Each* each = nullptr;
  const std::vector<Instance>* parts = nullptr;  // of a shared one: each link's, the first is this
};

class Loaded final : public Configuration {
 public:
  const std::vector<ResourceConfig>& resources() const override { return resource_configs; }
  const std::vector<OutputConfig>& outputs() const override { return output_configs; }
  const std::vector<LinkSummary>& links() const override { return link_summaries; }
  const std::map<std::string, Value>& connections() const override { return connection_values; }

  Result<Value> evaluate_when(const ResourceConfig& resource,
                              const AttributeLookup& lookup) const override;
  Result<Value> evaluate_arguments(const ResourceConfig& resource,
                                   const AttributeLookup& lookup) const override;
  Result<Value> evaluate_output(const OutputConfig& output,
                                const AttributeLookup& lookup) const override;

  // Filled by the steps below, constant afterwards.
  std::vector<std::shared_ptr<Document>> documents;
  ModuleShape shape;
  std::map<std::string, std::unique_ptr<Blueprint>> blueprints;
  std::deque<Each> rounds;
  std::deque<Module> modules;  // the first is the configuration itself
  World world;
  std::vector<Instance> instances;  // as resource_configs
  std::deque<std::vector<Instance>> shared_parts;
  std::vector<ResourceConfig> resource_configs;
  std::vector<OutputConfig> output_configs;
  std::vector<LinkSummary> link_summaries;
  std::map<std::string, Value> connection_values;
};

/// What the steps of loading share.
struct Loading {
  const LoadOptions& options;
  const TypeTable& types;
  Loaded& loaded;
  Diagnostics& errors;
};

/// True, false or unknown, as `when` and conditions need it.
Result<Value> evaluate_condition(const Node& node, const Scope& scope, std::string_view what);
/// A failure when a condition is known to be false; its message is the detail.
std::optional<Diagnostics> check_condition(const ConditionShape& condition, const Scope& scope,
                                           std::string_view what);
/// Arguments by name; `check` says which of them are held against the schema.
Result<Value> evaluate_instance(const Instance& instance, const Scope& scope);

/// Whether any link takes part in a shared resource: true, false or unknown.
Result<Value> evaluate_shared_when(const World& world, const std::vector<Instance>& parts,
                                   const AttributeLookup& lookup);
/// Summary of the error about two links that want different values of a shared resource.
inline constexpr std::string_view kLinksDisagree = "links disagree about a shared resource";
/// The arguments of all links that take part, united; preconditions of each are checked. Without a
/// lookup, links of which it is not known yet whether they take part are left aside.
Result<Value> evaluate_shared(const World& world, const std::vector<Instance>& parts,
                              const AttributeLookup* lookup);

/// Reads the files of the folder; false when there is nothing to go on with.
bool read_folder(Loading& loading);
/// Gives every link its blueprint, and checks the inputs that are written.
void load_blueprints(Loading& loading);
/// Makes the modules: variables, links with their inputs, for_each of resources.
void build_modules(Loading& loading);
/// Evaluates the keys by which links share resources; from then on these have shared addresses.
void resolve_shares(Loading& loading);
/// The connection of a module's resource.
std::string connection_of(Loading& loading, const Module& module, const ResourceShape& shape);
/// Makes resources(), outputs() and connections() from the modules.
void build_resources(Loading& loading);
void build_connections(Loading& loading);

/// Keys and values of a for_each; false after an error.
bool expand_for_each(const Node& node, const Scope& scope, Loading& loading,
                     std::vector<const Each*>& out);

}  // namespace crosstie::config
