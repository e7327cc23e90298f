#pragma once
// Structural schemas (the OpenAPI subset of a CustomResourceDefinition): pruning of unknown fields,
// defaults, validation. Texts as kube-apiserver 1.33 writes them
// (shared/fixtures/kubernetes/http-422-invalid-cr.txt and others).
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

/// Removes fields the schema does not know and returns their paths ("spec.nodeSets[0].bogus"), in
/// order.
std::vector<std::string> prune_unknown(nlohmann::json& object, const nlohmann::json& schema);

/// Fills in the schema's defaults.
void fill_defaults(nlohmann::json& object, const nlohmann::json& schema);

/// Everything that the schema refuses.
std::vector<Cause> validate_structure(const nlohmann::json& object, const nlohmann::json& schema);

}  // namespace crosstie::sandbox::kubernetes
