#pragma once
// Discovery documents, one request for all of them or one a group version.
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

nlohmann::json core_versions();                                // /api
nlohmann::json group_list(const KindTable& kinds);             // /apis
nlohmann::json group_document(const KindTable::Group& group);  // /apis/GROUP
nlohmann::json resource_list(const KindTable& kinds, const std::string& group,
                             const std::string& version);
/// APIGroupDiscoveryList of /api (core) or /apis.
nlohmann::json aggregated(const KindTable& kinds, bool core);

/// /openapi/v3 and one group version of it.
nlohmann::json openapi_index(const KindTable& kinds);
nlohmann::json openapi_document(const KindTable& kinds, const std::string& group,
                                const std::string& version);

}  // namespace crosstie::sandbox::kubernetes
