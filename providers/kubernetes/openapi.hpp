#pragma once
// kubernetes.schema: whether the cluster's kinds have certain fields. The version of ECK's operator
// is nowhere in the API; its CRD tells.
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"

namespace crosstie::kubernetes {

/// Whether an OpenAPI v3 document knows the field at a dotted path of a kind; list elements are
/// passed through. Below a part that keeps unknown fields everything is there. nullopt: the
/// document has no such kind. Pure.
std::optional<bool> has_field(const nlohmann::json& document, const std::string& api_version,
                              const std::string& kind, const std::string& path);

std::unique_ptr<Handler> make_schema_handler(std::shared_ptr<Api> api);

}  // namespace crosstie::kubernetes
