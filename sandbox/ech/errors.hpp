#pragma once
// Error bodies of the Elastic Cloud API: {"errors":[{"code","message","fields"}]}.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {

struct ApiErrorElement {
  std::string code;
  std::string message;
  std::vector<std::string> fields;
};

/// Thrown by handlers; one answer may hold several errors.
struct ApiError {
  int status = 400;
  std::vector<ApiErrorElement> elements;
};

ApiError api_error(int status, std::string code, std::string message,
                   std::vector<std::string> fields = {});
ApiError deployment_not_found(const std::string& id);
ApiError resource_not_found(const std::string& ref_id);
ApiError plan_pending(const std::string& id);

/// With header x-cloud-error-codes.
Response error_response(const ApiError& error);

}  // namespace crosstie::sandbox::ech
