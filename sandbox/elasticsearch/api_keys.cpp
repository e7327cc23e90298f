// API keys: cross-cluster and ordinary ones. Sources: the API specification and Elasticsearch's own
// published REST tests (ApiKeyRestIT, CrossClusterApiKeyIT), as summed up in the project's facts
// page.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/key_access.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kIdCharacters = 20;
constexpr std::size_t kSecretCharacters = 22;
constexpr std::size_t kNameCharactersMax = 256;

std::string encoded(const ApiKey& key) { return base64_encode(key.id + ":" + key.secret); }

void check_name(const Json& body) {
  if (!body.contains("name") || !body["name"].is_string())
    throw illegal_argument("Required [name]");
  const std::string name = body["name"];
  if (name.empty()) throw invalid_request("api key name is required");
  if (name.size() > kNameCharactersMax)
    throw invalid_request("api key name may not be more than 256 characters long");
  if (name.front() == ' ' || name.back() == ' ') {
    throw invalid_request("api key name may not begin or end with whitespace");
  }
  if (name.front() == '_') throw invalid_request("api key name may not begin with an underscore");
}

Json read_metadata(const Json& body) {
  Json metadata = body.value("metadata", Json::object());
  if (metadata.is_null()) return Json::object();
  if (!metadata.is_object()) throw illegal_argument("metadata must be an object");
  for (const auto& [name, value] : metadata.items()) {
    if (!name.empty() && name.front() == '_')
      throw invalid_request("API key metadata keys may not start with [_]");
  }
  return metadata;
}

std::optional<std::int64_t> read_expiration(const Json& body) {
  if (!body.contains("expiration") || body["expiration"].is_null()) return std::nullopt;
  const std::string text = body["expiration"].is_string() ? body["expiration"].get<std::string>()
                                                          : body["expiration"].dump();
  const auto span = parse_time_value(text);
  if (!span) {
    throw illegal_argument("failed to parse setting [expiration] with value [" + text +
                           "] as a time value: unit is missing or unrecognized");
  }
  return Clock::now_epoch_ms() + span->count();
}

std::optional<std::string> read_identity(const ClusterState& cluster, const Json& body) {
  if (!body.contains("certificate_identity")) return std::nullopt;
  if (!cluster.version.at_least(9, 3)) {
    throw refuse(
        400, "x_content_parse_exception",
        "[1:1] [cross_cluster_api_key_request_payload] unknown field [certificate_identity]");
  }
  if (body["certificate_identity"].is_null()) return std::nullopt;
  return body["certificate_identity"].get<std::string>();
}

void refuse_key_authentication(const Principal& who, const std::string& deed) {
  if (!who.is_api_key) return;
  throw illegal_argument("authentication via API key not supported: An API key cannot be used to " +
                         deed);
}

void check_license(const ClusterState& cluster) {
  constexpr std::array<const char*, 3> kEnough{"enterprise", "platinum", "trial"};
  if (std::find(kEnough.begin(), kEnough.end(), cluster.options.license_type) != kEnough.end())
    return;
  Refusal refusal = security_error(
      403, "current license is non-compliant for [advanced-remote-cluster-security]");
  refusal.error["license.expired.feature"] = "advanced-remote-cluster-security";
  throw refusal;
}

ApiKey make_key(ClusterState& cluster, const Call& call, const Json& body, KeyType type) {
  ApiKey key;
  key.id = cluster.context.ids.base62(kIdCharacters);
  key.secret = cluster.context.ids.base62(kSecretCharacters);
  key.name = body["name"];
  key.type = type;
  key.owner = call.who.username;
  key.creation = Clock::now_epoch_ms();
  key.expiration = read_expiration(body);
  key.metadata = read_metadata(body);
  return key;
}

Response created(ClusterState& cluster, ApiKey key) {
  Json reply{
      {"id", key.id}, {"name", key.name}, {"api_key", key.secret}, {"encoded", encoded(key)}};
  if (key.expiration) reply["expiration"] = *key.expiration;
  cluster.keys[key.id] = std::move(key);
  return ok(reply);
}

Response create_cross_cluster_key(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/cross_cluster/api_key/create",
                  {"manage_security"});
  const Json body = call.body(false);
  check_known_fields(body, "cross_cluster_api_key_request_payload",
                     {"name", "access", "expiration", "metadata", "certificate_identity"});
  check_name(body);
  if (!body.contains("access")) throw illegal_argument("Required [access]");
  check_license(cluster);
  refuse_key_authentication(call.who, "create a cross-cluster API key");
  const Json access = read_access(body["access"]);
  const auto identity = read_identity(cluster, body);
  ApiKey key = make_key(cluster, call, body, KeyType::cross_cluster);
  key.access = access;
  key.role_descriptors = access_role(access);
  key.certificate_identity = identity;
  return created(cluster, std::move(key));
}

