#pragma once
// The three patch formats that change an object in place.
#include <nlohmann/json.hpp>

#include "sandbox/kubernetes/field_schema.hpp"

namespace crosstie::sandbox::kubernetes {

/// RFC 6902. Throws StatusError 422 without causes for anything that does not fit, as the real
/// server does.
nlohmann::json json_patch(const nlohmann::json& object, const nlohmann::json& patch);

/// RFC 7396.
nlohmann::json merge_patch(nlohmann::json object, const nlohmann::json& patch);

/// Kubernetes' strategic merge patch: keyed lists merge by their first key; $patch,
/// $deleteFromPrimitiveList, $retainKeys.
nlohmann::json strategic_patch(const nlohmann::json& object, const nlohmann::json& patch,
                               const FieldSchema* schema);

}  // namespace crosstie::sandbox::kubernetes
