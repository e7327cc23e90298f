#include "sandbox/ech/errors.hpp"

#include <string>
#include <utility>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {

ApiError api_error(int status, std::string code, std::string message,
                   std::vector<std::string> fields) {
  return {status, {{std::move(code), std::move(message), std::move(fields)}}};
}

ApiError deployment_not_found(const std::string& id) {
  return api_error(404, "deployments.deployment_not_found",
                   "The requested deployment [" + id + "] could not be found");
}

ApiError resource_not_found(const std::string& ref_id) {
  return api_error(404, "deployments.deployment_resource_not_found",
                   "The requested deployment resource [" + ref_id + "] could not be found");
}

ApiError plan_pending(const std::string& id) {
  return api_error(
      400, "deployments.resource_plan_state_error",
      "There is already a plan pending for the resource [" + id + "]. Wait until it completes.");
}

Response error_response(const ApiError& error) {
  nlohmann::json list = nlohmann::json::array();
  std::string codes;
  for (const ApiErrorElement& element : error.elements) {
    nlohmann::json entry{{"code", element.code}, {"message", element.message}};
    if (!element.fields.empty()) entry["fields"] = element.fields;
    list.push_back(std::move(entry));
    codes += (codes.empty() ? "" : ",") + element.code;
  }
  // A message may repeat bytes of the path that are no UTF-8.
  Response response =
      Response::json(error.status, nlohmann::json{{"errors", list}}.dump(
                                       -1, ' ', false, nlohmann::json::error_handler_t::replace));
  response.headers.emplace_back("x-cloud-error-codes", codes);
  return response;
}

}  // namespace crosstie::sandbox::ech
