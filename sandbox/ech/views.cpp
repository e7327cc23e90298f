#include "sandbox/ech/views.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/plans.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kHistoryFirst = 10;
constexpr std::size_t kHistoryLast = 90;
constexpr int kTransportPassthrough = 9400;

bool flag(const Request& request, const std::string& name, bool otherwise) {
  const auto value = request.query_value(name);
  if (!value) return otherwise;
  if (*value == "true" || value->empty()) return true;
  if (*value == "false") return false;
  throw api_error(400, "root.malformed_query_parameter",
                  "The query parameter [" + name + "] must be true or false", {name});
}

std::string cloud_id(const Deployment& deployment) {
  const std::string host = "127.0.0.1:" + std::to_string(deployment.port);
  return deployment.name + ":" +
         elasticsearch::base64_encode(host + "$" + deployment.cluster_id + "$");
}

/// A fresh pending plan is seen, not seen once, and seen again (elastic/kibana#136974).
bool pending_visible(const WorldState& world, Deployment& deployment) {
  if (!deployment.pending) return false;
  const int read = deployment.pending->reads++;
  return !world.options.pending_flicker || read != 1;
}

Json attempt_view(const WorldState& world, PlanAttempt attempt, const ViewFlags& flags) {
  if (flags.clear_transient) attempt.plan = without_transient(std::move(attempt.plan));
  return format_attempt(world, attempt, true, flags.show_plan_logs);
}

Json plan_info(const WorldState& world, Deployment& deployment, const ViewFlags& flags) {
  const bool healthy = deployment.history.empty() || deployment.history.back().healthy;
  Json info{{"healthy", healthy}, {"history", Json::array()}};
  if (!flags.show_plans) return info;
  if (deployment.current) info["current"] = attempt_view(world, *deployment.current, flags);
  if (pending_visible(world, deployment))
    info["pending"] = attempt_view(world, *deployment.pending, flags);
  if (!flags.show_plan_history) return info;
  const std::size_t total = deployment.history.size();
  for (std::size_t k = 0; k < total; ++k) {
    const bool shown =
        flags.force_all_plan_history || k < kHistoryFirst || k + kHistoryLast >= total;
    if (shown) info["history"].push_back(attempt_view(world, deployment.history[k], flags));
  }
  return info;
}

Json metadata_view(const Deployment& deployment, const ViewFlags& flags) {
  const std::string port = std::to_string(deployment.port);
  Json metadata{
      {"version", deployment.resource_version},
      {"last_modified", deployment.modified},
      {"endpoint", "127.0.0.1"},
      {"service_url", "https://127.0.0.1:" + port},
      {"aliased_endpoint", "localhost"},
      {"aliased_url", "https://localhost:" + port},
      {"cloud_id", cloud_id(deployment)},
      {"ports",
       {{"http", 9200},
        {"https", deployment.port},
        {"transport_passthrough", kTransportPassthrough}}},
      {"services_urls",
       Json::array({{{"service", "elasticsearch"}, {"url", "https://127.0.0.1:" + port}}})}};
  if (flags.show_metadata) metadata["raw"] = Json::object();
  return metadata;
}

Json topology_view(const Deployment& deployment) {
  Json instances = Json::array();
  for (int zone = 0; zone < deployment.zones; ++zone) {
    instances.push_back({{"instance_name", "instance-000000000" + std::to_string(zone)},
                         {"service_version", deployment.version},
                         {"healthy", !deployment.stopped},
                         {"container_started", !deployment.stopped},
                         {"service_running", !deployment.stopped},
                         {"maintenance_mode", false},
                         {"zone", deployment.region + static_cast<char>('a' + zone % 26)},
                         {"service_roles", Json::array({"master", "data", "ingest"})},
                         {"node_roles", Json::array({"master", "ingest", "data_hot", "data_content",
                                                     "remote_cluster_client"})}});
  }
  return {{"healthy", !deployment.stopped}, {"instances", instances}};
}

Json health_view(bool healthy, const std::string& status) {
  const Json none = Json::array();
  return {
      {"healthy", healthy},
      {"shard_info",
       {{"healthy", healthy},
        {"available_shards", none},
        {"unavailable_shards", none},
        {"unavailable_replicas", none}}},
      {"shards_status", {{"status", status}}},
      {"master_info",
       {{"healthy", healthy}, {"masters", none}, {"instances_with_no_master", none}}},
      {"blocking_issues", {{"healthy", healthy}, {"cluster_level", none}, {"index_level", none}}}};
}

std::string status_of(const Deployment& deployment) {
  if (deployment.stopped) return "stopped";
  return deployment.pending ? "reconfiguring" : "started";
}

bool is_healthy(const Deployment& deployment) {
  return !deployment.stopped && deployment.cluster->health() != "red";
}

