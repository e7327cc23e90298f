#pragma once
// Who sends a request, and what they may do.
#include <string>
#include <vector>

#include "sandbox/elasticsearch/state.hpp"

namespace crosstie::sandbox::elasticsearch {

/// Basic elastic:password or ApiKey; throws the 401 with its WWW-Authenticate headers.
Principal authenticate(const ClusterState& cluster, const Request& request);

/// True when a cluster privilege of `who` implies one of `granting` ("all" always does).
bool has_cluster_privilege(const Principal& who, const std::vector<std::string>& granting);
bool has_index_privilege(const Principal& who, const std::string& index,
                         const std::string& privilege);

/// Throws the 403 that names action and granting privileges.
void require_cluster(const Principal& who, const std::string& action,
                     const std::vector<std::string>& granting);
void require_index(const Principal& who, const std::string& action, const std::string& index,
                   const std::string& privilege);

/// "user [elastic] with effective roles [superuser]" or "API key id [x] of user [elastic]".
std::string describe(const Principal& who);

}  // namespace crosstie::sandbox::elasticsearch
