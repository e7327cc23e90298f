#pragma once
// What a request path asks for, as the API server's own RequestInfo
// (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
#include <optional>
#include <string>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox::kubernetes {

struct RequestInfo {
  bool is_resource = false;
  std::string path;
  std::string verb;  // get, list, watch, create, update, patch, delete, deletecollection;
                     // lower-case method when no resource
  std::string group;
  std::string version;
  std::string namespace_name;
  std::string resource;
  std::string subresource;
  std::string name;
  std::string selected_name;  // by fieldSelector; counts as the name for resourceNames of a rule
  bool too_deep = false;      // the path goes on below a subresource
};

RequestInfo parse_request(const Request& request);

/// Cuts at each "/"; empty pieces are left out.
std::vector<std::string> path_segments(const std::string& path);

/// "1", "true", and a bare parameter count as true.
bool query_flag(const Request& request, const std::string& name);

}  // namespace crosstie::sandbox::kubernetes
