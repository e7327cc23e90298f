#include "providers/ech/api.hpp"

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

constexpr std::size_t kErrorsShownMax = 5;
constexpr std::size_t kWordsShownMax = 500;

struct ServiceErrors {
  std::vector<std::string> codes;
  std::string message;  // "code: words; code: words"
};

ServiceErrors read_errors(const http::Response& response) {
  ServiceErrors errors;
  const json body = json_read::parse(response.body);
  if (body.is_discarded()) {
    errors.message = response.body.empty() ? "" : "the answer is not JSON";
    return errors;
  }
  for (const json& error : json_read::list(body, {"errors"})) {
    if (errors.codes.size() == kErrorsShownMax) break;
    const std::string code = json_read::text(error, {"code"});
    errors.codes.push_back(code);
    if (!errors.message.empty()) errors.message += "; ";
    errors.message += code + ": " + json_read::text(error, {"message"}).substr(0, kWordsShownMax);
  }
  return errors;
}

bool has_code(const ServiceErrors& errors, std::string_view part) {
  for (const std::string& code : errors.codes)
    if (code.find(part) != std::string::npos) return true;
  return false;
}

// The status of a version conflict is not documented: 409, 412 or 400 with the word in the code
// (facts, section 1).
Refusal classify(int status, const ServiceErrors& errors) {
  if (has_code(errors, "plan_state_error")) return Refusal::plan_pending;
  if (status == 409 || status == 412 || has_code(errors, "version_conflict"))
    return Refusal::conflict;
  if (status == 404 && !has_code(errors, "resource_not_found")) return Refusal::not_found;
  return Refusal::other;
}

std::string way_out(int status, const ServiceErrors& errors) {
  if (status == 403 && has_code(errors, "rbac"))
    return "To fix it, use an API key whose role may change this deployment.";
  if (status == 401 || status == 403)
    return "To fix it, set EC_API_KEY (or `api_key` of the ech provider) to a valid Elastic Cloud "
           "API "
           "key.";
  if (has_code(errors, "deployment_not_found"))
    return "To fix it, check the deployment id and that the API key belongs to its organization.";
  return {};
}

std::string bool_flags(std::initializer_list<std::pair<const char*, bool>> flags) {
  std::string query;
  for (const auto& [name, on] : flags)
    query += std::string(query.empty() ? "?" : "&") + name + (on ? "=true" : "=false");
  return query;
}

std::string keystore_target(const std::string& id, const std::string& ref_id) {
  return "/api/v1/deployments/" + http::percent_encode(id) + "/elasticsearch/" +
         http::percent_encode(ref_id) + "/keystore";
}

http::Request update_request(const std::string& id, const std::string& version, const json& body,
                             const char* validate_only) {
  http::Request request;
  request.method = "PUT";
  request.target = "/api/v1/deployments/" + http::percent_encode(id) +
                   "?hide_pruned_orphans=false&skip_snapshot=false&validate_only=" + validate_only;
  if (!version.empty()) request.target += "&version=" + http::percent_encode(version);
  request.content_type = "application/json";
  request.body = json_read::dump(body);
  request.timeout = std::chrono::seconds(60);
  return request;
}

}  // namespace

Answer read_answer(const std::string& service, const http::Request& request,
                   const http::Exchange& exchange) {
  Answer answer;
  const bool write = request.method != "GET";
  if (!exchange.answered()) {
    answer.refusal = Refusal::other;
    answer.outcome_unknown = write && exchange.failure.sent;
    answer.diagnostics = {http::describe_failure(service, request, exchange.failure)};
    return answer;
  }
  const http::Response& response = *exchange.response;
  answer.version = response.header("x-cloud-resource-version");
  if (response.ok()) {
    answer.body = json_read::parse(response.body);
    if (!answer.body.is_discarded() && answer.body.is_object()) return answer;
    answer.refusal = Refusal::other;
    answer.outcome_unknown = write;
    answer.diagnostics = {
        http::describe_status(service, request, response, "the answer is not a JSON object")};
    return answer;
  }
  const ServiceErrors errors = read_errors(response);
  answer.refusal = classify(response.status, errors);
  // A 5xx of a write may come after it took effect.
  answer.outcome_unknown = write && response.status >= 500;
  Diagnostic why = http::describe_status(service, request, response, errors.message);
  const std::string fix = way_out(response.status, errors);
  if (!fix.empty()) why.fix = fix;
  answer.diagnostics = {std::move(why)};
  return answer;
}

