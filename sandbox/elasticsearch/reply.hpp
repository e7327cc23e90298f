#pragma once
// The shapes of Elasticsearch's answers and errors.
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {

using Json = nlohmann::json;

/// Thrown by handlers for a request that the server refuses; turned into the error body by the
/// router.
struct Refusal {
  int status = 400;
  Json error;       // {"type","reason", ...}
  Json root_cause;  // one cause; null: `error` without its causes
  std::vector<std::pair<std::string, std::string>> headers;  // beside the usual ones
};

/// {"type": type, "reason": reason}
Json cause(std::string type, std::string reason);
Refusal refuse(int status, std::string type, std::string reason);
Refusal illegal_argument(std::string reason);
Refusal security_error(int status, std::string reason);
/// "Validation Failed: 1: <problem>;"
Refusal invalid_request(const std::string& problem);
Refusal no_such_index(const std::string& index);
Refusal no_such_remote(const std::string& alias);

/// {"error": {"root_cause": [...], ...}, "status": N}
Json error_body(const Refusal& refusal);

Response ok(const Json& body);
Response answer(int status, const Json& body);

/// Elasticsearch's own `?pretty` form: `"a" : 1`, empty containers as `{ }` and `[ ]`.
std::string pretty(const Json& value);

/// `filter_path`: comma-separated dotted patterns, `*` within a name, `**` over levels, a leading
/// `-` excludes.
Json filter_path(const Json& value, const std::string& patterns);

}  // namespace crosstie::sandbox::elasticsearch
