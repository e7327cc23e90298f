#pragma once
// The Elasticsearch process behind a resource: one simulated cluster, its HTTPS listener, its
// remote cluster server, and their addresses inside the simulated Kubernetes.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

class ClusterRuntime {
 public:
  /// What should be true of the process now.
  struct Wish {
    ClusterNames names;
    std::string version;
    std::string cluster_uuid;
    std::string elastic_password;
    std::vector<std::string> nodes;          // all
    std::vector<std::string> nodes_up;       // have a master, and answer
    std::vector<std::string> nodes_started;  // their process runs, perhaps without a master
    Identity http;
    std::optional<Identity> remote;      // present: serve the remote cluster interface with it
    std::string trust_pem;               // authorities that its own outgoing links trust
    std::optional<Transport> transport;  // of a node that is up; absent: none is
    std::map<std::string, std::string> keystore;
  };

  ClusterRuntime(Context& context, std::function<Handler(Handler)> wrap)
      : context_(context), wrap_(std::move(wrap)) {}
  ~ClusterRuntime();
  ClusterRuntime(const ClusterRuntime&) = delete;
  ClusterRuntime& operator=(const ClusterRuntime&) = delete;

  void follow(const Wish& wish);
  /// "unknown" while no process runs, "red" while those that run have no master. The real operator
  /// says "unknown" of the latter too, because their Service has no endpoint.
  std::string health() const;
  std::uint16_t http_port() const { return listener_ == nullptr ? 0 : listener_->port(); }
  std::uint16_t remote_port() const { return remote_port_; }
  std::uint16_t transport_port() const { return transport_port_; }
  ElasticsearchCluster* cluster() const { return cluster_.get(); }

 private:
  void follow_listener(const Wish& wish);
  void follow_addresses(const Wish& wish);
  void follow_remote(const Wish& wish);

  Context& context_;
  std::function<Handler(Handler)> wrap_;
  std::unique_ptr<ElasticsearchCluster> cluster_;
  std::unique_ptr<Listener> listener_;
  std::string listener_certificate_;
  std::string remote_certificate_;
  std::uint16_t remote_port_ = 0;
  std::uint16_t transport_port_ = 0;
  std::size_t nodes_up_ = 0;
  std::size_t nodes_total_ = 0;
  bool started_ = false;  // a process runs
  std::string trust_pem_;
  std::map<std::string, std::string> keystore_;
  std::set<std::string> bound_;
};

}  // namespace crosstie::sandbox::eck
