// Indices and documents.
#include <chrono>
#include <cstddef>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/documents.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kUuidCharacters = 22;
constexpr std::size_t kIdCharacters = 20;
constexpr std::size_t kIndicesMax = 10000;
constexpr std::size_t kDocumentsMax = 100000;

IndexData& make_index(ClusterState& cluster, const std::string& name) {
  if (cluster.indices.size() >= kIndicesMax)
    throw illegal_argument("this action would add [1] shards, but this cluster has no room left");
  IndexData& index = cluster.indices[name];
  index.uuid = cluster.context.ids.base62(kUuidCharacters);
  index.created_ms = Clock::now_epoch_ms();
  return index;
}

Response create_index(ClusterState& cluster, const Call& call) {
  const std::string name = call.path.at("index");
  require_index(call.who, "indices:admin/create", name, "create_index");
  check_index_name(name);
  const Json body = call.body(true);
  if (const auto known = cluster.indices.find(name); known != cluster.indices.end()) {
    Refusal refusal = refuse(400, "resource_already_exists_exception",
                             "index [" + name + "/" + known->second.uuid + "] already exists");
    refusal.error["index"] = name;
    refusal.error["index_uuid"] = known->second.uuid;
    throw refusal;
  }
  IndexData& index = make_index(cluster, name);
  index.mappings = body.value("mappings", Json::object());
  index.settings = body.value("settings", Json::object());
  return ok({{"acknowledged", true}, {"shards_acknowledged", true}, {"index", name}});
}

std::vector<std::string> named(const ClusterState& cluster, const Call& call,
                               const std::string& action) {
  const auto visible = [&](const std::string& name) {
    return has_index_privilege(call.who, name, "view_index_metadata");
  };
  const auto names = resolve_indices(cluster, split_list(call.path.at("index")), visible,
                                     call.flag("ignore_unavailable"));
  for (const std::string& name : names)
    require_index(call.who, action, name, "view_index_metadata");
  return names;
}

Response get_index(ClusterState& cluster, const Call& call) {
  Json body = Json::object();
  for (const std::string& name : named(cluster, call, "indices:admin/get")) {
    const IndexData& index = cluster.indices.at(name);
    Json settings = index.settings.contains("index") ? index.settings["index"] : index.settings;
    settings["uuid"] = index.uuid;
    settings["provided_name"] = name;
    settings["creation_date"] = std::to_string(index.created_ms);
    body[name] = {{"aliases", Json::object()},
                  {"mappings", index.mappings},
                  {"settings", {{"index", settings}}}};
  }
  return ok(body);
}

Response delete_index(ClusterState& cluster, const Call& call) {
  const std::string expression = call.path.at("index");
  if (has_wildcard(expression) || expression == "_all") {
    throw illegal_argument("Wildcard expressions or all indices are not allowed");
  }
  for (const std::string& name : named(cluster, call, "indices:admin/delete")) {
    require_index(call.who, "indices:admin/delete", name, "delete_index");
    cluster.indices.erase(name);
  }
  return ok({{"acknowledged", true}});
}

Json write_result(const std::string& index, const std::string& id, const std::string& result) {
  return {{"_index", index},
          {"_id", id},
          {"_version", 1},
          {"result", result},
          {"_seq_no", 0},
          {"_primary_term", 1},
          {"_shards", {{"total", 2}, {"successful", 1}, {"failed", 0}}}};
}

Response write_document(ClusterState& cluster, const Call& call) {
  const std::string name = call.path.at("index");
  require_index(call.who, "indices:data/write/index", name, "index");
  const Json source = call.body(false);
  auto known = cluster.indices.find(name);
  if (known == cluster.indices.end()) {
    check_index_name(name);
    make_index(cluster, name);
    known = cluster.indices.find(name);
  }
  if (known->second.documents.size() >= kDocumentsMax)
    throw refuse(429, "circuit_breaking_exception", "the sandbox keeps no more documents");
  const auto given = call.path.find("id");
  const std::string id =
      given == call.path.end() ? cluster.context.ids.base62(kIdCharacters) : given->second;
  const bool created = known->second.documents.count(id) == 0;
  known->second.documents[id] = source;
  return answer(created ? 201 : 200, write_result(name, id, created ? "created" : "updated"));
}

Response get_document(ClusterState& cluster, const Call& call) {
  const std::string name = call.path.at("index");
  const std::string id = call.path.at("id");
  require_index(call.who, "indices:data/read/get", name, "read");
  const auto index = cluster.indices.find(name);
  if (index == cluster.indices.end()) throw no_such_index(name);
  const auto document = index->second.documents.find(id);
  if (document == index->second.documents.end())
    return answer(404, {{"_index", name}, {"_id", id}, {"found", false}});
  return ok({{"_index", name},
             {"_id", id},
             {"_version", 1},
             {"_seq_no", 0},
             {"_primary_term", 1},
             {"found", true},
             {"_source", document->second}});
}

