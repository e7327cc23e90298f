#pragma once
// A folder of crosstie files as the engine sees it: links expanded by their blueprints, for_each
// expanded to instances, every reference resolved to an address. Arguments stay expressions until
// their inputs are known.
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie {

struct IgnoredField {
  Path path;
  std::string reason;
  std::string until;  // "2027-01-31", "" = for ever
};

struct Lifecycle {
  bool prevent_destroy = false;
  std::vector<IgnoredField> ignore_changes;
};

/// One resource instance: after expansion of links and for_each.
struct ResourceConfig {
  ResourceAddress address;
  std::string type;
  const ResourceSchema* schema = nullptr;
  std::string connection;            // "kubernetes", "kubernetes.west"
  std::optional<SourceRange> where;  // of the resource's name
  std::vector<ResourceAddress>
      depends_on;  // every dependency: written ones and references, sorted, without doubles
  /// The place of each reference, for the message of a cycle: depends_on[i] was written at
  /// references[i].
  std::vector<SourceRange> references;
  Lifecycle lifecycle;
  Adoption adoption = Adoption::never;
  /// The links that it belongs to, as they are printed (`link.logs["eu"]`), each with the model of
  /// its blueprint: none, one, or for a shared resource every link that has it.
  std::map<std::string, std::string> links;
  std::size_t index = 0;  // handle for Configuration's evaluate calls
};

/// Gives the attributes of a resource instance while expressions are evaluated: an object (which
/// may hold unknowns), null when its `when` was false. The engine fills it from observations
/// (reads), plans and outcomes.
using AttributeLookup = std::function<Value(const ResourceAddress&)>;

struct OutputConfig {
  std::string name;
  std::string description;
  bool sensitive = false;
  std::vector<ResourceAddress> depends_on;
};

struct LinkSummary {
  std::string name;  // "logs", with key when for_each: logs["eu"]
  std::string alias;
  std::string blueprint;
  std::string model;                 // of the blueprint, "" when it names none
  std::optional<SourceRange> where;  // of the link's name
};

class Configuration {
 public:
  virtual ~Configuration() = default;

  virtual const std::vector<ResourceConfig>& resources() const = 0;  // in address order
  virtual const std::vector<OutputConfig>& outputs() const = 0;
  virtual const std::vector<LinkSummary>& links() const = 0;
  /// Evaluated settings of every connection that `providers:` names. Known before any resource is
  /// looked at.
  virtual const std::map<std::string, Value>& connections() const = 0;

  /// `when` of a resource: true, false, or unknown. True when there is none.
  virtual Result<Value> evaluate_when(const ResourceConfig& resource,
                                      const AttributeLookup& lookup) const = 0;
  /// Arguments with schema defaults; checks types of what is known, and `lifecycle.precondition`s:
  /// one that is false and known is a failure.
  virtual Result<Value> evaluate_arguments(const ResourceConfig& resource,
                                           const AttributeLookup& lookup) const = 0;
  virtual Result<Value> evaluate_output(const OutputConfig& output,
                                        const AttributeLookup& lookup) const = 0;
};

/// What the loader needs from outside; it reads no environment itself.
struct LoadOptions {
  std::filesystem::path folder;
  std::vector<std::string> variables;                 // -var name=value, in order
  std::vector<std::filesystem::path> variable_files;  // -var-file
  std::map<std::string, std::string>
      environment;  // CROSSTIE_VAR_name=value, names without the prefix
  /// Text of a built-in blueprint by model or name ("api_key" -> ech-to-eck-api-key.yaml); nullopt
  /// when there is none.
  std::function<std::optional<std::string>(const std::string&)> builtin_blueprint;
  std::vector<std::string> builtin_blueprint_names;
  /// Instances after expansion; more are an error.
  std::size_t resources_max = 200'000;
  /// Dependencies of all instances together: a group that waits for a whole group has as many as
  /// the product of both.
  std::size_t dependencies_max = 1'000'000;
};

/// Summary of the one error about a folder in which no file is a configuration.
inline constexpr const char* kNoConfiguration = "folder has no configuration";

/// Loads *.yaml and *.yml files that begin a crosstie configuration (a top-level `crosstie:` key in
/// at least one; blueprint files, which have `blueprint:`, are left aside unless a link names
/// them). All errors of the folder in one go. `schemas` must outlive the configuration.
Result<std::shared_ptr<const Configuration>> load_configuration(const LoadOptions& options,
                                                                const SchemaCatalog& schemas);

}  // namespace crosstie
