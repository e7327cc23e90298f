#include "sandbox/control.hpp"

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sandbox/faults.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {
using nlohmann::json;
namespace {

constexpr std::string_view kRoutes =
    "The sandbox answers GET /requests, GET /world, GET /faults, POST /faults and DELETE /faults.";

Response answer(int status, const json& body) {
  // nlohmann::json keeps object keys sorted, so this text is canonical.
  return Response::json(status, body.dump(2) + "\n");
}

Response refuse(int status, const std::string& message) {
  return answer(status, json{{"error", message}});
}

Response get_requests(const ControlParts& parts, const Request& request) {
  std::uint64_t after = 0;
  if (const auto text = request.query_value("after")) {
    const char* end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, after);
    if (error != std::errc{} || at != end || text->empty()) {
      return refuse(400, "The parameter after must be the number of a request.");
    }
  }
  return answer(200, parts.log.to_json(after));
}

Response get_world(const ControlParts& parts) {
  json world = json::object();
  for (const auto& [name, make] : parts.world) world[name] = make();
  return answer(200, world);
}

Response post_faults(const ControlParts& parts, const Request& request) {
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_discarded()) {
    return refuse(400,
                  "The body is not JSON; a fault looks like "
                  "{\"api\": \"kubernetes\", \"method\": \"GET\", \"path\": \"/api/*\", "
                  "\"nth\": 1, \"kind\": \"status:503\"}.");
  }
  const json list = body.is_array() ? body : json::array({body});
  std::vector<Fault> faults;
  for (const json& description : list) {
    ParsedFault parsed = parse_fault(description);
    if (!parsed.error.empty()) return refuse(400, parsed.error);
    faults.push_back(std::move(parsed.fault));
  }
  for (Fault& fault : faults) {
    if (!parts.faults.add(std::move(fault))) {
      return refuse(400, "There are " + std::to_string(kFaultsMax) +
                             " faults already; remove them with DELETE /faults.");
    }
  }
  return answer(201, parts.faults.to_json());
}

Response route(const ControlParts& parts, const Request& request) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (request.path == "/requests" && get) return get_requests(parts, request);
  if (request.path == "/world" && get) return get_world(parts);
  if (request.path == "/faults") {
    if (get) return answer(200, parts.faults.to_json());
    if (request.method == "POST") return post_faults(parts, request);
    if (request.method == "DELETE") {
      parts.faults.clear();
      return answer(200, json::array());
    }
  }
  const bool known =
      request.path == "/requests" || request.path == "/world" || request.path == "/faults";
  return refuse(known ? 405 : 404, std::string(kRoutes));
}

Task<Response> serve(const ControlParts& parts, Request request) {
  co_return route(parts, request);
}

}  // namespace

Handler control_handler(const ControlParts& parts) {
  return [&parts](Request request) { return serve(parts, std::move(request)); };
}

}  // namespace crosstie::sandbox
