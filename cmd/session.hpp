#pragma once
// What plan, apply, destroy, drift and their kin share: the configuration of a folder, the state,
// the connections.
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cmd/command.hpp"
#include "engine/config/configuration.hpp"
#include "engine/environment.hpp"
#include "providers/registry.hpp"
#include "state/store.hpp"

namespace crosstie {

enum class StateUse { none, look, write };  // look: a missing state is empty and is not made

/// if_there: a folder without a configuration is fine; one with errors is not, because its
/// connections would be lost with it.
enum class ConfigurationUse { needed, if_there, none };

/// -var, -var-file, -no-color, -log-level.
std::vector<Flag> session_flags();
std::vector<Flag> with_session_flags(std::vector<Flag> flags);

LoadOptions load_options(const Invocation& invocation);
Result<std::shared_ptr<const Configuration>> load_here(const Invocation& invocation,
                                                       const SchemaCatalog& schemas);
/// Null when the folder has none.
Result<std::shared_ptr<const Configuration>> load_if_there(const LoadOptions& options,
                                                           const SchemaCatalog& schemas);
Result<std::unique_ptr<StateStore>> open_state(const Invocation& invocation, StateUse use);
LockInfo who_runs(const std::string& command);
std::string timestamp_now();
std::string new_uuid();

class Session {
 public:
  /// Loads what the command needs.
  static Result<std::unique_ptr<Session>> open(const Invocation& invocation, StateUse use,
                                               ConfigurationUse wanted = ConfigurationUse::needed);

  const SchemaCatalog schemas = all_schemas();
  std::shared_ptr<const Configuration> configuration;
  std::unique_ptr<StateStore> store;
  StateSnapshot state;
  boost::asio::io_context io{1};

  /// Environment for the engine. The events may be null.
  Environment environment(EventSink* events);
  /// Makes every connection that configuration and state name; all errors at once.
  Result<void> connect();

 private:
  Result<std::unique_ptr<Provider>> make(const std::string& connection);
  Provider* provider(const std::string& connection);
  ProviderEnvironment provider_environment() const;

  std::map<std::string, std::unique_ptr<Provider>> providers_;
  std::set<std::string> being_made_;
  std::string folder_;
  bool debug_ = false;
};

}  // namespace crosstie