std::string deployment_target(const std::string& id, Detail detail) {
  const bool settings = detail == Detail::settings;
  return "/api/v1/deployments/" + http::percent_encode(id) +
         bool_flags({{"convert_legacy_plans", false},
                     {"show_metadata", false},
                     {"show_plan_defaults", false},
                     {"show_plan_history", detail == Detail::plan_history},
                     {"show_plan_logs", !settings},
                     {"show_plans", true},
                     {"show_settings", settings},
                     {"clear_transient", true},
                     {"enrich_with_template", false}}) +
         "&show_system_alerts=0";
}

Result<void> check_deployment_id(const std::string& id) {
  const bool hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hex && id.size() == 32) return {};
  return make_error("not a deployment id", "\"" + id + "\" is no deployment id.",
                    "To fix it, give the 32 hex characters that `ecctl deployment list` or the "
                    "deployment's page in the console shows.");
}

Diagnostic no_such_resource(const std::string& deployment, const std::string& ref_id) {
  if (ref_id.empty())
    return make_error("deployment has no Elasticsearch",
                      "Deployment " + deployment + " has no single Elasticsearch resource.",
                      "To fix it, name one with `ref_id`.");
  return make_error(
      "no such Elasticsearch resource",
      "Deployment " + deployment + " has no Elasticsearch with ref_id " + ref_id + ".",
      "To fix it, leave `ref_id` out to take the only one.");
}

Result<http::Endpoint> api_endpoint(const std::string& configured, bool insecure) {
  std::string url = configured.empty() ? std::string(kPublicEndpoint) : configured;
  if (url.find("://") == std::string::npos) url = "https://" + url;
  Result<http::Endpoint> endpoint = http::parse_endpoint(url);
  if (!endpoint) return endpoint;
  endpoint->base_path.clear();
  endpoint->tls_options.insecure = insecure;
  return endpoint;
}

Api::Api(http::Client client, std::string service)
    : client_(std::move(client)), service_(std::move(service)) {}

Task<Answer> Api::send(http::Request request) {
  request.headers.emplace_back("accept", "application/json");
  http::Request copy = request;
  http::Exchange exchange = co_await client_.send(std::move(copy));
  co_return read_answer(service_, request, exchange);
}

Task<Answer> Api::read_deployment(std::string id, Detail detail) {
  http::Request request;
  request.target = deployment_target(id, detail);
  co_return co_await send(std::move(request));
}

Task<Result<DeploymentRead>> Api::deployment(std::string id, Detail detail) {
  Answer answer = co_await read_deployment(std::move(id), detail);
  if (!answer.ok()) co_return std::move(answer.diagnostics);
  co_return DeploymentRead{std::move(answer.body), std::move(answer.version)};
}

Task<Answer> Api::update_deployment(std::string id, std::string version, json body) {
  http::Request request = update_request(id, version, body, "false");
  request.repeat = http::Repeat::unsafe;  // each accepted one starts a plan attempt
  co_return co_await send(std::move(request));
}

Task<Answer> Api::validate_update(std::string id, std::string version, json body) {
  http::Request request = update_request(id, version, body, "true");
  co_return co_await send(std::move(request));
}

Task<Answer> Api::read_certificate_authority(std::string id) {
  http::Request request;
  request.target = "/api/v1/deployments/" + http::percent_encode(id) + "/certificate-authority";
  co_return co_await send(std::move(request));
}

Task<Answer> Api::read_keystore(std::string id, std::string ref_id) {
  http::Request request;
  request.target = keystore_target(id, ref_id);
  co_return co_await send(std::move(request));
}

Task<Answer> Api::patch_keystore(std::string id, std::string ref_id, json secrets) {
  http::Request request;
  request.method = "PATCH";
  request.target = keystore_target(id, ref_id);
  request.content_type = "application/json";
  request.body = json_read::dump({{"secrets", std::move(secrets)}});
  co_return co_await send(std::move(request));
}

}  // namespace crosstie::ech