Response create_key(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/api_key/create",
                  {"manage_own_api_key", "manage_api_key", "manage_security"});
  const Json body = call.body(false);
  check_known_fields(body, "api_key_request",
                     {"name", "role_descriptors", "expiration", "metadata"});
  check_name(body);
  const Json roles = body.value("role_descriptors", Json::object());
  if (!roles.is_object() && !roles.is_null())
    throw illegal_argument("role_descriptors must be an object");
  ApiKey key = make_key(cluster, call, body, KeyType::rest);
  if (roles.is_object()) key.role_descriptors = roles;
  return created(cluster, std::move(key));
}

Refusal not_found_for_owner() {
  return refuse(404, "resource_not_found_exception",
                "no API key owned by requesting user found for requested id");
}

Response update_cross_cluster_key(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/cross_cluster/api_key/update",
                  {"manage_security"});
  const Json body = call.body(false);
  check_known_fields(body, "update_cross_cluster_api_key_request_payload",
                     {"access", "expiration", "metadata", "certificate_identity"});
  if (body.empty()) {
    throw invalid_request("must update either [access] or [metadata] for cross-cluster API keys");
  }
  refuse_key_authentication(call.who, "update a cross-cluster API key");
  const std::string id = call.path.at("id");
  const auto found = cluster.keys.find(id);
  if (found == cluster.keys.end() || found->second.owner != call.who.username) {
    Refusal refusal = not_found_for_owner();
    refusal.error["reason"] = "no API key owned by requesting user found for ID [" + id + "]";
    throw refusal;
  }
  ApiKey& key = found->second;
  if (key.type != KeyType::cross_cluster) {
    throw illegal_argument(
        "cannot update API key of type [rest] while expected type is [cross_cluster]");
  }
  if (key.invalidation) throw illegal_argument("cannot update invalidated API key [" + id + "]");
  ApiKey changed = key;
  if (body.contains("access")) {
    changed.access = read_access(body["access"]);
    changed.role_descriptors = access_role(changed.access);
  }
  if (body.contains("metadata")) changed.metadata = read_metadata(body);
  if (body.contains("expiration")) changed.expiration = read_expiration(body);
  if (body.contains("certificate_identity"))
    changed.certificate_identity = read_identity(cluster, body);
  const bool updated = changed.access != key.access || changed.metadata != key.metadata ||
                       changed.expiration != key.expiration ||
                       changed.certificate_identity != key.certificate_identity;
  key = std::move(changed);
  return ok({{"updated", updated}});
}

Json describe_key(const ClusterState& cluster, const ApiKey& key, const Call& call) {
  Json info{{"id", key.id},
            {"name", key.name},
            {"creation", key.creation},
            {"invalidated", key.invalidation.has_value()},
            {"username", key.owner},
            {"realm", "reserved"},
            {"metadata", key.metadata},
            {"role_descriptors", key.role_descriptors},
            {"type", key.type == KeyType::cross_cluster ? "cross_cluster" : "rest"}};
  if (cluster.version.at_least(8, 14)) info["realm_type"] = "reserved";
  if (key.expiration) info["expiration"] = *key.expiration;
  if (key.invalidation) info["invalidation"] = *key.invalidation;
  if (key.type == KeyType::cross_cluster) info["access"] = key.access;
  if (key.certificate_identity) info["certificate_identity"] = *key.certificate_identity;
  if (call.flag("with_limited_by") && key.type == KeyType::rest) {
    info["limited_by"] = Json::array({{{"superuser", {{"cluster", {"all"}}}}}});
  }
  return info;
}

Response get_keys(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/api_key/get",
                  {"manage_own_api_key", "read_security", "manage_api_key", "manage_security"});
  const bool own_only =
      !has_cluster_privilege(call.who, {"read_security", "manage_api_key", "manage_security"});
  Json list = Json::array();
  const std::int64_t now = Clock::now_epoch_ms();
  for (const auto& [id, key] : cluster.keys) {
    if (call.has("id") && call.query("id") != id) continue;
    if (call.has("name") && !matches(call.query("name"), key.name)) continue;
    if (call.has("username") && !matches(call.query("username"), key.owner)) continue;
    if (call.has("realm_name") && !matches(call.query("realm_name"), "reserved")) continue;
    if (call.flag("owner") && key.owner != call.who.username) continue;
    if (call.flag("active_only") && !key.usable(now)) continue;
    if (own_only && id != call.who.api_key_id) continue;
    list.push_back(describe_key(cluster, key, call));
  }
  const int status = call.has("id") && list.empty() ? 404 : 200;
  return answer(status, {{"api_keys", list}});
}

