#pragma once
// What the operator reads from one Elasticsearch resource, in its own terms. Reading never fails:
// whatever has a wrong type counts as absent, as the schema (or operator_validation) has the last
// word on it.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"

namespace crosstie::sandbox::eck {

/// Names of what belongs to a cluster (ECK's naming, pkg/controller/common/name).
struct ClusterNames {
  std::string namespace_name;
  std::string name;

  std::string es(const std::string& suffix) const { return name + "-es-" + suffix; }
  std::string remote_service_host() const {
    return es("remote-cluster") + "." + namespace_name + ".svc";
  }
  std::string path() const { return namespace_name + "/" + name; }
};

struct NodeSet {
  std::string name;
  std::string stateful_set;  // C-es-NAME
  int count = 0;
  nlohmann::json config;         // as a nested tree, dotted keys expanded
  nlohmann::json pod_template;   // as given, {} when absent
  nlohmann::json volume_claims;  // as given, null when absent
  std::set<std::string> roles;
  bool master() const { return roles.contains("master") && count > 0; }
};

struct ClusterView {
  ClusterNames names;
  std::string uid;
  std::int64_t generation = 0;
  std::string version_text;
  Version operator_version{3, 5, 0};
  nlohmann::json spec;
  nlohmann::json annotations;
  std::vector<NodeSet> node_sets;
  bool remote_server = false;
  std::string authorities_config_map;  // spec.transport.tls.certificateAuthorities.configMapName
  bool managed = true;
  bool paused = false;

  int node_count() const;
  std::vector<std::string> node_names() const;
  /// spec.<section>.service, {} when absent; for remoteClusterServer only since ECK 3.3.
  nlohmann::json service_template(const char* section) const;
  /// Labels of everything that belongs to the cluster, and of a nodeSet's objects.
  nlohmann::json labels() const;
  nlohmann::json labels(const NodeSet& node_set) const;
  /// metadata.ownerReferences of what goes with the resource.
  nlohmann::json owners() const;
};

ClusterView read_cluster(const nlohmann::json& resource, const Version& operator_version);

/// `config` with dotted keys as nested objects; lists of the same key are joined.
nlohmann::json expand_dotted(const nlohmann::json& config);
/// Puts `from` into `into`: objects member by member, lists joined, anything else replaced
/// (settings/canonical_config.go).
void merge_config(nlohmann::json& into, const nlohmann::json& from);

}  // namespace crosstie::sandbox::eck
