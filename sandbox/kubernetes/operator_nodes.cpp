#include "sandbox/kubernetes/operator_nodes.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_transport.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kMasterLabel = "elasticsearch.k8s.elastic.co/node-master";

/// Elasticsearch keeps the voting configuration odd (cluster.auto_shrink_voting_configuration): of
/// two nodes one alone decides, of four three vote.
int majority(int voters) { return (voters - (voters % 2 == 0 ? 1 : 0)) / 2 + 1; }

/// Both ends of a connection check each other.
bool trust_each_other(const Transport& one, const Transport& other) {
  return takes_peer(one.trust, other.identity.certificate_pem) &&
         takes_peer(other.trust, one.identity.certificate_pem);
}

}  // namespace

std::optional<NodeProcesses::ClusterId> NodeProcesses::cluster_of(const json& pod) {
  const std::string name = text_at(pod, {"metadata", "labels", kClusterLabel});
  if (name.empty() || text_at(pod, {"metadata", "labels", kTypeLabel}) != "elasticsearch" ||
      text_at(pod, {"metadata", "labels", kStatefulSetLabel}).empty())
    return std::nullopt;
  return ClusterId{text_at(pod, {"metadata", "namespace"}), name};
}

NodeProcesses::Start NodeProcesses::start(const ObjectKey& pod, const json& object) {
  nodes_.erase(pod);
  const auto cluster = cluster_of(object);
  if (!cluster) return {};
  auto settings = mounted_settings(store_, object);
  if (!settings) return {Outcome::exits, "the settings file elasticsearch.yml cannot be read"};
  NodeTransport files = read_node_transport(store_, object, *settings, {});
  if (files.waits) return {Outcome::waits, ""};
  if (!files.failure.empty()) return {Outcome::exits, files.failure};
  Node node;
  node.cluster = *cluster;
  node.master = text_at(object, {"metadata", "labels", kMasterLabel}) == "true";
  node.settings = std::move(*settings);
  node.files = std::move(files);
  nodes_[pod] = std::move(node);
  return {};
}

void NodeProcesses::end(const ObjectKey& pod) { nodes_.erase(pod); }

std::vector<NodeProcesses::Node*> NodeProcesses::nodes_of(const ClusterId& cluster) {
  std::vector<Node*> nodes;
  for (auto& [pod, node] : nodes_) {
    if (node.cluster == cluster) nodes.push_back(&node);
  }
  return nodes;
}

int NodeProcesses::masters_wanted(const ClusterId& cluster) const {
  const json selector = {{kTypeLabel, "elasticsearch"}, {kClusterLabel, cluster.second}};
  int wanted = 0;
  for (const json* set : store_.list("apps", "statefulsets", cluster.first)) {
    if (!labels_match(selector, *set)) continue;
    if (text_at(*set, {"spec", "template", "metadata", "labels", kMasterLabel}) != "true") continue;
    const json& replicas = member(*set, {"spec", "replicas"});
    if (replicas.is_number_integer()) wanted += replicas.get<int>();
  }
  return wanted;
}

void NodeProcesses::admit(const std::vector<Node*>& nodes, const Node& master) {
  for (Node* node : nodes) {
    if (node->joined) continue;
    node->joined =
        node == &master || trust_each_other(node->files.transport, master.files.transport);
  }
}

/// The first master-eligible node that a majority of the voters can connect to wins.
void NodeProcesses::elect(const std::vector<Node*>& nodes, int voters) {
  for (const Node* candidate : nodes) {
    if (!candidate->master) continue;
    int votes = 0;
    for (const Node* node : nodes) {
      if (!node->master) continue;
      if (node == candidate || trust_each_other(node->files.transport, candidate->files.transport))
        ++votes;
    }
    if (votes < majority(voters)) continue;
    admit(nodes, *candidate);
    return;
  }
}

void NodeProcesses::settle(const ClusterId& cluster) {
  const std::vector<Node*> nodes = nodes_of(cluster);
  const int wanted = masters_wanted(cluster);
  const auto joined_masters = [&nodes] {
    return static_cast<int>(std::count_if(
        nodes.begin(), nodes.end(), [](const Node* node) { return node->joined && node->master; }));
  };
  const auto formed = voters_.find(cluster);
  const int voters = formed == voters_.end() ? wanted : std::min(formed->second, wanted);
  if (joined_masters() < majority(voters)) {
    for (Node* node : nodes) node->joined = false;  // no master any more
    elect(nodes, voters);
  } else {
    const auto master = std::find_if(nodes.begin(), nodes.end(),
                                     [](const Node* node) { return node->joined && node->master; });
    if (master != nodes.end()) admit(nodes, **master);
  }
  const int joined = joined_masters();
  if (joined > 0) voters_[cluster] = std::min(std::max(voters, joined), std::max(wanted, joined));
}

bool NodeProcesses::joined(const ObjectKey& pod) const {
  const auto found = nodes_.find(pod);
  return found != nodes_.end() && found->second.joined;
}

std::vector<std::string> NodeProcesses::up_in(const ClusterId& cluster) const {
  std::vector<std::string> names;
  for (const auto& [pod, node] : nodes_) {
    if (node.cluster == cluster) names.push_back(pod.name);
  }
  return names;
}

std::set<NodeProcesses::ClusterId> NodeProcesses::clusters_in(
    const std::string& namespace_name) const {
  std::set<ClusterId> clusters;
  for (const auto& [pod, node] : nodes_) {
    if (pod.namespace_name == namespace_name) clusters.insert(node.cluster);
  }
  return clusters;
}

const Transport* NodeProcesses::transport(const std::string& namespace_name,
                                          const std::string& pod) const {
  const auto found = nodes_.find(key_of(Kind::pod, namespace_name, pod));
  return found == nodes_.end() ? nullptr : &found->second.files.transport;
}

bool NodeProcesses::reads(const ObjectKey& object) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&object](const auto& item) {
    return item.second.files.sources.contains(object);
  });
}

std::set<NodeProcesses::ClusterId> NodeProcesses::reload(const std::string& namespace_name) {
  std::set<ClusterId> changed;
  for (auto& [pod, node] : nodes_) {
    const json* object = pod.namespace_name == namespace_name ? store_.find(pod) : nullptr;
    if (object == nullptr) continue;
    NodeTransport now = read_node_transport(store_, *object, node.settings, node.files.fixed);
    // A kubelet keeps the files of an object that is gone, and Elasticsearch keeps what it has when
    // a file cannot be read (SSLConfigurationReloader).
    if (!now.failure.empty()) continue;
    if (now.transport == node.files.transport) continue;
    node.files = std::move(now);
    changed.insert(node.cluster);
  }
  return changed;
}

}  // namespace crosstie::sandbox::eck
