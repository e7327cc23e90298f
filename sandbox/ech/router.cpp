#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::string_view kBase = "/api/v1";
constexpr std::size_t kIdCharacters = 32;
constexpr std::uint64_t kRateLimit = 1000;
constexpr std::uint64_t kRateInterval = 60;

using elasticsearch::split_list;

const std::vector<Route>& routes() {
  static const std::vector<Route> kAll = [] {
    std::vector<Route> list;
    for (auto& part :
         {deployment_routes(), keystore_routes(), command_routes(), account_routes()}) {
      list.insert(list.end(), part.begin(), part.end());
    }
    return list;
  }();
  return kAll;
}

bool is_variable(const std::string& part) { return part.front() == '{'; }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t k = 0; k < pattern.size(); ++k) {
    if (!is_variable(pattern[k]) && pattern[k] != path[k]) return false;
  }
  return true;
}

/// 401 without credentials or with an unknown key; 403 for a user and password, which this service
/// does not take.
void authenticate(const WorldState& world, const Request& request) {
  const std::string header = request.header("authorization");
  const std::size_t space = header.find(' ');
  const std::string scheme = elasticsearch::lower(header.substr(0, space));
  if (scheme == "apikey" && space != std::string::npos &&
      header.substr(space + 1) == world.options.api_key)
    return;
  if (scheme == "basic")
    throw api_error(403, "root.invalid_authentication",
                    "The supplied authentication is not supported");
  if (scheme.empty())
    throw api_error(401, "root.unauthorized", "The request is missing credentials");
  throw api_error(401, "root.unauthorized", "The supplied authentication is invalid");
}

Response dispatch(const std::shared_ptr<WorldState>& world, Request request) {
  authenticate(*world, request);
  if (request.path.rfind(kBase, 0) != 0)
    throw api_error(404, "root.resource_not_found", "No such resource");
  const std::vector<std::string> path = split_list(request.path.substr(kBase.size()), '/');
  bool path_known = false;
  for (const Route& route : routes()) {
    const std::vector<std::string> pattern = split_list(route.pattern, '/');
    if (!fits(pattern, path)) continue;
    path_known = true;
    if (route.method != request.method) continue;
    Call call{world, std::move(request), {}};
    for (std::size_t k = 0; k < pattern.size(); ++k) {
      if (is_variable(pattern[k])) call.path[pattern[k].substr(1, pattern[k].size() - 2)] = path[k];
    }
    return route.serve(call);
  }
  if (path_known)
    throw api_error(405, "root.method_not_allowed",
                    "The method [" + request.method + "] is not allowed here");
  throw api_error(404, "root.resource_not_found", "No such resource [" + request.path + "]");
}

void add_common_headers(WorldState& world, Response& response) {
  // Counts down within an interval of as many requests; the real figures are not published.
  const std::uint64_t used = world.requests++ % kRateLimit;
  response.headers.emplace_back("x-ratelimit-limit", std::to_string(kRateLimit));
  response.headers.emplace_back("x-ratelimit-remaining", std::to_string(kRateLimit - 1 - used));
  response.headers.emplace_back("x-ratelimit-interval", std::to_string(kRateInterval));
  response.headers.emplace_back("x-request-id", "sandbox-" + std::to_string(world.requests));
}

}  // namespace

std::shared_ptr<Deployment> WorldState::find(const std::string& id_or_name) const {
  for (const auto& deployment : deployments) {
    if (deployment->id == id_or_name || deployment->name == id_or_name) return deployment;
  }
  return nullptr;
}

std::shared_ptr<Deployment> Call::deployment() const {
  const std::string& id = path.at("deployment_id");
  auto found = id.size() == kIdCharacters ? world->find(id) : nullptr;
  if (!found || found->id != id) throw deployment_not_found(id);
  return found;
}

std::shared_ptr<Deployment> Call::resource() const {
  auto found = deployment();
  const std::string& ref_id = path.at("ref_id");
  if (ref_id != "_main" && ref_id != found->ref_id) throw resource_not_found(ref_id);
  return found;
}

bool Call::flag(const std::string& name, bool otherwise) const {
  const auto value = request.query_value(name);
  if (!value) return otherwise;
  if (*value == "true" || value->empty()) return true;
  if (*value == "false") return false;
  throw api_error(400, "root.malformed_query_parameter",
                  "The query parameter [" + name + "] must be true or false", {name});
}

Task<Response> serve_request(std::shared_ptr<WorldState> world, Request request) {
  Response response;
  try {
    response = dispatch(world, std::move(request));
  } catch (const ApiError& error) {
    response = error_response(error);
  } catch (const Json::exception&) {
    // A member of the body has another type than the handler takes.
    response = error_response(
        api_error(400, "root.invalid_json_request", "JSON request does not comply with schema"));
  }
  add_common_headers(*world, response);
  co_return response;
}

}  // namespace crosstie::sandbox::ech
