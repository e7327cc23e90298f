#pragma once
// NodeSets as the plan sees them: cut down to what the entries touch, compared place by place, and
// counted as pods. Pure.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/node_sets.hpp"

namespace crosstie::kubernetes {

/// Each nodeSet with its name and count, and of the rest what stands at the places of `interest`
/// (settings in dotted spelling) and whoever else mounts its volumes. It is a list of nodeSets
/// still: place_entries and remove_entries mean the same on it.
Value reduced_node_sets(const Value& node_sets, const NodeSetEntries& interest);

/// What all of them name.
NodeSetEntries joined_entries(std::vector<NodeSetEntries> all);

/// What differs between two lists of the same nodeSets, by path:
/// `spec.nodeSets[hot].config["a.b"]`, `spec.nodeSets[hot].volumes.NAME`,
/// `spec.nodeSets[hot].volumeMounts["/path"]`.
std::vector<FieldChange> node_set_changes(const Value& before, const Value& after);

/// Pods of one nodeSet.
struct NodeSetPods {
  std::string node_set;
  std::int64_t count = 0;
};
/// Of all nodeSets, in their order; a count left out is 1.
std::vector<NodeSetPods> pods_of(const Value& node_sets);
/// Of the nodeSets that `changes` (of node_set_changes) touch.
std::vector<NodeSetPods> pods_touched(const Value& node_sets,
                                      const std::vector<FieldChange>& changes);
std::int64_t total(const std::vector<NodeSetPods>& pods);
/// `quickstart-es-masters-0..2, quickstart-es-data-0`.
std::string pod_words(const std::string& cluster, const std::vector<NodeSetPods>& pods);

}  // namespace crosstie::kubernetes