std::vector<std::string> ids_to_invalidate(const ClusterState& cluster, const Call& call,
                                           const Json& body) {
  std::vector<std::string> ids;
  if (body.contains("ids") && body["ids"].is_array()) {
    for (const Json& id : body["ids"])
      ids.push_back(id.is_string() ? id.get<std::string>() : id.dump());
  }
  if (body.contains("id") && body["id"].is_string()) ids.push_back(body["id"].get<std::string>());
  const bool owner = body.value("owner", false);
  const bool by_list = !ids.empty();
  if (!by_list && !owner && !body.contains("name") && !body.contains("username") &&
      !body.contains("realm_name")) {
    throw invalid_request(
        "One of [api key id(s), api key name, username, realm name] must be specified if [owner] "
        "flag is false");
  }
  if (by_list) {
    std::erase_if(ids, [&](const std::string& id) { return cluster.keys.count(id) == 0; });
    return ids;
  }
  for (const auto& [id, key] : cluster.keys) {
    if (body.contains("name") && body["name"] != key.name) continue;
    if (body.contains("username") && body["username"] != key.owner) continue;
    if (body.contains("realm_name") && body["realm_name"] != "reserved") continue;
    if (owner && key.owner != call.who.username) continue;
    ids.push_back(id);
  }
  return ids;
}

Response invalidate_keys(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/api_key/invalidate",
                  {"manage_own_api_key", "manage_api_key", "manage_security"});
  const Json body = call.body(false);
  check_known_fields(body, "invalidate_api_key",
                     {"ids", "id", "name", "owner", "realm_name", "username"});
  const bool may_cross_cluster = has_cluster_privilege(call.who, {"manage_security"});
  Json reply{{"invalidated_api_keys", Json::array()},
             {"previously_invalidated_api_keys", Json::array()},
             {"error_count", 0}};
  for (const std::string& id : ids_to_invalidate(cluster, call, body)) {
    ApiKey& key = cluster.keys.at(id);
    if (key.type == KeyType::cross_cluster && !may_cross_cluster) {
      reply["error_count"] = reply["error_count"].get<int>() + 1;
      reply["error_details"].push_back(
          cause("illegal_argument_exception",
                "Cannot invalidate cross-cluster API key [" + id +
                    "]. This requires manage_security cluster privilege or higher"));
    } else if (key.invalidation) {
      reply["previously_invalidated_api_keys"].push_back(id);
    } else {
      key.invalidation = Clock::now_epoch_ms();
      reply["invalidated_api_keys"].push_back(id);
    }
  }
  return ok(reply);
}

}  // namespace

const ApiKey* find_key(const ClusterState& cluster, const std::string& credential, KeyType type,
                       std::string& problem) {
  const std::string pair = base64_decode(credential).value_or("");
  const std::size_t colon = pair.find(':');
  if (colon == std::string::npos) {
    problem = "invalid credentials";
    return nullptr;
  }
  const std::string id = pair.substr(0, colon);
  const auto found = cluster.keys.find(id);
  if (found == cluster.keys.end()) {
    problem = "unable to find apikey with id " + id;
    return nullptr;
  }
  const ApiKey& key = found->second;
  const auto type_name = [](KeyType value) {
    return value == KeyType::rest ? "rest" : "cross_cluster";
  };
  if (key.secret != pair.substr(colon + 1)) {
    problem = "invalid credentials for API key [" + id + "]";
  } else if (key.invalidation) {
    problem = "api key [" + id + "] has been invalidated";
  } else if (!key.usable(Clock::now_epoch_ms())) {
    problem = "api key is expired";
  } else if (key.type != type) {
    problem = std::string("authentication expected API key type of [") + type_name(type) +
              "], but API key [" + id + "] has type [" + type_name(key.type) + "]";
  } else {
    return &key;
  }
  return nullptr;
}

std::vector<Route> key_routes() {
  return {{"POST", "/_security/cross_cluster/api_key", {"refresh"}, create_cross_cluster_key},
          {"PUT", "/_security/cross_cluster/api_key/{id}", {}, update_cross_cluster_key},
          {"GET,PUT,POST,DELETE",
           "/_security/api_key",
           {"id", "name", "realm_name", "username", "owner", "with_limited_by", "active_only",
            "with_profile_uid", "refresh"},
           [](ClusterState& cluster, const Call& call) {
             if (call.request.method == "GET") return get_keys(cluster, call);
             return call.request.method == "DELETE" ? invalidate_keys(cluster, call)
                                                    : create_key(cluster, call);
           }}};
}

}  // namespace crosstie::sandbox::elasticsearch
