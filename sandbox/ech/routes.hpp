#pragma once
// The table of endpoints. A handler throws ApiError for a request that it does not take.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/ech/world_state.hpp"

namespace crosstie::sandbox::ech {

struct Call {
  std::shared_ptr<WorldState> world;
  Request request;
  std::map<std::string, std::string> path;

  /// The deployment that the path names; throws 404.
  std::shared_ptr<Deployment> deployment() const;
  /// The same, and its ref_id is checked ("_main" is the only one).
  std::shared_ptr<Deployment> resource() const;
  bool flag(const std::string& name, bool otherwise) const;
};

struct Route {
  std::string method;
  std::string pattern;
  Response (*serve)(const Call&);
};

std::vector<Route> deployment_routes();
std::vector<Route> keystore_routes();
std::vector<Route> command_routes();
std::vector<Route> account_routes();

/// One request to the API: credentials, route, headers.
Task<Response> serve_request(std::shared_ptr<WorldState> world, Request request);

}  // namespace crosstie::sandbox::ech
