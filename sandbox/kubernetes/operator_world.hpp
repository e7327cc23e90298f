#pragma once
// What exists before the operator's first look: namespaces, the operator's own home, and the
// resources of the world file as their user applied them.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox::eck {

void make_namespace(ObjectStore& store, const std::string& name);
/// Namespace elastic-system with the operator's pod (its image tells the version), licence and id.
void make_operator_home(ObjectStore& store, const std::vector<WorldEck>& world);
/// The Elasticsearch resource as `kubectl apply` sends it, with its last-applied annotation.
nlohmann::json applied_resource(const WorldEck& eck);

}  // namespace crosstie::sandbox::eck
