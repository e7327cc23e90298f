#pragma once
// The forms in which a client may ask for objects: whole, metadata only, or as rows of a table.
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

enum class View { whole, metadata, table };

/// From the Accept header; the first form that is known counts.
View wanted_view(const Request& request);

/// One object; `whole` as it is.
nlohmann::json view_object(View view, const Kind& kind, nlohmann::json object);

/// A list of objects; `metadata` is the list's own.
nlohmann::json view_list(View view, const Kind& kind, const std::string& api_version,
                         nlohmann::json metadata, nlohmann::json items);

}  // namespace crosstie::sandbox::kubernetes
