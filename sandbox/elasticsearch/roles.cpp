// Roles, and the questions about one's own rights.
#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/key_access.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kRoleNameMax = 507;

constexpr std::array<std::string_view, 34> kClusterPrivileges{"all",
                                                              "none",
                                                              "monitor",
                                                              "manage",
                                                              "manage_security",
                                                              "read_security",
                                                              "manage_api_key",
                                                              "manage_own_api_key",
                                                              "grant_api_key",
                                                              "manage_ccr",
                                                              "read_ccr",
                                                              "manage_ilm",
                                                              "read_ilm",
                                                              "manage_slm",
                                                              "read_slm",
                                                              "manage_pipeline",
                                                              "read_pipeline",
                                                              "manage_index_templates",
                                                              "manage_ingest_pipelines",
                                                              "manage_ml",
                                                              "monitor_ml",
                                                              "manage_transform",
                                                              "monitor_transform",
                                                              "manage_enrich",
                                                              "monitor_enrich",
                                                              "monitor_snapshot",
                                                              "create_snapshot",
                                                              "cancel_task",
                                                              "transport_client",
                                                              "cross_cluster_search",
                                                              "cross_cluster_replication",
                                                              "manage_watcher",
                                                              "monitor_watcher",
                                                              "monitor_stats"};

constexpr std::array<std::string_view, 22> kIndexPrivileges{"all",
                                                            "none",
                                                            "read",
                                                            "write",
                                                            "create",
                                                            "create_doc",
                                                            "index",
                                                            "delete",
                                                            "delete_index",
                                                            "create_index",
                                                            "manage",
                                                            "monitor",
                                                            "view_index_metadata",
                                                            "read_cross_cluster",
                                                            "maintenance",
                                                            "auto_configure",
                                                            "manage_ilm",
                                                            "manage_follow_index",
                                                            "manage_leader_index",
                                                            "cross_cluster_replication",
                                                            "cross_cluster_replication_internal",
                                                            "manage_data_stream_lifecycle"};

Json reserved_role(const std::string& description) {
  return {{"cluster", Json::array()},          {"indices", Json::array()},
          {"applications", Json::array()},     {"run_as", Json::array()},
          {"metadata", {{"_reserved", true}}}, {"transient_metadata", {{"enabled", true}}},
          {"description", description}};
}

std::map<std::string, Json> reserved_roles() {
  std::map<std::string, Json> roles;
  roles["superuser"] = reserved_role("Grants full access to cluster management and data indices.");
  roles["superuser"]["cluster"] = Json::array({"all"});
  roles["superuser"]["indices"] = Json::array({{{"names", Json::array({"*"})},
                                                {"privileges", Json::array({"all"})},
                                                {"allow_restricted_indices", false}}});
  roles["viewer"] =
      reserved_role("Grants read-only access to all features in Kibana and data indices.");
  roles["editor"] = reserved_role(
      "Grants full access to all features in Kibana and read-only access to data indices.");
  roles["remote_monitoring_agent"] =
      reserved_role("Grants the rights needed to write monitoring data.");
  return roles;
}

template <class List>
bool known(const List& list, const std::string& name) {
  return name.find('/') != std::string::npos || name.find(':') != std::string::npos ||
         std::find(list.begin(), list.end(), name) != list.end();
}

Refusal role_problem(const std::string& role, const std::string& problem) {
  return refuse(400, "parse_exception", "failed to parse role [" + role + "]. " + problem);
}

