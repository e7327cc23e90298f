#pragma once
// Rolling restarts of an ECK cluster: which changes make one, when none should be begun, and how
// far one is. Pure.
#include <string>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/node_sets_view.hpp"

namespace crosstie::kubernetes {

/// Fields of the spec that make ECK restart every pod (facts: the config hash or pod template of
/// every nodeSet changes).
bool restarts_pods(const Path& path);

/// `remoteClusterServer.enabled, nodeSets config and volumes`: why pods restart.
std::string restart_reasons(const std::vector<Path>& spec_fields,
                            const std::vector<FieldChange>& node_set_changes);

/// `restarts 3 pods of default/quickstart, one rolling restart: quickstart-es-masters-0..2; because
/// of ...`. No pods: their number is not known.
std::string restart_words(const ObjectName& cluster, const std::vector<NodeSetPods>& pods,
                          const std::string& reasons);

/// Why a rolling restart should not be begun now: the cluster is only starting, not green, another
/// restart is running, or orchestration is paused. An error with the ways out; none when all is
/// calm. Sources: status.go and the annotations of cloud-on-k8s 3.5.
Diagnostics restart_refusals(const Value& elasticsearch, const ObjectName& cluster);

/// `2 of 3 nodes restarted, now quickstart-es-data-0, health yellow`; "" while the operator names
/// no node. `restarts`: how many nodes restart in all, 0 when it is not known.
std::string restart_progress(const Value& elasticsearch, std::int64_t restarts);

/// Who keeps the resource in Git or a chart: `Argo CD quickstart`, "" when nobody says so. The
/// labels, annotations and field managers are those of Argo CD 2.x, Flux 2 and Helm 3.
std::string git_owner(const Value& object);
/// The warning for a plan that changes it.
Diagnostic git_owner_warning(const ObjectName& cluster, const std::string& owner);

}  // namespace crosstie::kubernetes
