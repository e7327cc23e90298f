// Commands on a resource: restart, password, shutdown, restore, cancel of a plan; and the
// remote-clusters list.
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/plans.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kPasswordCharacters = 24;
constexpr std::chrono::milliseconds kShutdownDuration{30000};
constexpr std::chrono::milliseconds kRestoreDuration{90000};

Response reply(int status, const Json& body) { return Response::json(status, body.dump()); }

Response restart(const Call& call) {
  const auto deployment = call.resource();
  if (deployment->pending && call.flag("cancel_pending", false))
    cancel_plan(*call.world, *deployment);
  if (deployment->pending || deployment->stopped) {
    throw api_error(
        422, "deployments.deployment_resource_plan_change_error",
        "The resource [" + deployment->ref_id + "] cannot be restarted in its present state");
  }
  PlanRequest plan;
  plan.action = "deployments.restart-es-resource";
  plan.plan = deployment->plan;
  plan.rolling_restart = true;
  start_plan(call.world, deployment, std::move(plan));
  return reply(202, Json::object());
}

Response reset_password(const Call& call) {
  const auto deployment = call.resource();
  if (call.flag("check_completion", false))
    return reply(200, {{"username", "elastic"}, {"password", ""}});
  const std::string password = call.world->context.ids.base62(kPasswordCharacters);
  deployment->cluster->set_elastic_password(password);
  return reply(200, {{"username", "elastic"}, {"password", password}});
}

void start_shutdown(const Call& call, const std::shared_ptr<Deployment>& deployment, bool stop) {
  PlanRequest plan;
  plan.action = stop ? "deployments.shutdown-deployment" : "deployments.restore-deployment";
  plan.plan = deployment->plan;
  plan.duration = stop ? kShutdownDuration : kRestoreDuration;
  plan.apply = [deployment, stop] {
    deployment->stopped = stop;
    deployment->cluster->set_nodes_up(stop ? 0 : deployment->zones, deployment->zones);
    if (!stop) deployment->cluster->reopen_links();
  };
  start_plan(call.world, deployment, std::move(plan));
}

Response shutdown(const Call& call) {
  if (call.request.query_value("hide").value_or("false") == "true") {
    throw api_error(400, "deployments.restricted_parameter",
                    "The parameter [hide] is for platform administrators", {"hide"});
  }
  const auto deployment = call.path.count("ref_id") != 0 ? call.resource() : call.deployment();
  start_shutdown(call, deployment, true);
  return reply(200, call.path.count("ref_id") != 0
                        ? Json::object()
                        : Json{{"id", deployment->id}, {"name", deployment->name}});
}

Response restore(const Call& call) {
  const auto deployment = call.deployment();
  start_shutdown(call, deployment, false);
  return reply(200, {{"id", deployment->id}});
}

Response cancel_pending(const Call& call) {
  if (call.path.at("resource_kind") != "elasticsearch")
    throw resource_not_found(call.path.at("ref_id"));
  const auto deployment = call.resource();
  if (!cancel_plan(*call.world, *deployment) && !call.flag("ignore_missing", false)) {
    throw api_error(400, "deployments.resource_does_not_have_a_pending_plan",
                    "The resource [" + deployment->ref_id + "] does not have a pending plan");
  }
  return reply(
      200,
      {{"ref_id", deployment->ref_id}, {"id", deployment->cluster_id}, {"kind", "elasticsearch"}});
}

Response get_remotes(const Call& call) {
  Json list = Json::array();
  for (Json entry : call.resource()->remote_clusters) {
    const bool known = call.world->find(entry["deployment_id"]) != nullptr;
    entry["info"] = {{"healthy", known},
                     {"connected", known},
                     {"compatible", known},
                     {"trusted", known},
                     {"trusted_back", known}};
    list.push_back(std::move(entry));
  }
  return reply(200, {{"resources", list}});
}

Response put_remotes(const Call& call) {
  const auto deployment = call.resource();
  const Cursor body = Cursor::parse(call.request.body);
  Json list = Json::array();
  for (const Cursor& entry : body.need_list("resources")) {
    const std::string remote = entry.need("deployment_id").text();
    if (!call.world->find(remote)) throw deployment_not_found(remote);
    list.push_back({{"deployment_id", remote},
                    {"elasticsearch_ref_id", entry.need("elasticsearch_ref_id").text()},
                    {"alias", entry.need("alias").text()},
                    {"skip_unavailable", entry.boolean_or("skip_unavailable", false)}});
  }
  deployment->remote_clusters = std::move(list);
  return reply(202, Json::object());
}

}  // namespace

std::vector<Route> command_routes() {
  const std::string resource = "/deployments/{deployment_id}/elasticsearch/{ref_id}";
  return {{"POST", resource + "/_restart", restart},
          {"POST", resource + "/_reset-password", reset_password},
          {"POST", resource + "/_shutdown", shutdown},
          {"POST", "/deployments/{deployment_id}/_shutdown", shutdown},
          {"POST", "/deployments/{deployment_id}/_restore", restore},
          {"DELETE", "/deployments/{deployment_id}/{resource_kind}/{ref_id}/plan/pending",
           cancel_pending},
          {"GET", resource + "/remote-clusters", get_remotes},
          {"PUT", resource + "/remote-clusters", put_remotes}};
}

}  // namespace crosstie::sandbox::ech
