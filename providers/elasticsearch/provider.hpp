#pragma once
// The Elasticsearch provider: elasticsearch.cluster, .compatibility, .cross_cluster_api_key,
// .remote_cluster, .role, .link_probe.
#include <memory>
#include <string>
#include <vector>

#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {

/// Resource types of this provider.
const std::vector<ResourceSchema>& elasticsearch_schemas();

/// `settings`: {credentials, ca, insecure}, null for none; they serve ends that say nothing
/// themselves. Sends nothing. Ends that name a deployment or an ECK cluster use the connections
/// `ech` and `kubernetes` of `others` (or the ones they name), looked up when they are first
/// needed. Errors: unknown settings, literal secrets.
Result<std::unique_ptr<Provider>> make_elasticsearch_provider(
    const std::string& connection, const Value& settings, const ProviderEnvironment& environment,
    const ConnectionLookup& others);

}  // namespace crosstie
