#pragma once
// The table of endpoints. A handler throws Refusal for a request that it does not take.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/elasticsearch/state.hpp"

namespace crosstie::sandbox::elasticsearch {

/// One request on its way to its handler.
struct Call {
  Request request;
  Principal who;
  std::map<std::string, std::string> path;  // of `{name}` parts

  bool has(const std::string& parameter) const {
    return request.query_value(parameter).has_value();
  }
  std::string query(const std::string& parameter, const std::string& otherwise = "") const;
  /// "" and "true" are true; anything but true and false is refused.
  bool flag(const std::string& parameter, bool otherwise = false) const;
  /// The body as an object; an empty one gives an empty object when `optional`, else it is refused.
  Json body(bool optional) const;
};

struct Route {
  std::string methods;                  // "GET,HEAD", in the order of the Allow header
  std::string pattern;                  // "/_security/role/{name}"
  std::vector<std::string> parameters;  // query parameters beside the common ones
  Response (*plain)(ClusterState&, const Call&) = nullptr;
  Task<Response> (*waiting)(std::shared_ptr<ClusterState>, Call) = nullptr;
};

/// One list a file of endpoints.
std::vector<Route> settings_routes();
std::vector<Route> key_routes();
std::vector<Route> role_routes();
std::vector<Route> node_routes();
std::vector<Route> document_routes();
std::vector<Route> search_routes();

}  // namespace crosstie::sandbox::elasticsearch
