// _cluster/settings and _remote/info.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/links.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/settings.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

void check_timeouts(const Call& call) {
  for (const char* name : {"master_timeout", "timeout"}) {
    const std::string value = call.query(name, "30s");
    if (parse_time_value(value)) continue;
    throw illegal_argument("failed to parse setting [" + std::string(name) + "] with value [" +
                           value + "] as a time value: unit is missing or unrecognized");
  }
}

Response get_settings(ClusterState& cluster, const Call& call) {
  require_cluster(call.who, "cluster:monitor/settings", {"monitor", "manage"});
  check_timeouts(call);
  const bool flat = call.flag("flat_settings");
  Json body{{"persistent", format_settings(cluster.persistent, flat)},
            {"transient", format_settings(cluster.transient, flat)}};
  if (call.flag("include_defaults")) {
    Settings defaults = default_settings(cluster.remote_listener != nullptr);
    for (const auto& [key, value] : cluster.effective()) defaults.erase(key);
    body["defaults"] = format_settings(defaults, flat);
  }
  return ok(body);
}

Task<Response> put_settings(std::shared_ptr<ClusterState> cluster, Call call) {
  require_cluster(call.who, "cluster:admin/settings/update", {"manage"});
  check_timeouts(call);
  const bool flat = call.flag("flat_settings");
  const SettingsUpdate update = parse_settings_update(call.request.body, cluster->version);
  Settings transient =
      updated_settings(cluster->transient, update.transient, "transient", cluster->version);
  Settings persistent =
      updated_settings(cluster->persistent, update.persistent, "persistent", cluster->version);
  const Settings before = cluster->effective();
  cluster->transient = std::move(transient);
  cluster->persistent = std::move(persistent);
  // The real server waits for the new connections, so that _remote/info shows them right after the
  // answer.
  std::vector<std::string> to_open = rebuild_links(*cluster, before);
  co_await open_links(cluster, std::move(to_open));
  co_return ok({{"acknowledged", true},
                {"persistent", format_settings(update.persistent, flat)},
                {"transient", format_settings(update.transient, flat)}});
}

Task<Response> remote_info(std::shared_ptr<ClusterState> cluster, Call call) {
  require_cluster(call.who, "cluster:monitor/remote/info", {"monitor", "manage"});
  co_await notice_lost_links(cluster);
  Json body = Json::object();
  for (const auto& [alias, link] : cluster->links) body[alias] = link_info(*cluster, alias, link);
  co_return ok(body);
}

}  // namespace

std::vector<Route> settings_routes() {
  const std::vector<std::string> put_parameters{"flat_settings", "master_timeout", "timeout"};
  std::vector<std::string> get_parameters = put_parameters;
  get_parameters.emplace_back("include_defaults");
  get_parameters.emplace_back("local");
  return {{"GET", "/_cluster/settings", get_parameters, get_settings},
          {"PUT", "/_cluster/settings", put_parameters, nullptr, put_settings},
          {"GET", "/_remote/info", {}, nullptr, remote_info}};
}

}  // namespace crosstie::sandbox::elasticsearch
