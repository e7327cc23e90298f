#include "sandbox/elasticsearch/router.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/media_type.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/gzip.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kBodyBytesMax = 100u << 20;  // http.max_content_length
constexpr std::array<std::string_view, 5> kCommonParameters{"pretty", "human", "error_trace",
                                                            "filter_path", "format"};

const std::vector<Route>& routes() {
  static const std::vector<Route> kAll = [] {
    std::vector<Route> list;
    for (auto& part : {node_routes(), settings_routes(), key_routes(), role_routes(),
                       search_routes(), document_routes()}) {
      list.insert(list.end(), part.begin(), part.end());
    }
    return list;
  }();
  return kAll;
}

bool is_variable(const std::string& part) { return part.size() > 2 && part.front() == '{'; }

/// The number of literal parts when `pattern` fits, else -1. "/" has no parts.
int fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return -1;
  int literal = 0;
  for (std::size_t k = 0; k < pattern.size(); ++k) {
    if (is_variable(pattern[k])) continue;
    if (pattern[k] != path[k]) return -1;
    ++literal;
  }
  return literal;
}

struct Match {
  const Route* route = nullptr;
  std::vector<std::string>
      allowed;  // methods of the path when the method asked for is not among them
};

Match find_route(const std::string& method, const std::string& path) {
  const std::vector<std::string> parts = split_list(path, '/');
  int best = -1;
  Match match;
  for (const Route& route : routes()) {
    const int literal = fit(split_list(route.pattern, '/'), parts);
    if (literal < 0 || literal < best) continue;
    if (literal > best) match = {};
    best = literal;
    const std::vector<std::string> methods = split_list(route.methods);
    match.allowed.insert(match.allowed.end(), methods.begin(), methods.end());
    if (std::find(methods.begin(), methods.end(), method) != methods.end()) match.route = &route;
  }
  return match;
}

Response wrong_method(const Request& request, const std::vector<std::string>& allowed) {
  Response response = answer(
      405, {{"error", "Incorrect HTTP method for uri [" + request.raw_target + "] and method [" +
                          request.method + "], allowed: [" + join(allowed, ", ") + "]"},
            {"status", 405}});
  response.headers.emplace_back("Allow", join(allowed, ","));
  return response;
}

Response options_answer(const std::vector<std::string>& allowed) {
  Response response;
  response.headers = {{"Content-Type", "text/plain; charset=UTF-8"}, {"Allow", join(allowed, ",")}};
  return response;
}

void check_parameters(const Request& request, const Route& route) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : request.query) {
    const bool common = std::find(kCommonParameters.begin(), kCommonParameters.end(), name) !=
                        kCommonParameters.end();
    if (common ||
        std::find(route.parameters.begin(), route.parameters.end(), name) != route.parameters.end())
      continue;
    unknown.push_back("[" + name + "]");
  }
  if (unknown.empty()) return;
  std::sort(unknown.begin(), unknown.end());
  throw illegal_argument("request [" + request.path + "] contains unrecognized parameter" +
                         (unknown.size() > 1 ? "s" : "") + ": " + join(unknown, ", "));
}

std::map<std::string, std::string> path_values(const Route& route, const std::string& path) {
  std::map<std::string, std::string> values;
  const std::vector<std::string> pattern = split_list(route.pattern, '/');
  const std::vector<std::string> parts = split_list(path, '/');
  for (std::size_t k = 0; k < pattern.size(); ++k) {
    if (is_variable(pattern[k])) values[pattern[k].substr(1, pattern[k].size() - 2)] = parts[k];
  }
  return values;
}

Task<Response> dispatch(std::shared_ptr<ClusterState> cluster, Request request) {
  const Principal who = authenticate(*cluster, request);
  const Match match = find_route(request.method, request.path);
  if (request.method == "OPTIONS" && !match.allowed.empty())
    co_return options_answer(match.allowed);
  // The form without an expression came in 8.18; before, the path belongs to a POST of something
  // else (8.14.3, recording 02).
  if (request.path == "/_resolve/cluster" && !cluster->version.at_least(8, 18)) {
    const std::vector<std::string> post{"POST"};
    co_return wrong_method(request, post);
  }
  if (match.allowed.empty()) {
    co_return answer(400, {{"error", "no handler found for uri [" + request.raw_target +
                                         "] and method [" + request.method + "]"}});
  }
  if (match.route == nullptr) co_return wrong_method(request, match.allowed);
  if (const std::string problem = unsupported_body(request); !problem.empty()) {
    co_return answer(406, {{"error", problem}, {"status", 406}});
  }
  check_parameters(request, *match.route);
  Call call;
  call.path = path_values(*match.route, request.path);
  call.who = who;
  call.request = std::move(request);
  if (match.route->plain != nullptr) co_return match.route->plain(*cluster, call);
  co_return co_await match.route->waiting(cluster, std::move(call));
}