Json read_index_entry(const std::string& role, const Json& entry, bool remote) {
  if (!entry.is_object()) throw role_problem(role, "expected an object");
  Json read{{"allow_restricted_indices", entry.value("allow_restricted_indices", false)}};
  for (const auto& [name, value] : entry.items()) {
    if (name == "names" || name == "privileges" || (remote && name == "clusters")) {
      read[name] = name_list(value);
    } else if (name == "query" || name == "field_security" || name == "allow_restricted_indices") {
      if (!value.is_null()) read[name] = value;
    } else {
      throw role_problem(role, "unexpected field [" + name + "]");
    }
  }
  for (const char* required : {"names", "privileges", "clusters"}) {
    if (std::string_view(required) == "clusters" && !remote) continue;
    if (!read.contains(required) || read[required].empty()) {
      throw role_problem(role, "missing required [" + std::string(required) + "] field");
    }
  }
  for (const Json& privilege : read["privileges"]) {
    if (!known(kIndexPrivileges, privilege)) {
      throw illegal_argument(
          "unknown index privilege [" + privilege.get<std::string>() +
          "]. a privilege must be either one of the predefined fixed indices privileges [" +
          join({kIndexPrivileges.begin(), kIndexPrivileges.end()}, ",") +
          "] or a pattern over one of the available index actions");
    }
  }
  return read;
}

Json read_remote_cluster(const ClusterState& cluster, const std::string& role, const Json& list) {
  if (!cluster.version.at_least(8, 15))
    throw role_problem(role, "unexpected field [remote_cluster]");
  Json read = Json::array();
  for (const Json& entry : list) {
    const std::vector<std::string> clusters = name_list(entry.value("clusters", Json()));
    const std::vector<std::string> privileges = name_list(entry.value("privileges", Json()));
    for (const std::string& privilege : privileges) {
      const bool stats = privilege == "monitor_stats" && cluster.version.at_least(8, 17);
      if (privilege == "monitor_enrich" || stats) continue;
      throw role_problem(role,
                         "unexpected value for remote_cluster privileges [" + privilege + "]");
    }
    if (clusters.empty() || privileges.empty())
      throw role_problem(role, "remote_cluster needs [clusters] and [privileges]");
    read.push_back({{"clusters", clusters}, {"privileges", privileges}});
  }
  return read;
}

/// The role as it reads back.
Json read_role(const ClusterState& cluster, const std::string& name, const Json& body) {
  Json role{{"cluster", Json::array()},      {"indices", Json::array()},
            {"applications", Json::array()}, {"run_as", Json::array()},
            {"metadata", Json::object()},    {"transient_metadata", {{"enabled", true}}}};
  for (const auto& [field, value] : body.items()) {
    if (field == "indices" || field == "index" || field == "remote_indices") {
      const bool remote = field == "remote_indices";
      const std::string target = remote ? "remote_indices" : "indices";
      for (const Json& entry : value) role[target].push_back(read_index_entry(name, entry, remote));
    } else if (field == "remote_cluster") {
      Json list = read_remote_cluster(cluster, name, value);
      if (!list.empty()) role[field] = std::move(list);
    } else if (field == "cluster" || field == "run_as") {
      role[field] = name_list(value);
    } else if (field == "applications" || field == "metadata" || field == "description" ||
               field == "global") {
      if (!value.is_null()) role[field] = value;
    } else if (field != "transient_metadata") {
      throw role_problem(name, "unexpected field [" + field + "]");
    }
  }
  for (const Json& privilege : role["cluster"]) {
    if (known(kClusterPrivileges, privilege)) continue;
    throw illegal_argument(
        "unknown cluster privilege [" + privilege.get<std::string>() +
        "]. a privilege must be either one of the predefined cluster privilege names [" +
        join({kClusterPrivileges.begin(), kClusterPrivileges.end()}, ",") +
        "] or a pattern over one of the available cluster actions");
  }
  return role;
}

Response put_role(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/role/put", {"manage_security"});
  const std::string name = call.path.at("name");
  if (reserved_roles().count(name) != 0)
    throw illegal_argument("Role [" + name + "] is reserved and may not be used.");
  if (name.empty() || name.size() > kRoleNameMax || name.front() == ' ' || name.back() == ' ') {
    throw invalid_request(
        "Role names must be at least 1 and no more than 507 characters and have no leading or "
        "trailing whitespace");
  }
  const bool created = cluster.roles.count(name) == 0;
  cluster.roles[name] = read_role(cluster, name, call.body(false));
  return ok({{"role", {{"created", created}}}});
}