Response delete_document(ClusterState& cluster, const Call& call) {
  const std::string name = call.path.at("index");
  const std::string id = call.path.at("id");
  require_index(call.who, "indices:data/write/delete", name, "delete");
  const auto index = cluster.indices.find(name);
  if (index == cluster.indices.end()) throw no_such_index(name);
  const bool found = index->second.documents.erase(id) != 0;
  return answer(found ? 200 : 404, write_result(name, id, found ? "deleted" : "not_found"));
}

/// One action of a bulk request, done as the request for that document alone would be.
Json bulk_item(ClusterState& cluster, const Call& call, const std::string& action,
               const Json& target, const std::string& source) {
  Call one;
  one.who = call.who;
  one.path["index"] =
      target.value("_index", call.path.contains("index") ? call.path.at("index") : "");
  if (target.contains("_id")) one.path["id"] = target["_id"];
  one.request.body = source;
  const auto index = cluster.indices.find(one.path["index"]);
  const bool known = index != cluster.indices.end() && one.path.contains("id") &&
                     index->second.documents.contains(one.path["id"]);
  Response response;
  try {
    if (action == "create" && known) {
      throw refuse(409, "version_conflict_engine_exception",
                   "[" + one.path["id"] + "]: version conflict, document already exists");
    }
    if (action == "update") {
      if (!known) throw refuse(404, "document_missing_exception", "document missing");
      Json merged = index->second.documents[one.path["id"]];
      merged.merge_patch(Json::parse(source).at("doc"));
      one.request.body = merged.dump();
    }
    response = action == "delete" ? delete_document(cluster, one) : write_document(cluster, one);
  } catch (const Refusal& refusal) {
    return {{"_index", one.path["index"]},
            {"_id", one.path.contains("id") ? Json(one.path["id"]) : Json()},
            {"status", refusal.status},
            {"error", refusal.error}};
  }
  Json item = Json::parse(response.body);
  item["status"] = response.status;
  return item;
}

/// Lines of an action and, but for delete, a document.
Response bulk(ClusterState& cluster, const Call& call) {
  const auto started = std::chrono::steady_clock::now();
  if (call.request.body.empty()) throw refuse(400, "parse_exception", "request body is required");
  if (!call.request.body.ends_with('\n')) {
    throw illegal_argument("The bulk request must be terminated by a newline [\\n]");
  }
  Json items = Json::array();
  bool errors = false;
  std::istringstream lines(call.request.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const Json parsed = Json::parse(line, nullptr, false);
    const std::string action = parsed.is_object() && parsed.size() == 1 ? parsed.begin().key() : "";
    if (action != "index" && action != "create" && action != "update" && action != "delete") {
      throw illegal_argument("Malformed action/metadata line [" + std::to_string(items.size() + 1) +
                             "], expected one of [create, delete, index, update] but found [" +
                             action + "]");
    }
    std::string source;
    if (action != "delete") std::getline(lines, source);
    Json item = bulk_item(cluster, call, action, parsed.front(), source);
    errors = errors || item.contains("error");
    items.push_back({{action, std::move(item)}});
  }
  if (items.empty()) throw invalid_request("no requests added");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  return ok({{"took", took.count()}, {"errors", errors}, {"items", std::move(items)}});
}

Response refresh(ClusterState& cluster, const Call& call) {
  const auto given = call.path.find("index");
  const int count = given == call.path.end()
                        ? static_cast<int>(cluster.indices.size())
                        : static_cast<int>(named(cluster, call, "indices:admin/refresh").size());
  return ok({{"_shards", {{"total", count}, {"successful", count}, {"failed", 0}}}});
}

Response index_call(ClusterState& cluster, const Call& call) {
  if (call.request.method == "PUT") return create_index(cluster, call);
  if (call.request.method == "DELETE") return delete_index(cluster, call);
  return get_index(cluster, call);
}

Response document_call(ClusterState& cluster, const Call& call) {
  if (call.request.method == "DELETE") return delete_document(cluster, call);
  if (call.request.method == "GET" || call.request.method == "HEAD")
    return get_document(cluster, call);
  return write_document(cluster, call);
}

}  // namespace

std::vector<Route> document_routes() {
  const std::vector<std::string> index_parameters{"ignore_unavailable",
                                                  "allow_no_indices",
                                                  "expand_wildcards",
                                                  "flat_settings",
                                                  "local",
                                                  "master_timeout",
                                                  "timeout",
                                                  "wait_for_active_shards",
                                                  "include_defaults"};
  const std::vector<std::string> document_parameters{
      "refresh",  "routing",       "timeout",
      "version",  "version_type",  "op_type",
      "pipeline", "require_alias", "wait_for_active_shards",
      "realtime", "_source"};
  return {{"GET,HEAD,PUT,DELETE", "/{index}", index_parameters, index_call},
          {"POST", "/{index}/_doc", document_parameters, write_document},
          {"GET,HEAD,POST,PUT,DELETE", "/{index}/_doc/{id}", document_parameters, document_call},
          {"POST,PUT", "/_bulk", document_parameters, bulk},
          {"POST,PUT", "/{index}/_bulk", document_parameters, bulk},
          {"GET,POST", "/_refresh", index_parameters, refresh},
          {"GET,POST", "/{index}/_refresh", index_parameters, refresh}};
}

}  // namespace crosstie::sandbox::elasticsearch
