#pragma once
// Ownership records (metadata.managedFields) of what controllers write, in the shape of the
// recordings: controllers write by Update, never by Apply, so a record is the set of fields whose
// value the manager changed last.
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace crosstie::sandbox::eck {

/// Updates `after`'s managedFields (taken over from `before`) as the API server does when `manager`
/// writes `after` over `before` by Update: changed fields become the manager's alone, removed
/// fields nobody's. `before` is an empty object for a create; `subresource` is "" or "status".
/// Nothing changes when the two are equal.
void record_update(const nlohmann::json& before, nlohmann::json& after, const std::string& manager,
                   const std::string& subresource = "");

}  // namespace crosstie::sandbox::eck
