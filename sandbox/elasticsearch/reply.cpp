#include "sandbox/elasticsearch/reply.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

using Path = std::vector<std::string>;

void indent(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void write_pretty(const Json& value, int depth, std::string& out) {
  if (!value.is_structured()) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const bool object = value.is_object();
  out += object ? '{' : '[';
  bool first = true;
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (!first) out += ',';
    first = false;
    indent(out, depth + 1);
    if (object) out += Json(item.key()).dump() + " : ";
    write_pretty(*item, depth + 1, out);
  }
  if (first) {
    out += ' ';
  } else {
    indent(out, depth);
  }
  out += object ? '}' : ']';
}

/// The patterns left to match below `name`; an empty path in the result means that the whole value
/// matches.
std::vector<Path> descend(const std::vector<Path>& paths, const std::string& name) {
  std::vector<Path> below;
  for (const Path& path : paths) {
    if (path.front() == "**") {
      below.push_back(path);
      if (path.size() > 1 && matches(path[1], name))
        below.emplace_back(path.begin() + 2, path.end());
      if (path.size() == 1) below.emplace_back();
    } else if (matches(path.front(), name)) {
      below.emplace_back(path.begin() + 1, path.end());
    }
  }
  return below;
}

bool complete(const std::vector<Path>& paths) {
  for (const Path& path : paths) {
    if (path.empty()) return true;
  }
  return false;
}

/// Keeps (or, with `exclude`, drops) what the paths name. Discarded means nothing is left.
Json select(const Json& value, const std::vector<Path>& paths, bool exclude) {
  if (value.is_array()) {
    Json kept = Json::array();
    for (const Json& item : value) {
      Json part = select(item, paths, exclude);
      if (!part.is_discarded()) kept.push_back(std::move(part));
    }
    return kept.empty() && !exclude ? Json(Json::value_t::discarded) : kept;
  }
  if (!value.is_object()) return exclude ? value : Json(Json::value_t::discarded);
  Json kept = Json::object();
  for (const auto& [name, member] : value.items()) {
    const std::vector<Path> below = descend(paths, name);
    if (complete(below)) {
      if (!exclude) kept[name] = member;
      continue;
    }
    if (below.empty()) {
      if (exclude) kept[name] = member;
      continue;
    }
    Json part = select(member, below, exclude);
    if (!part.is_discarded()) kept[name] = std::move(part);
  }
  return kept.empty() && !exclude ? Json(Json::value_t::discarded) : kept;
}

}  // namespace

Json cause(std::string type, std::string reason) {
  return {{"type", std::move(type)}, {"reason", std::move(reason)}};
}

Refusal refuse(int status, std::string type, std::string reason) {
  return {status, cause(std::move(type), std::move(reason)), nullptr, {}};
}

Refusal illegal_argument(std::string reason) {
  return refuse(400, "illegal_argument_exception", std::move(reason));
}

Refusal security_error(int status, std::string reason) {
  return refuse(status, "security_exception", std::move(reason));
}

Refusal invalid_request(const std::string& problem) {
  return refuse(400, "action_request_validation_exception",
                "Validation Failed: 1: " + problem + ";");
}

Refusal no_such_index(const std::string& index) {
  Refusal refusal = refuse(404, "index_not_found_exception", "no such index [" + index + "]");
  refusal.error["index"] = index;
  refusal.error["index_uuid"] = "_na_";
  refusal.error["resource.id"] = index;
  refusal.error["resource.type"] = "index_or_alias";
  return refusal;
}

Refusal no_such_remote(const std::string& alias) {
  return refuse(404, "no_such_remote_cluster_exception", "no such remote cluster: [" + alias + "]");
}

Json error_body(const Refusal& refusal) {
  Json root = refusal.root_cause;
  if (root.is_null()) {
    root = refusal.error;
    root.erase("caused_by");
    root.erase("suppressed");
  }
  Json error = refusal.error;
  error["root_cause"] = Json::array({root});
  return {{"error", std::move(error)}, {"status", refusal.status}};
}

Response ok(const Json& body) { return answer(200, body); }

Response answer(int status, const Json& body) {
  return Response::json(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string pretty(const Json& value) {
  std::string out;
  write_pretty(value, 0, out);
  return out + '\n';
}

Json filter_path(const Json& value, const std::string& patterns) {
  std::vector<Path> included;
  std::vector<Path> excluded;
  for (const std::string& pattern : split_list(patterns)) {
    const bool exclude = pattern.front() == '-';
    Path path = split_list(exclude ? pattern.substr(1) : pattern, '.');
    if (!path.empty()) (exclude ? excluded : included).push_back(std::move(path));
  }
  Json kept = value;
  if (!excluded.empty()) kept = select(kept, excluded, true);
  if (!included.empty()) kept = select(kept, included, false);
  return kept.is_discarded() ? Json::object() : kept;
}

}  // namespace crosstie::sandbox::elasticsearch