/// The trust with what the server gave its entries under "server".
Json trust_dump(Json trust) {
  for (Json& entry : trust["direct"]) {
    entry["server"] = {{"uid", entry["uid"]}};
    entry.erase("uid");
    for (Json& certificate : entry["certificates"]) certificate.erase("metadata");
  }
  return trust;
}

}  // namespace

ViewFlags ViewFlags::parse(const Request& request) {
  ViewFlags flags;
  flags.show_plans = flag(request, "show_plans", true);
  flags.show_settings = flag(request, "show_settings", false);
  flags.show_metadata = flag(request, "show_metadata", false);
  flags.show_plan_logs = flag(request, "show_plan_logs", false);
  flags.show_plan_history = flag(request, "show_plan_history", false);
  flags.force_all_plan_history = flag(request, "force_all_plan_history", false);
  flags.clear_transient = flag(request, "clear_transient", false);
  return flags;
}

Json without_transient(Json plan) {
  if (plan.is_object()) plan.erase("transient");
  return plan;
}

Json resource_view(const WorldState& world, Deployment& deployment, const ViewFlags& flags) {
  const Json none = Json::array();
  const bool healthy = is_healthy(deployment);
  Json info{{"cluster_id", deployment.cluster_id},
            {"cluster_name", deployment.name},
            {"deployment_id", deployment.id},
            {"healthy", healthy},
            {"status", status_of(deployment)},
            {"region", deployment.region},
            {"locked", false},
            {"elasticsearch", health_view(healthy, deployment.cluster->health())},
            {"metadata", metadata_view(deployment, flags)},
            {"topology", topology_view(deployment)},
            {"snapshots", {{"healthy", true}, {"count", 0}, {"recent_success", false}}},
            {"associated_kibana_clusters", none},
            {"associated_apm_clusters", none},
            {"associated_appsearch_clusters", none},
            {"associated_enterprise_search_clusters", none},
            {"external_links", none},
            {"system_alerts", none},
            {"plan_info", plan_info(world, deployment, flags)}};
  if (flags.show_settings) info["settings"] = deployment.settings;
  return {{"ref_id", deployment.ref_id},
          {"id", deployment.cluster_id},
          {"region", deployment.region},
          {"info", info}};
}

Json deployment_view(const WorldState& world, Deployment& deployment, const ViewFlags& flags) {
  const Json none = Json::array();
  Json body{{"id", deployment.id},
            {"name", deployment.name},
            {"alias", deployment.alias},
            {"healthy", is_healthy(deployment)},
            {"metadata", {{"tags", deployment.tags}}},
            {"resources",
             {{"elasticsearch", Json::array({resource_view(world, deployment, flags)})},
              {"kibana", none},
              {"apm", none},
              {"appsearch", none},
              {"enterprise_search", none},
              {"integrations_server", none}}}};
  if (flags.show_settings)
    body["settings"] = {{"autoscaling_enabled", false},
                        {"auto_ops", {{"status", "not_connected"}}}};
  return body;
}

Json brief_resource(const Deployment& deployment) {
  return {{"ref_id", deployment.ref_id},
          {"id", deployment.cluster_id},
          {"kind", "elasticsearch"},
          {"region", deployment.region},
          {"cloud_id", cloud_id(deployment)}};
}

Json listing_view(const Deployment& deployment) {
  return {{"id", deployment.id},
          {"name", deployment.name},
          {"resources", Json::array({brief_resource(deployment)})}};
}

void add_version_headers(const Deployment& deployment, Response& response) {
  response.headers.emplace_back("x-cloud-resource-version",
                                std::to_string(deployment.resource_version));
  response.headers.emplace_back("x-cloud-resource-created", deployment.created);
  response.headers.emplace_back("x-cloud-resource-last-modified", deployment.modified);
}

Json deployment_dump(const WorldState&, const Deployment& deployment) {
  Json settings = deployment.settings;
  settings["trust"] = trust_dump(settings["trust"]);
  Json keystore = Json::object();
  for (const auto& [name, secret] : deployment.keystore)
    keystore[name] = {{"as_file", secret.as_file}};
  return {{"name", deployment.name},
          {"alias", deployment.alias},
          {"ref_id", deployment.ref_id},
          {"region", deployment.region},
          {"version", deployment.version},
          {"tags", deployment.tags},
          {"plan", without_transient(deployment.plan)},
          {"settings", settings},
          {"keystore", keystore},
          {"remote_clusters", deployment.remote_clusters},
          {"elasticsearch", deployment.cluster->dump()},
          {"server",
           {{"cluster_id", deployment.cluster_id},
            {"version", deployment.resource_version},
            {"last_modified", deployment.modified},
            {"plan_attempts", deployment.history.size()},
            {"pending", deployment.pending.has_value()},
            {"port", deployment.port}}}};
}

}  // namespace crosstie::sandbox::ech