Response get_roles(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/role/get",
                  {"read_security", "manage_security"});
  std::map<std::string, Json> all = reserved_roles();
  all.insert(cluster.roles.begin(), cluster.roles.end());
  const auto given = call.path.find("name");
  if (given == call.path.end()) return ok(Json(all));
  Json found = Json::object();
  for (const std::string& name : split_list(given->second)) {
    if (const auto role = all.find(name); role != all.end()) found[name] = role->second;
  }
  return answer(found.empty() ? 404 : 200, found);
}

Response delete_role(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/xpack/security/role/delete", {"manage_security"});
  const std::string name = call.path.at("name");
  if (reserved_roles().count(name) != 0)
    throw illegal_argument("role [" + name + "] is reserved and cannot be deleted");
  const bool found = cluster.roles.erase(name) != 0;
  return answer(found ? 200 : 404, {{"found", found}});
}

Response authenticate_self(ClusterState&, const Call& call) {
  const Principal& who = call.who;
  const Json realm = who.is_api_key ? Json{{"name", "_es_api_key"}, {"type", "_es_api_key"}}
                                    : Json{{"name", "reserved"}, {"type", "reserved"}};
  Json body{{"username", who.username},
            {"roles", Json::array()},
            {"full_name", nullptr},
            {"email", nullptr},
            {"metadata", Json::object()},
            {"enabled", true},
            {"authentication_realm", realm},
            {"lookup_realm", realm},
            {"authentication_type", who.is_api_key ? "api_key" : "realm"}};
  if (who.is_api_key) {
    body["api_key"] = {
        {"id", who.api_key_id}, {"name", who.api_key_name}, {"managed_by", "elasticsearch"}};
  } else {
    body["roles"].push_back("superuser");
    body["metadata"]["_reserved"] = true;
  }
  return ok(body);
}

Response has_privileges(ClusterState&, const Call& call) {
  const Json body = call.body(false);
  bool all = true;
  Json cluster = Json::object();
  for (const std::string& privilege : name_list(body.value("cluster", Json()))) {
    const bool held = has_cluster_privilege(call.who, {privilege});
    cluster[privilege] = held;
    all = all && held;
  }
  Json index = Json::object();
  for (const Json& entry : body.value("index", Json::array())) {
    for (const std::string& name : name_list(entry.value("names", Json()))) {
      for (const std::string& privilege : name_list(entry.value("privileges", Json()))) {
        const bool held = has_index_privilege(call.who, name, privilege);
        index[name][privilege] = held;
        all = all && held;
      }
    }
  }
  if (!body.contains("cluster") && !body.contains("index") && !body.contains("application")) {
    throw refuse(400, "parse_exception",
                 "failed to parse privileges check [" + call.who.username +
                     "]. at least one of [cluster,index,application] privileges must be specified");
  }
  return ok({{"username", call.who.username},
             {"has_all_requested", all},
             {"cluster", cluster},
             {"index", index},
             {"application", Json::object()}});
}

}  // namespace

std::vector<Route> role_routes() {
  return {{"GET", "/_security/role", {}, get_roles},
          {"GET,POST,PUT,DELETE",
           "/_security/role/{name}",
           {"refresh"},
           [](ClusterState& cluster, const Call& call) {
             if (call.request.method == "GET") return get_roles(cluster, call);
             return call.request.method == "DELETE" ? delete_role(cluster, call)
                                                    : put_role(cluster, call);
           }},
          {"GET", "/_security/_authenticate", {}, authenticate_self},
          {"GET,POST", "/_security/user/_has_privileges", {}, has_privileges}};
}

}  // namespace crosstie::sandbox::elasticsearch
