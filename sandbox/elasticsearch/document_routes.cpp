// Indices and documents.
#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/documents.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/text.hpp"

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
          {"GET,POST", "/_refresh", index_parameters, refresh},
          {"GET,POST", "/{index}/_refresh", index_parameters, refresh}};
}

}  // namespace crosstie::sandbox::elasticsearch
