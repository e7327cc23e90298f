// The remote cluster server (port 9443): the side of a link that is dialled. The wire is this
// project's own; what is let in and what is refused, with which words, follows the symptom table of
// the facts page.
#include "sandbox/elasticsearch/documents.hpp"
#include "sandbox/elasticsearch/key_access.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr const char* kScheme = "ApiKey ";

/// Beside the error, the version: a handshake tells it before it asks for credentials.
Response refused_with(const ClusterState& cluster, int status, Json error) {
  error["version"] = cluster.version.text;
  error["status"] = status;
  return answer(status, error);
}

Response refused(const ClusterState& cluster, int status, const std::string& reason) {
  return refused_with(cluster, status, cause("security_exception", reason));
}

Json hello(const ClusterState& cluster) {
  return {{"cluster_name", cluster.options.name},
          {"cluster_uuid", cluster.options.cluster_uuid},
          {"version", cluster.version.text},
          {"session", cluster.remote_session}};
}

std::string denied(const ApiKey& key, const std::string& action, const std::string& index) {
  return "action [" + action + "] towards remote cluster is unauthorized for user [" + key.owner +
         "] with assigned roles [superuser] authenticated by API key id [" + key.id +
         "] of user [" + key.owner + "] on indices [" + index +
         "], this action is granted by the index privileges [read,all]";
}

/// The names that the expression stands for, as far as the key lets them be seen.
std::vector<std::string> visible_indices(const ClusterState& cluster, const ApiKey& key,
                                         const Json& body, const std::string& action) {
  const std::vector<std::string> expressions = name_list(body.value("indices", Json()));
  for (const std::string& expression : expressions) {
    if (has_wildcard(expression) || expression == "_all" || access_allows(key.access, expression))
      continue;
    throw security_error(403, denied(key, action, expression));
  }
  const auto visible = [&key](const std::string& name) { return access_allows(key.access, name); };
  return resolve_indices(cluster, expressions, visible, body.value("ignore_unavailable", false));
}

/// Document level security: the entry's own query has to match as well.
bool document_visible(const ApiKey& key, const Json& hit) {
  for (const Json& entry : key.access["search"]) {
    if (!matches_any(name_list(entry["names"]), hit["_index"].get<std::string>())) continue;
    if (!entry.contains("query")) return true;
    const Json query = Json::parse(entry["query"].get<std::string>(), nullptr, false);
    if (query.is_object() && query_matches(query, hit["_id"], hit["_source"])) return true;
  }
  return false;
}

Response search(const ClusterState& cluster, const ApiKey& key, const Json& body) {
  const auto indices = visible_indices(cluster, key, body, "indices:data/read/search");
  SearchResult result = search_documents(cluster, indices, body.value("query", Json()));
  std::erase_if(result.hits, [&](const Json& hit) { return !document_visible(key, hit); });
  return ok(
      {{"shards", result.shards}, {"hits", result.hits}, {"session", cluster.remote_session}});
}

Response resolve(const ClusterState& cluster, const ApiKey& key, const Json& body) {
  const auto indices = visible_indices(cluster, key, body, "indices:admin/resolve/cluster");
  return ok({{"matching_indices", !indices.empty()},
             {"indices", indices},
             {"session", cluster.remote_session}});
}

Response dispatch(ClusterState& cluster, const ApiKey& key, const Request& request) {
  if (request.path == "/handshake") {
    Json body = hello(cluster);
    body["api_key"] = {{"id", key.id}, {"access", key.access}};
    return ok(body);
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refused(cluster, 400, "malformed request");
  if (request.path == "/search") return search(cluster, key, body);
  if (request.path == "/resolve") return resolve(cluster, key, body);
  return refused(cluster, 404, "no such action [" + request.path + "]");
}

}  // namespace

Response serve_remote_request(ClusterState& cluster, const Request& request) {
  if (request.path == "/session") return ok(hello(cluster));
  const std::string header = request.header("x-cross-cluster-access-credentials");
  const std::string action = request.path == "/handshake"
                                 ? "cluster:internal/remote_cluster/handshake"
                                 : "indices:data/read/search";
  if (header.empty()) {
    return refused(cluster, 401,
                   "Cross cluster requests through the dedicated remote cluster server port "
                   "require transport header "
                   "[_cross_cluster_access_credentials] but none found");
  }
  const std::string credential =
      header.rfind(kScheme, 0) == 0 ? header.substr(std::string(kScheme).size()) : header;
  std::string problem;
  const ApiKey* key = find_key(cluster, credential, KeyType::cross_cluster, problem);
  if (key == nullptr) {
    if (problem.rfind("authentication expected", 0) == 0) return refused(cluster, 401, problem);
    const std::string pair = base64_decode(credential).value_or("");
    return refused(cluster, 401,
                   "unable to authenticate user [" + pair.substr(0, pair.find(':')) +
                       "] for action [" + action + "]");
  }
  try {
    return dispatch(cluster, *key, request);
  } catch (const Refusal& refusal) {
    return refused_with(cluster, refusal.status, refusal.error);
  } catch (const Json::exception&) {
    return refused(cluster, 400, "malformed request");
  }
}

}  // namespace crosstie::sandbox::elasticsearch
