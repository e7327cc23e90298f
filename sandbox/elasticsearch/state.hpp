#pragma once
// What one simulated cluster holds. Plain data, shared by the files of this folder; nothing outside
// it sees this header.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/settings.hpp"
#include "sandbox/elasticsearch/version.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::elasticsearch {

enum class KeyType { rest, cross_cluster };

struct ApiKey {
  std::string id;
  std::string name;
  std::string secret;
  KeyType type = KeyType::rest;
  std::string owner;  // user name
  std::int64_t creation = 0;
  std::optional<std::int64_t> expiration;
  std::optional<std::int64_t> invalidation;
  Json metadata = Json::object();
  Json role_descriptors = Json::object();
  Json access;  // cross_cluster only, as read back
  std::optional<std::string> certificate_identity;

  bool usable(std::int64_t now) const {
    return !invalidation && (!expiration || *expiration > now);
  }
};

/// The local side of one remote cluster alias.
struct Link {
  // From the settings:
  bool proxy = true;
  std::string address;  // proxy_address, or the first seed
  std::string server_name;
  Json seeds = Json::array();
  int connections_max = 18;      // proxy_socket_connections, or node_connections
  Json profile;                  // what makes the link be rebuilt when it changes
  bool skip_unavailable = true;  // the effective value, which may differ from the stored one
  // From the connection:
  bool connected = false;
  std::string session;     // of the remote interface; another one means that it restarted
  std::string trust_pem;   // as it was when the connection was opened
  std::string credential;  // likewise, "" in the certificate model
  std::optional<Transport> transport;  // likewise, of the certificate model
  StackVersion remote_version;
  Json failure;  // connect_transport_exception of the last attempt, null when none failed
  std::string unknown_host;      // the host name did not resolve
  std::uint64_t generation = 0;  // a result of an attempt for an older generation is dropped
};

struct IndexData {
  std::string uuid;
  std::int64_t created_ms = 0;
  Json mappings = Json::object();
  Json settings = Json::object();
  std::map<std::string, Json> documents;  // by id
};

/// Who sends a request.
struct Principal {
  std::string username;
  bool is_api_key = false;
  std::string api_key_id;
  std::string api_key_name;
  bool superuser = true;
  Json role_descriptors = Json::object();  // limits of an API key that is not a superuser
};

struct ClusterState : std::enable_shared_from_this<ClusterState> {
  ClusterState(Context& shared_context, ClusterOptions cluster_options);

  Context& context;
  ClusterOptions options;
  StackVersion version;
  int nodes_up = 0;
  int nodes_total = 0;
  std::vector<std::string> node_ids;

  Settings persistent;
  Settings transient;
  std::map<std::string, Link> links;  // by alias
  std::map<std::string, std::string> keystore;
  std::string trust_pem;
  std::optional<Transport> transport;

  std::map<std::string, ApiKey> keys;  // by id
  std::map<std::string, Json> roles;   // user-made ones
  std::map<std::string, IndexData> indices;

  std::unique_ptr<Listener> remote_listener;
  std::string remote_session;  // changes with every start of the remote interface
  std::unique_ptr<Listener> transport_listener;
  std::string transport_session;
  std::uint64_t generations = 0;

  std::string health() const;
  Settings effective() const { return effective_settings(persistent, transient); }
};

/// The key behind `encoded` (base64 of id:secret); when it is not usable as a key of `type`, null
/// and the reason in `problem`.
const ApiKey* find_key(const ClusterState& cluster, const std::string& encoded, KeyType type,
                       std::string& problem);

/// The answers of the remote cluster server (remote_server.cpp).
Response serve_remote_request(ClusterState& cluster, const Request& request);
/// The answers of the transport interface to a peer whose certificate it took (remote_server.cpp).
Response serve_transport_request(ClusterState& cluster, const Request& request);

/// One request to the HTTP interface (router.cpp).
Task<Response> serve_request(std::shared_ptr<ClusterState> cluster, Request request);

/// Everything for the world dump (dump.cpp).
Json dump_cluster(const ClusterState& cluster);

/// Indices with a few documents that every cluster starts with.
std::map<std::string, IndexData> first_indices(ClusterState& cluster);

}  // namespace crosstie::sandbox::elasticsearch
