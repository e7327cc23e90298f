#pragma once
// The effective elasticsearch.yml of a nodeSet, as ECK writes it into Secret C-es-S-es-config.
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// ECK's own settings with the user's on top, as one tree. Without cluster.initial_master_nodes:
/// ECK adds it later, so that it never counts for the config hash.
nlohmann::json effective_config(const ClusterView& view, const NodeSet& node_set);
/// The tree as YAML in the form of ECK (go-yaml, four spaces, keys sorted).
std::string format_yaml(const nlohmann::json& tree);

}  // namespace crosstie::sandbox::eck
