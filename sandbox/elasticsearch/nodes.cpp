// The cluster itself: GET /, health, nodes, license, certificates, reload of secure settings.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/certificate_info.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::chrono::milliseconds kHealthPoll{20};

Response info(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:monitor/main", {"monitor", "manage"});
  const Json version{{"number", cluster.version.text},
                     {"build_flavor", "default"},
                     {"build_type", "docker"},
                     {"build_hash", "0000000000000000000000000000000000000000"},
                     {"build_date", "2026-01-01T00:00:00.000000000Z"},
                     {"build_snapshot", false},
                     {"lucene_version", cluster.version.at_least(9, 0) ? "10.1.0" : "9.12.0"},
                     {"minimum_wire_compatibility_version", cluster.version.minimum_wire()},
                     {"minimum_index_compatibility_version", cluster.version.minimum_index()}};
  return ok({{"name",
              cluster.options.nodes.empty() ? cluster.options.name : cluster.options.nodes.front()},
             {"cluster_name", cluster.options.name},
             {"cluster_uuid", cluster.options.cluster_uuid},
             {"version", version},
             {"tagline", "You Know, for Search"}});
}

Json health_body(const ClusterState& cluster, bool timed_out) {
  const int shards = static_cast<int>(cluster.indices.size());
  const int unassigned = cluster.health() == "green" ? 0 : cluster.nodes_total - cluster.nodes_up;
  Json body{{"cluster_name", cluster.options.name},
            {"status", cluster.health()},
            {"timed_out", timed_out},
            {"number_of_nodes", cluster.nodes_up},
            {"number_of_data_nodes", cluster.nodes_up},
            {"active_primary_shards", shards},
            {"active_shards", shards},
            {"relocating_shards", 0},
            {"initializing_shards", 0},
            {"unassigned_shards", unassigned},
            {"delayed_unassigned_shards", unassigned},
            {"number_of_pending_tasks", 0},
            {"number_of_in_flight_fetch", 0},
            {"task_max_waiting_in_queue_millis", 0},
            {"active_shards_percent_as_number",
             shards + unassigned == 0 ? 100.0 : 100.0 * shards / (shards + unassigned)}};
  if (cluster.version.at_least(8, 16))
    body["unassigned_primary_shards"] = 0;  // in 8.19 and later, not in 8.14
  return body;
}

int rank(const std::string& status) {
  if (status == "green") return 2;
  return status == "yellow" ? 1 : 0;
}

/// "3", ">=3", "ge(3)" ... ; anything else is refused.
bool enough_nodes(int up, const std::string& wanted) {
  if (wanted.empty()) return true;
  const std::size_t digits = wanted.find_first_of("0123456789");
  if (digits == std::string::npos || wanted.size() - digits > 6)
    throw illegal_argument("Invalid number of nodes [" + wanted + "]");
  const int number = std::stoi(wanted.substr(digits));
  const std::string comparison = wanted.substr(0, digits);
  if (comparison == ">=" || comparison == "ge(") return up >= number;
  if (comparison == "<=" || comparison == "le(") return up <= number;
  if (comparison == ">" || comparison == "gt(") return up > number;
  if (comparison == "<" || comparison == "lt(") return up < number;
  return up == number;
}

Task<Response> health(std::shared_ptr<ClusterState> cluster, Call call) {
  require_cluster(call.who, "cluster:monitor/health", {"monitor", "manage"});
  const std::string wanted = call.query("wait_for_status");
  if (!wanted.empty() && wanted != "green" && wanted != "yellow" && wanted != "red") {
    throw illegal_argument(
        "No enum constant org.elasticsearch.cluster.health.ClusterHealthStatus." + upper(wanted));
  }
  const std::string nodes = call.query("wait_for_nodes");
  const auto timeout = parse_time_value(call.query("timeout", "30s"));
  if (!timeout) {
    throw illegal_argument("failed to parse setting [timeout] with value [" +
                           call.query("timeout") +
                           "] as a time value: unit is missing or unrecognized");
  }
  // The client chose this limit in real time, so the simulated clock has no say; polling in
  // simulated steps could never end at scale 0.
  const auto deadline = std::chrono::steady_clock::now() + *timeout;
  bool met = false;
  for (;;) {
    met = enough_nodes(cluster->nodes_up, nodes) &&
          (wanted.empty() || rank(cluster->health()) >= rank(wanted));
    if (met || std::chrono::steady_clock::now() >= deadline) break;
    const Clock real(1.0);
    co_await real.wait(kHealthPoll);
  }
  co_return answer(met ? 200 : 408, health_body(*cluster, !met));
}

std::string node_address(std::size_t node) { return "10.0.0." + std::to_string(node + 10); }

Json address_block(const std::string& address) {
  return {{"bound_address", Json::array({address})}, {"publish_address", address}};
}

