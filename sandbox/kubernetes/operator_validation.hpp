#pragma once
// What the operator refuses, in its own words (texts seen with ECK 3.5.0).
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// False when a podTemplate has a type that Go cannot decode: then the operator's watch of the
/// whole kind fails, and no Elasticsearch resource is reconciled until that one is gone.
bool pod_templates_decode(const nlohmann::json& resource);

/// The errors that make a resource Invalid, each "field: Type: value: text"; empty when it is
/// valid.
std::vector<std::string> validate_cluster(const ClusterView& view);
/// The event text for them: `Elasticsearch.elasticsearch.k8s.elastic.co "NAME" is invalid: ...`.
std::string format_invalid(const ClusterView& view, const std::vector<std::string>& errors);
/// Settings that ECK reserves and the user set all the same: a Warning event each, and the cluster
/// goes on.
std::vector<std::string> reserved_settings(const ClusterView& view);

/// Mounts without a volume in a finished StatefulSet; the message of ECK, "" when there is none.
std::string missing_volumes(const ClusterView& view, const nlohmann::json& stateful_set);

}  // namespace crosstie::sandbox::eck
