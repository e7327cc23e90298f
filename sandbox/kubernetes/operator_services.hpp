#pragma once
// The Services of a cluster, written as ECK writes them and completed as the API server completes
// them.
#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// Writes C-es-http, C-es-internal-http, C-es-transport, and C-es-remote-cluster while the remote
/// cluster server is on; removes the latter otherwise. A change between headless and not headless
/// deletes the Service and makes a new one (new uid).
void write_cluster_services(Context& context, ObjectStore& store, const ClusterView& view);
/// The headless Service of each nodeSet.
void write_node_set_services(Context& context, ObjectStore& store, const ClusterView& view);

}  // namespace crosstie::sandbox::eck