Response nodes(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:monitor/nodes/info", {"monitor", "manage"});
  const auto given = call.path.find("metrics");
  const std::vector<std::string> metrics =
      given == call.path.end() ? std::vector<std::string>{"_all"} : split_list(given->second);
  const auto wanted = [&metrics](const char* name) {
    return std::find(metrics.begin(), metrics.end(), name) != metrics.end() ||
           std::find(metrics.begin(), metrics.end(), "_all") != metrics.end();
  };
  Json list = Json::object();
  for (std::size_t k = 0;
       k < cluster.node_ids.size() && k < static_cast<std::size_t>(cluster.nodes_up); ++k) {
    const std::string address = node_address(k);
    Json node{{"name", cluster.options.nodes[k]},
              {"transport_address", address + ":9300"},
              {"host", address},
              {"ip", address},
              {"version", cluster.version.text},
              {"build_flavor", "default"},
              {"build_type", "docker"},
              {"roles", {"data", "ingest", "master", "remote_cluster_client"}}};
    if (wanted("http")) {
      node["http"] = address_block(address + ":9200");
      node["http"]["max_content_length_in_bytes"] = 104857600;
    }
    if (wanted("transport")) {
      node["transport"] = address_block(address + ":9300");
      node["transport"]["profiles"] = Json::object();
    }
    if (wanted("remote_cluster_server") && cluster.remote_listener)
      node["remote_cluster_server"] = address_block(address + ":9443");
    list[cluster.node_ids[k]] = std::move(node);
  }
  const std::size_t total = list.size();
  return ok({{"_nodes", {{"total", total}, {"successful", total}, {"failed", 0}}},
             {"cluster_name", cluster.options.name},
             {"nodes", list}});
}

Response reload_secure_settings(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:admin/nodes/reload_secure_settings", {"manage"});
  const Json body = call.body(true);
  Json list = Json::object();
  for (std::size_t k = 0;
       k < cluster.node_ids.size() && k < static_cast<std::size_t>(cluster.nodes_up); ++k) {
    Json node{{"name", cluster.options.nodes[k]}};
    if (!body.value("secure_settings_password", "").empty()) {
      // The simulated keystore has no password. Source: recording 11-credentials.
      Json failure = cause("security_exception", "Provided keystore password was incorrect");
      failure["caused_by"] =
          cause("i_o_exception", "javax.crypto.AEADBadTagException: Tag mismatch!");
      failure["caused_by"]["caused_by"] = cause("a_e_a_d_bad_tag_exception", "Tag mismatch!");
      node["reload_exception"] = std::move(failure);
    }
    list[cluster.node_ids[k]] = std::move(node);
  }
  const std::size_t total = list.size();
  return ok({{"_nodes", {{"total", total}, {"successful", total}, {"failed", 0}}},
             {"cluster_name", cluster.options.name},
             {"nodes", list}});
}

Response license(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:monitor/xpack/license/get", {"monitor", "manage"});
  std::string type = cluster.options.license_type;
  // Old clients know no "enterprise"; the server says "platinum" unless the client accepts it.
  if (type == "enterprise" && !call.flag("accept_enterprise", true)) type = "platinum";
  return ok({{"license",
              {{"status", "active"},
               {"uid", cluster.options.cluster_uuid},
               {"type", type},
               {"issue_date", "2026-01-01T00:00:00.000Z"},
               {"issue_date_in_millis", 1767225600000},
               {"expiry_date", "2036-01-01T00:00:00.000Z"},
               {"expiry_date_in_millis", 2082758400000},
               {"max_nodes", nullptr},
               {"max_resource_units", 100},
               {"issued_to", cluster.options.name},
               {"issuer", "sandbox"},
               {"start_date_in_millis", 1767225600000}}}});
}

Response certificates(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:monitor/xpack/ssl/certificates/get", {"monitor", "manage"});
  Json list = Json::array();
  const auto add = [&list](const std::string& path, const std::string& pem, bool private_key) {
    const auto details = certificate_info(pem);
    if (!details) return;
    list.push_back({{"path", path},
                    {"format", "PEM"},
                    {"alias", nullptr},
                    {"subject_dn", details->subject},
                    {"issuer", details->issuer},
                    {"serial_number", details->serial},
                    {"has_private_key", private_key},
                    {"expiry", details->valid_to}});
  };
  add("http.crt", cluster.options.http_tls.certificate_pem, true);
  add("remote-cluster-ca.crt", cluster.trust_pem, false);
  if (cluster.transport) add("transport.crt", cluster.transport->identity.certificate_pem, true);
  return ok(list);
}

}  // namespace

std::vector<Route> node_routes() {
  const std::vector<std::string> health_parameters{"wait_for_status",
                                                   "wait_for_nodes",
                                                   "timeout",
                                                   "master_timeout",
                                                   "level",
                                                   "local",
                                                   "wait_for_no_relocating_shards",
                                                   "wait_for_no_initializing_shards",
                                                   "wait_for_active_shards",
                                                   "wait_for_events",
                                                   "expand_wildcards"};
  return {{"GET,HEAD", "/", {}, info},
          {"GET", "/_cluster/health", health_parameters, nullptr, health},
          {"GET", "/_cluster/health/{index}", health_parameters, nullptr, health},
          {"GET", "/_nodes", {"flat_settings", "timeout"}, nodes},
          {"POST", "/_nodes/reload_secure_settings", {"timeout"}, reload_secure_settings},
          {"POST", "/_nodes/{node}/reload_secure_settings", {"timeout"}, reload_secure_settings},
          {"GET", "/_nodes/{metrics}", {"flat_settings", "timeout"}, nodes},
          {"GET", "/_nodes/{node}/{metrics}", {"flat_settings", "timeout"}, nodes},
          {"GET", "/_license", {"local", "accept_enterprise"}, license},
          {"GET", "/_ssl/certificates", {}, certificates}};
}

}  // namespace crosstie::sandbox::elasticsearch