/// http.max_initial_line_length (recording 13-http-wire).
void check_request_line(const Request& request) {
  constexpr std::size_t kLineBytesMax = 4096;
  constexpr std::size_t kAroundTarget = 10;  // two spaces, "HTTP/1.1"
  if (request.method.size() + request.raw_target.size() + kAroundTarget <= kLineBytesMax) return;
  throw refuse(400, "too_long_http_line_exception", "An HTTP line is larger than 4096 bytes.");
}

/// Clients compress bodies when they are told to.
void unpack_body(Request& request) {
  if (lower(request.header("content-encoding")) != "gzip") return;
  auto plain = gunzip(request.body, kBodyBytesMax);
  if (!plain) throw refuse(400, "decompression_exception", "Unsupported compression method");
  request.body = std::move(*plain);
}

Response refusal_answer(const Refusal& refusal) {
  Response response = answer(refusal.status, error_body(refusal));
  response.headers.insert(response.headers.end(), refusal.headers.begin(), refusal.headers.end());
  return response;
}

/// `pretty`, `filter_path`, `format` and the headers that every answer has.
Response finish(const Request& request, Response response, const MediaTypes& types) {
  const bool shaped = request.query_value("filter_path") && response.status < 400;
  const bool yaml = types.format == BodyFormat::yaml || request.query_value("format") == "yaml";
  const auto asked_pretty = request.query_value("pretty");
  const bool is_pretty = asked_pretty && *asked_pretty != "false";
  if (!response.body.empty() && (shaped || yaml || is_pretty)) {
    Json body = Json::parse(response.body, nullptr, false);
    if (shaped) body = filter_path(body, *request.query_value("filter_path"));
    response.body =
        is_pretty ? pretty(body) : body.dump(-1, ' ', false, Json::error_handler_t::replace);
    // JSON is YAML too, in its flow style.
    if (yaml) response.body = "--- " + response.body + "\n";
  }
  for (auto& [name, value] : response.headers) {
    if (name == "Content-Type" && value == "application/json")
      value = yaml ? "application/yaml" : types.content_type;
  }
  response.headers.emplace_back("X-elastic-product", "Elasticsearch");
  if (const std::string opaque = request.header("x-opaque-id"); !opaque.empty()) {
    response.headers.emplace_back("X-Opaque-Id", opaque);
  }
  return response;
}

}  // namespace

std::string Call::query(const std::string& parameter, const std::string& otherwise) const {
  return request.query_value(parameter).value_or(otherwise);
}

bool Call::flag(const std::string& parameter, bool otherwise) const {
  const auto value = request.query_value(parameter);
  if (!value) return otherwise;
  if (value->empty() || *value == "true") return true;
  if (*value == "false") return false;
  throw illegal_argument("Failed to parse value [" + *value +
                         "] as only [true] or [false] are allowed.");
}

Json Call::body(bool optional) const {
  if (request.body.empty()) {
    if (optional) return Json::object();
    throw refuse(400, "parse_exception", "request body is required");
  }
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded())
    throw refuse(400, "x_content_parse_exception", "[1:1] the body is not valid JSON");
  if (!body.is_object())
    throw refuse(400, "x_content_parse_exception", "[1:1] Expected START_OBJECT");
  return body;
}

Task<Response> serve_request(std::shared_ptr<ClusterState> cluster, Request request) {
  MediaTypes types;
  Response response;
  try {
    check_request_line(request);
    unpack_body(request);
    types = negotiate(request, cluster->version);
    if (cluster->nodes_up == 0)
      throw refuse(503, "master_not_discovered_exception", "no node of this cluster is up");
    response = co_await dispatch(cluster, request);
  } catch (const Refusal& refusal) {
    response = refusal_answer(refusal);
  } catch (const Json::exception&) {
    // A member of the body has another type than the parser takes.
    response = refusal_answer(
        refuse(400, "x_content_parse_exception", "[1:1] failed to parse the request body"));
  }
  co_return finish(request, std::move(response), types);
}

}  // namespace crosstie::sandbox::elasticsearch
