#pragma once
// The Elastic Cloud Hosted provider: ech.deployment, ech.trust, ech.keystore_entry.
#include <memory>
#include <string>
#include <vector>

#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {

/// Resource types of this provider.
const std::vector<ResourceSchema>& ech_schemas();

/// `settings`: {endpoint, api_key (secret reference), insecure}, null for none. Without `endpoint`
/// the environment's EC_ENDPOINT, then EC_HOST, then https://api.elastic-cloud.com; without
/// `api_key` the environment's EC_API_KEY, which is looked for at the first request. Sends nothing.
/// Errors: an endpoint that is no URL, a literal key.
Result<std::unique_ptr<Provider>> make_ech_provider(const std::string& connection,
                                                    const Value& settings,
                                                    const ProviderEnvironment& environment);

}  // namespace crosstie
