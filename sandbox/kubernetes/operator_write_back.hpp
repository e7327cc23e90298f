#pragma once
// The operator's own writes to an Elasticsearch resource: annotations, and the empty objects that
// Go leaves when it writes the whole resource back. Both show up in every plan that compares too
// simply.
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

struct ClusterProgress {
  bool valid = true;
  std::string cluster_uuid;  // empty until the cluster has formed
};

/// Pods that elect the first master, in order.
std::vector<std::string> master_names(const ClusterView& view);

/// Brings the operator's annotations up to date; with a change of them, an operator up to 3.5 also
/// writes the spec back as Go sees it (upstream #9677 made these scoped patches later). False when
/// nothing has to be written.
bool complete_resource(nlohmann::json& resource, const ClusterView& view,
                       const ClusterProgress& progress);

}  // namespace crosstie::sandbox::eck
