#pragma once
// The explicit list of providers, and how a configured use of one (a connection) is made.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/model/secret.hpp"
#include "providers/provider.hpp"

namespace crosstie {

/// What providers may ask of the process they run in. Filled by cmd/; providers read neither
/// environment nor clock themselves.
struct ProviderEnvironment {
  std::function<std::string(const std::string&)> variable;  // environment variable, "" when absent
  std::function<void(const std::string&)>
      debug;  // one line for --log-level debug; must hold no secret
  std::string user_agent = "crosstie";
  std::string working_directory = ".";  // relative paths of the configuration start here
  /// One key of a Kubernetes Secret, over the connection `kubernetes`; make_provider sets it.
  std::function<Task<Result<Secret>>(std::string namespace_name, std::string name, std::string key)>
      kubernetes_secret;
  std::optional<std::chrono::milliseconds>
      request_timeout;  // of each try of a request; absent: what the provider finds right for it
};

/// All resource types of all providers.
SchemaCatalog all_schemas();

/// The connection names are "kubernetes", "ech", "elasticsearch", "null", or "<provider>.<name>".
/// `settings` is the evaluated block of `providers:` (null when absent). Connections that other
/// connections need (elasticsearch uses kubernetes and ech) are found in `others`.
using ConnectionLookup = std::function<Provider*(const std::string& connection)>;
Result<std::unique_ptr<Provider>> make_provider(const std::string& connection,
                                                const Value& settings,
                                                const ProviderEnvironment& environment,
                                                const ConnectionLookup& others);

}  // namespace crosstie
