// The remote cluster server (port 9443) and the transport interface (9300): the side of a link that
// is dialled. The wire is this
// project's own; what is let in and what is refused, with which words, follows the symptom table of
// the facts page.
#include <string>
#include <vector>

#include "sandbox/elasticsearch/documents.hpp"
#include "sandbox/elasticsearch/key_access.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

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

/// Who asks: with a cross-cluster key at the remote cluster server, or as a trusted cluster, which
/// is not bounded by a key, at the transport interface.
struct Caller {
  const ApiKey* key = nullptr;
  std::string session;
};

Json hello(const ClusterState& cluster, const std::string& session) {
  return {{"cluster_name", cluster.options.name},
          {"cluster_uuid", cluster.options.cluster_uuid},
          {"version", cluster.version.text},
          {"session", session}};
}

std::string denied(const ApiKey& key, const std::string& action, const std::string& index) {
  return "action [" + action + "] towards remote cluster is unauthorized for user [" + key.owner +
         "] with assigned roles [superuser] authenticated by API key id [" + key.id +
         "] of user [" + key.owner + "] on indices [" + index +
         "], this action is granted by the index privileges [read,all]";
}

/// The names that the expression stands for, as far as the key lets them be seen.
std::vector<std::string> visible_indices(const ClusterState& cluster, const Caller& caller,
                                         const Json& body, const std::string& action) {
  const std::vector<std::string> expressions = name_list(body.value("indices", Json()));
  const auto visible = [&caller](const std::string& name) {
    return caller.key == nullptr || access_allows(caller.key->access, name);
  };
  for (const std::string& expression : expressions) {
    if (has_wildcard(expression) || expression == "_all" || visible(expression)) continue;
    throw security_error(403, denied(*caller.key, action, expression));
  }
  return resolve_indices(cluster, expressions, visible, body.value("ignore_unavailable", false));
}

/// Document level security: the entry's own query has to match as well.
bool document_visible(const Caller& caller, const Json& hit) {
  if (caller.key == nullptr) return true;
  for (const Json& entry : caller.key->access["search"]) {
    if (!matches_any(name_list(entry["names"]), hit["_index"].get<std::string>())) continue;
    if (!entry.contains("query")) return true;
    const Json query = Json::parse(entry["query"].get<std::string>(), nullptr, false);
    if (query.is_object() && query_matches(query, hit["_id"], hit["_source"])) return true;
  }
  return false;
}

Response search(const ClusterState& cluster, const Caller& caller, const Json& body) {
  const auto indices = visible_indices(cluster, caller, body, "indices:data/read/search");
  SearchResult result = search_documents(cluster, indices, body.value("query", Json()));
  std::erase_if(result.hits, [&](const Json& hit) { return !document_visible(caller, hit); });
  return ok({{"shards", result.shards}, {"hits", result.hits}, {"session", caller.session}});
}

Response resolve(const ClusterState& cluster, const Caller& caller, const Json& body) {
  const auto indices = visible_indices(cluster, caller, body, "indices:admin/resolve/cluster");
  return ok(
      {{"matching_indices", !indices.empty()}, {"indices", indices}, {"session", caller.session}});
}

Response dispatch(ClusterState& cluster, const Caller& caller, const Request& request) {
  if (request.path == "/handshake") {
    Json body = hello(cluster, caller.session);
    if (caller.key != nullptr)
      body["api_key"] = {{"id", caller.key->id}, {"access", caller.key->access}};
    return ok(body);
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refused(cluster, 400, "malformed request");
  if (request.path == "/search") return search(cluster, caller, body);
  if (request.path == "/resolve") return resolve(cluster, caller, body);
  return refused(cluster, 404, "no such action [" + request.path + "]");
}

Response answer_caller(ClusterState& cluster, const Caller& caller, const Request& request) {
  try {
    return dispatch(cluster, caller, request);
  } catch (const Refusal& refusal) {
    return refused_with(cluster, refusal.status, refusal.error);
  } catch (const Json::exception&) {
    return refused(cluster, 400, "malformed request");
  }
}

}  // namespace

Response serve_transport_request(ClusterState& cluster, const Request& request) {
  const Caller caller{nullptr, cluster.transport_session};
  if (request.path == "/session") return ok(hello(cluster, caller.session));
  return answer_caller(cluster, caller, request);
}

Response serve_remote_request(ClusterState& cluster, const Request& request) {
  if (request.path == "/session") return ok(hello(cluster, cluster.remote_session));
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
  return answer_caller(cluster, {key, cluster.remote_session}, request);
}

}  // namespace crosstie::sandbox::elasticsearch
