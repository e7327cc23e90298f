#pragma once
// StatefulSets and the disruption budget of a cluster, as ECK builds them.
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// The StatefulSet that ECK wants for a nodeSet: its own pod template with the user's merged in by
/// name.
nlohmann::json desired_stateful_set(const ClusterView& view, const NodeSet& node_set);
/// Creates or updates it; the spec is replaced only when its template hash differs, as ECK does.
void write_stateful_set(ObjectStore& store, const ClusterView& view, const nlohmann::json& desired);
void write_disruption_budget(ObjectStore& store, const ClusterView& view, int ready);

/// The revision name that the StatefulSet controller gives to the set's present template; read from
/// its status when that is up to date, as hashing a template takes a while.
std::string revision_of(const nlohmann::json& stateful_set);

}  // namespace crosstie::sandbox::eck
