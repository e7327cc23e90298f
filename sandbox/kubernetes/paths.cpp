// Paths that are no resources: version, health, discovery, OpenAPI.
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/discovery.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(body);
  return response;
}

/// "v1.33.13" as /version tells it.
json version_of(const std::string& git_version) {
  const std::size_t dot = git_version.find('.');
  const std::string minor = git_version.substr(dot + 1, git_version.find('.', dot + 1) - dot - 1);
  return {{"major", "1"},
          {"minor", minor},
          {"emulationMajor", "1"},
          {"emulationMinor", minor},
          {"minCompatibilityMajor", "1"},
          {"minCompatibilityMinor", std::to_string(std::atoi(minor.c_str()) - 1)},
          {"gitVersion", git_version},
          {"gitCommit", "0000000000000000000000000000000000000000"},
          {"gitTreeState", "clean"},
          {"buildDate", "2026-01-01T00:00:00Z"},
          {"goVersion", "go1.26.8"},
          {"compiler", "gc"},
          {"platform", "linux/amd64"}};
}

/// Version v2 only, so that clients that know v2beta1 alone (before 1.30) get the older form.
bool wants_aggregated(const Request& request) {
  std::istringstream types(request.header("accept"));
  for (std::string type; std::getline(types, type, ',');) {
    type += ';';
    if (type.find("as=APIGroupDiscoveryList;") != std::string::npos &&
        type.find("v=v2;") != std::string::npos)
      return true;
  }
  return false;
}

Response discovery_root(Server& server, const Request& request, bool core) {
  if (wants_aggregated(request)) {
    Response response = respond(request, 200, aggregated(server.kinds, core));
    response.headers = {{"Content-Type", kAggregated}, {"Vary", "Accept"}};
    return response;
  }
  return respond(request, 200, core ? core_versions() : group_list(server.kinds));
}

Response serve_group(Server& server, const Request& request,
                     const std::vector<std::string>& parts) {
  for (const KindTable::Group& group : server.kinds.groups()) {
    if (group.name == parts[1] && parts.size() == 2)
      return respond(request, 200, group_document(group));
  }
  if (parts.size() != 3 || !server.kinds.serves(parts[1], parts[2])) return text_not_found();
  return respond(request, 200, resource_list(server.kinds, parts[1], parts[2]));
}

Response serve_openapi(Server& server, const Request& request,
                       const std::vector<std::string>& parts) {
  if (parts.size() < 2 || parts[1] != "v3") return text_not_found();
  if (parts.size() == 2) return respond(request, 200, openapi_index(server.kinds));
  const bool core = parts.size() == 4 && parts[2] == "api";
  const bool group = parts.size() == 5 && parts[2] == "apis";
  if (!core && !group) return text_not_found();
  const std::string name = core ? "" : parts[3];
  if (!server.kinds.serves(name, parts.back())) return text_not_found();
  return respond(request, 200, openapi_document(server.kinds, name, parts.back()));
}

}  // namespace

Response text_not_found() { return text(404, "404 page not found\n"); }

Response serve_path(Server& server, const Request& request, const RequestInfo& info) {
  const std::vector<std::string> parts = path_segments(info.path);
  if (request.method != "GET" && request.method != "HEAD") throw method_not_allowed();
  if (parts.empty())
    return respond(request, 200,
                   {{"paths",
                     {"/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz",
                      "/version"}}});
  const std::string& first = parts[0];
  if (first == "healthz" || first == "livez" || first == "readyz") return text(200, "ok");
  if (first == "version" && parts.size() == 1)
    return respond(request, 200, version_of(server.options.git_version));
  if (first == "api" && parts.size() == 1) return discovery_root(server, request, true);
  if (first == "apis" && parts.size() == 1) return discovery_root(server, request, false);
  if (first == "api" && parts.size() == 2 && parts[1] == "v1")
    return respond(request, 200, resource_list(server.kinds, "", "v1"));
  if (first == "apis") return serve_group(server, request, parts);
  if (first == "openapi") return serve_openapi(server, request, parts);
  return text_not_found();
}

}  // namespace crosstie::sandbox::kubernetes
