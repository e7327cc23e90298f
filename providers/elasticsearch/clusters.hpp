#pragma once
// Finds the cluster that an end names: its address and credentials, each from where it already is.
// One client per end.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/end.hpp"
#include "providers/registry.hpp"

namespace crosstie::elasticsearch {

/// Settings of an elasticsearch connection: what ends that say nothing themselves fall back to.
struct ConnectionSettings {
  Value credentials;  // as in an end; null = environment
  std::string ca;
  bool insecure = false;
};

class Clusters {
 public:
  Clusters(ConnectionSettings settings, ProviderEnvironment environment, ConnectionLookup others);

  /// The cluster of an end. Credentials of an `ech` end or an address: the end's own, else the
  /// connection's, else the environment's ELASTICSEARCH_API_KEY, else ELASTICSEARCH_USERNAME with
  /// ELASTICSEARCH_PASSWORD. Of an `eck` end: its own, else the Secret that ECK made. Errors name
  /// what is missing and the ways to give it.
  // Shared by the cache and every coroutine that is in a call of it.
  Task<Result<std::shared_ptr<Cluster>>> find(Value cluster);

 private:
  struct Way {
    http::Endpoint endpoint;
    std::string title;
    std::optional<Credentials> credentials;  // what the place itself gives (eck)
  };
  Task<Result<Way>> way_to(End end);
  Task<Result<Way>> way_to_ech(End end);
  Task<Result<Way>> way_to_eck(End end);
  Task<Result<Credentials>> credentials_for(End end);
  Task<Result<Secret>> secret(Value reference, std::string what);

  ConnectionSettings settings_;
  ProviderEnvironment environment_;
  ConnectionLookup others_;
  std::map<std::string, std::shared_ptr<Cluster>> found_;  // by the end's whole text
};

}  // namespace crosstie::elasticsearch
