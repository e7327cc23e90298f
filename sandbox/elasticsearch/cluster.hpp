#pragma once
// One simulated Elasticsearch cluster: its HTTP interface, its remote cluster server, and its side
// of every link. Owned by whoever runs the cluster: the ECH simulator (a deployment) or the ECK
// operator simulator.
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox {

struct ClusterOptions {
  std::string name;
  std::string version;  // "9.1.0"
  std::string cluster_uuid;
  std::vector<std::string> nodes;  // node names
  std::string elastic_password;
  std::vector<std::string>
      api_keys;  // accepted `ApiKey` header values (encoded form) with superuser rights
  Identity http_tls;
  std::string license_type = "enterprise";
};

/// All functions are called on the sandbox's one thread.
class ElasticsearchCluster {
 public:
  static std::unique_ptr<ElasticsearchCluster> make(Context& context, ClusterOptions options);
  virtual ~ElasticsearchCluster() = default;

  /// Handles one HTTP request to the cluster (GET /, settings, security, search ...); the owner
  /// puts it behind a listener.
  virtual Handler handler() = 0;
  /// Nodes that answer now; a request while none is up is refused (the owner closes the listener).
  virtual void set_nodes_up(int up, int total) = 0;
  virtual std::string health() const = 0;  // green, yellow, red

  /// Remote cluster server (API key model, 9443): starts or replaces the TLS listener; nullopt
  /// stops it. Returns the loopback port that serves it (0 when stopped); the owner binds load
  /// balancer addresses to it in Context::network.
  virtual std::uint16_t serve_remote(std::optional<Identity> identity) = 0;

  /// The transport interface (certificate model): what this cluster shows and takes on the links
  /// that it opens without a credential and, while it is served, on those opened to it. A change
  /// counts for new connections; links of the certificate model are opened again.
  virtual void set_transport(std::optional<Transport> transport) = 0;
  /// Serves the transport interface (9300) by mutual TLS while `on`. Returns its loopback port, 0
  /// when it is not served.
  virtual std::uint16_t serve_transport(bool on) = 0;

  /// What this cluster trusts when it dials another cluster's remote interface, and its keystore.
  /// Set by the owner: public roots are never trusted here unless listed.
  virtual void set_remote_trust(std::string certificates_pem) = 0;
  /// Keystore secrets by setting name (`cluster.remote.<alias>.credentials`); a change reloads and
  /// reopens the links concerned.
  virtual void set_keystore(std::map<std::string, std::string> secrets) = 0;
  /// Password of user "elastic" from the next request on (the ECH console's reset).
  virtual void set_elastic_password(std::string password) = 0;
  /// What a full restart does to the links: all are closed and opened again with the present
  /// settings.
  virtual void reopen_links() = 0;

  /// Everything that exists here as canonical JSON for the world dump: settings, keys, roles,
  /// documents; server-set things under "server".
  virtual nlohmann::json dump() const = 0;
};

}  // namespace crosstie::sandbox
