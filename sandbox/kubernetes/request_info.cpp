#include "sandbox/kubernetes/request_info.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox::kubernetes {

namespace {

std::string verb_of(const Request& request, const RequestInfo& info) {
  const std::string& method = request.method;
  const bool one = !info.name.empty();
  if (method == "GET" || method == "HEAD") {
    if (query_flag(request, "watch") && info.subresource.empty()) return "watch";
    return one ? "get" : "list";
  }
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return one ? "delete" : "deletecollection";
  return "";
}

/// "namespaces/NS/RESOURCE/NAME/SUBRESOURCE" or "RESOURCE/NAME/SUBRESOURCE"; a namespace itself is
/// a resource too, with "status" and "finalize" below it.
void parse_resource(const std::vector<std::string>& parts, RequestInfo& info) {
  std::size_t at = 0;
  if (parts[0] == "namespaces" && parts.size() > 1) {
    info.namespace_name = parts[1];
    const bool itself = parts.size() == 2 || parts[2] == "status" || parts[2] == "finalize";
    if (!itself) at = 2;
  }
  info.resource = parts[at];
  if (parts.size() > at + 1) info.name = parts[at + 1];
  if (parts.size() > at + 2) info.subresource = parts[at + 2];
  info.too_deep = parts.size() > at + 3;
}

/// A list or watch of one object by name (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
std::string selected_name(const Request& request) {
  const std::string selector = request.query_value("fieldSelector").value_or("");
  for (std::size_t from = 0; from < selector.size();) {
    const std::size_t comma = std::min(selector.find(',', from), selector.size());
    const std::string term = selector.substr(from, comma - from);
    for (const std::string prefix : {"metadata.name==", "metadata.name="})
      if (term.starts_with(prefix)) return term.substr(prefix.size());
    from = comma + 1;
  }
  return "";
}

}  // namespace

std::vector<std::string> path_segments(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    if (slash > from) parts.push_back(path.substr(from, slash - from));
    from = slash + 1;
  }
  return parts;
}

bool query_flag(const Request& request, const std::string& name) {
  const auto value = request.query_value(name);
  return value && (value->empty() || *value == "1" || *value == "true" || *value == "True");
}

RequestInfo parse_request(const Request& request) {
  RequestInfo info;
  info.path = request.path;
  std::vector<std::string> parts = path_segments(request.path);
  std::size_t skip = 0;
  if (parts.size() > 2 && parts[0] == "api") {
    info.version = parts[1];
    skip = 2;
  } else if (parts.size() > 3 && parts[0] == "apis") {
    info.group = parts[1];
    info.version = parts[2];
    skip = 3;
  }
  if (skip == 0) {
    info.verb = request.method == "HEAD" ? "get" : request.method;
    std::transform(info.verb.begin(), info.verb.end(), info.verb.begin(),
                   [](unsigned char letter) { return std::tolower(letter); });
    return info;
  }
  info.is_resource = true;
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(skip));
  parse_resource(parts, info);
  info.verb = verb_of(request, info);
  if (info.verb == "list" || info.verb == "watch" || info.verb == "deletecollection")
    info.selected_name = selected_name(request);
  return info;
}

}  // namespace crosstie::sandbox::kubernetes
