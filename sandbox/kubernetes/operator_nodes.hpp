#pragma once
// The Elasticsearch processes in the pods: what each was started with, which of them form a
// cluster, and who may join it. A process is up while its container runs; it is joined while it has
// a master, which is when ECK's readiness probe (readiness.port) answers.
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_transport.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

class NodeProcesses {
 public:
  using ClusterId = std::pair<std::string, std::string>;  // namespace, name

  explicit NodeProcesses(ObjectStore& store) : store_(store) {}

  /// The cluster that a pod belongs to; nullopt for pods that run no Elasticsearch of ECK.
  static std::optional<ClusterId> cluster_of(const nlohmann::json& pod);

  enum class Outcome { up, waits, exits };
  struct Start {
    Outcome outcome = Outcome::up;
    std::string failure;  // why it exits
  };
  /// Starts the process of the pod, which runs under `uid`.
  Start start(const ObjectKey& pod, const nlohmann::json& object);
  /// The pod is gone, or another one has its name.
  void end(const ObjectKey& pod);

  /// Elects, admits and drops nodes of the cluster. Nodes that are connected stay so: a change of
  /// trust counts only for new connections, as in Elasticsearch.
  void settle(const ClusterId& cluster);
  bool joined(const ObjectKey& pod) const;
  bool up(const ObjectKey& pod) const { return nodes_.contains(pod); }
  /// Nodes of the cluster whose process runs, joined or not.
  std::vector<std::string> up_in(const ClusterId& cluster) const;
  /// Clusters of the namespace that have a running process.
  std::set<ClusterId> clusters_in(const std::string& namespace_name) const;
  /// The transport interface of a running node; null when it does not run.
  const Transport* transport(const std::string& namespace_name, const std::string& pod) const;

  /// True when a running node reads a transport file from the object.
  bool reads(const ObjectKey& object) const;
  /// Lets the running nodes of a namespace read their files again; names the clusters of those to
  /// whom something changed.
  std::set<ClusterId> reload(const std::string& namespace_name);

 private:
  struct Node {
    ClusterId cluster;
    bool master = false;  // master-eligible
    nlohmann::json settings;
    NodeTransport files;
    bool joined = false;
  };

  std::vector<Node*> nodes_of(const ClusterId& cluster);
  /// Master-eligible nodes that the StatefulSets ask for.
  int masters_wanted(const ClusterId& cluster) const;
  void admit(const std::vector<Node*>& nodes, const Node& master);
  void elect(const std::vector<Node*>& nodes, int voters);

  ObjectStore& store_;
  std::map<ObjectKey, Node> nodes_;  // by pod
  std::map<ClusterId, int> voters_;  // size of the voting configuration, once formed
};

}  // namespace crosstie::sandbox::eck
