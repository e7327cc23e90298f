#pragma once
// The transport interface of one Elasticsearch node: what its elasticsearch.yml and the files that
// it leads to make of xpack.security.transport.ssl.
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "sandbox/kubernetes/store.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

/// A YAML text as Elasticsearch reads settings: a tree with dotted keys expanded, scalars as text;
/// nullopt when it does not parse or is no mapping.
std::optional<nlohmann::json> parse_settings_yaml(const std::string& text);

/// The elasticsearch.yml that the pod mounts, as such a tree; nullopt when there is none to read.
std::optional<nlohmann::json> mounted_settings(const ObjectStore& store, const nlohmann::json& pod);

struct NodeTransport {
  Transport transport;
  std::set<ObjectKey> sources;               // Secrets and ConfigMaps that the files come from
  std::map<std::string, std::string> fixed;  // files mounted by subPath, by path
  bool waits = false;   // its own certificate is not there yet: the init container waits for it
  std::string failure;  // why a node that starts now exits; "" when it does not
};

/// Reads all files now. `fixed` are those of the running container that a change does not reach.
NodeTransport read_node_transport(const ObjectStore& store, const nlohmann::json& pod,
                                  const nlohmann::json& settings,
                                  const std::map<std::string, std::string>& fixed);

}  // namespace crosstie::sandbox::eck
