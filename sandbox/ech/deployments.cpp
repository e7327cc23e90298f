// Reading and updating deployments.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/keystore.hpp"
#include "sandbox/ech/plans.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/trust.hpp"
#include "sandbox/ech/views.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kSearchSizeDefault = 10;
constexpr std::size_t kSearchSizeMax = 1000;
constexpr const char* kUpdateAction = "deployments.update-deployment";

Response reply(int status, const Json& body) { return Response::json(status, body.dump()); }

Response list_deployments(const Call& call) {
  Json list = Json::array();
  for (const auto& deployment : call.world->deployments) list.push_back(listing_view(*deployment));
  return reply(200, {{"deployments", list}});
}

Response get_deployment(const Call& call) {
  const auto deployment = call.deployment();
  Response response =
      reply(200, deployment_view(*call.world, *deployment, ViewFlags::parse(call.request)));
  add_version_headers(*deployment, response);
  return response;
}

Response get_resource(const Call& call) {
  const auto deployment = call.resource();
  return reply(200, resource_view(*call.world, *deployment, ViewFlags::parse(call.request)));
}

std::string query_field(const Deployment& deployment, const std::string& name) {
  if (name == "id") return deployment.id;
  if (name == "name" || name == "name.keyword") return deployment.name;
  if (name == "healthy") return deployment.stopped ? "false" : "true";
  throw api_error(400, "root.invalid_data", "The field [" + name + "] cannot be searched",
                  {"query"});
}

/// match_all, match_none, term, match and prefix on id, name and healthy.
bool query_matches(const Json& query, const Deployment& deployment) {
  if (query.is_null() || query.empty() || query.contains("match_all")) return true;
  if (query.contains("match_none")) return false;
  for (const char* kind : {"term", "match", "prefix"}) {
    if (!query.contains(kind) || !query[kind].is_object() || query[kind].empty()) continue;
    const std::string value = query_field(deployment, query[kind].begin().key());
    const Json body = query[kind].begin().value();
    const Json wanted =
        body.is_object() ? body.value(std::string_view(kind) == "match" ? "query" : "value", Json())
                         : body;
    const std::string text = wanted.is_string() ? wanted.get<std::string>() : wanted.dump();
    return std::string_view(kind) == "prefix" ? value.rfind(text, 0) == 0 : value == text;
  }
  throw api_error(400, "root.invalid_data", "The query is not supported", {"query"});
}

Response search_deployments(const Call& call) {
  const Json body =
      call.request.body.empty() ? Json::object() : Cursor::parse(call.request.body).json();
  const Json query = body.value("query", Json());
  const std::size_t size = std::min(body.value("size", kSearchSizeDefault), kSearchSizeMax);
  std::size_t from = body.value("from", std::size_t{0});
  if (body.contains("cursor") && body["cursor"].is_string())
    from = std::stoul("0" + body["cursor"].get<std::string>());
  std::vector<std::shared_ptr<Deployment>> found;
  for (const auto& deployment : call.world->deployments) {
    if (query_matches(query, *deployment)) found.push_back(deployment);
  }
  Json list = Json::array();
  for (std::size_t k = from; k < std::min(found.size(), from + size); ++k) {
    list.push_back(deployment_view(*call.world, *found[k], ViewFlags{}));
  }
  Json answer{{"return_count", list.size()}, {"match_count", found.size()}, {"deployments", list}};
  if (from + size < found.size()) answer["cursor"] = std::to_string(from + size);
  Response response = reply(200, answer);
  if (!found.empty()) add_version_headers(*found.front(), response);
  return response;
}

/// A PUT that was read and found good.
struct Update {
  bool with_elasticsearch = false;
  bool prune = false;
  Json plan;
  Json settings;                                 // whole, after the change
  std::optional<std::string> keystore_contents;  // checked; merged when the plan applies it
  std::string name;
  std::string alias;
  Json tags;
};

void read_settings(WorldState& world, const Deployment& deployment, const Cursor& settings,
                   Update& update) {
  if (settings.is_null()) return;
  settings.object();
  // Field by field: an absent field stays, null goes back to the default.
  for (const auto& [name, value] : settings.json().items()) {
    if (name == "trust") {
      const Cursor trust = settings.get("trust");
      update.settings["trust"] = trust.is_null()
                                     ? default_trust(world)
                                     : read_trust(world, deployment.settings["trust"], trust);
    } else if (name == "keystore_contents") {
      const Cursor contents = settings.get("keystore_contents");
      if (contents.is_null()) continue;
      merged_keystore(deployment.keystore, contents);
      update.keystore_contents = contents.json().dump();
    } else if (value.is_null()) {
      update.settings[name] = default_settings(world, deployment.name).value(name, Json());
      if (update.settings[name].is_null()) update.settings.erase(name);
    } else {
      update.settings[name] = value;
    }
  }
}

void read_elasticsearch(WorldState& world, const Deployment& deployment, const Cursor& payload,
                        Update& update) {
  const std::string ref_id = payload.need("ref_id").text();
  const std::string region = payload.need("region").text();
  const Cursor plan = payload.need("plan");
  plan.object();
  plan.need_list("cluster_topology");
  const std::string version = plan.need("elasticsearch").text_or("version", deployment.version);
  if (ref_id != deployment.ref_id) {
    throw api_error(400, "root.invalid_data",
                    "A deployment can have only one Elasticsearch resource; its ref_id is [" +
                        deployment.ref_id + "]",
                    {payload.field() + ".ref_id"});
  }
  if (region != deployment.region) {
    throw api_error(400, "root.invalid_data", "The region of a resource cannot change",
                    {payload.field() + ".region"});
  }
  if (version != deployment.version) {
    throw api_error(400, "root.invalid_data",
                    "The sandbox runs no upgrades; the version stays [" + deployment.version + "]",
                    {payload.field() + ".plan.elasticsearch.version"});
  }
  update.with_elasticsearch = true;
  update.plan = plan.json();
  read_settings(world, deployment, payload.get("settings"), update);
}

Update read_update(WorldState& world, const Deployment& deployment, const std::string& body) {
  const Cursor document = Cursor::parse(body);
  Update update;
  update.plan = deployment.plan;
  update.settings = deployment.settings;
  update.prune = document.need("prune_orphans").boolean();
  update.name = document.text_or("name", deployment.name);
  update.alias = document.text_or("alias", deployment.alias);
  update.tags = deployment.tags;
  const Cursor metadata = document.get("metadata");
  if (!metadata.is_null() && !metadata.get("tags").is_null())
    update.tags = metadata.get("tags").json();
  const Cursor resources = document.get("resources");
  if (resources.is_null()) return update;
  for (const char* kind :
       {"kibana", "apm", "appsearch", "enterprise_search", "integrations_server"}) {
    if (resources.list(kind).empty()) continue;
    throw api_error(400, "root.invalid_data",
                    std::string("The sandbox has no resources of kind ") + kind,
                    {std::string("resources.") + kind});
  }
  const std::vector<Cursor> elasticsearch = resources.list("elasticsearch");
  if (elasticsearch.size() > 1)
    throw api_error(400, "root.invalid_data", "Only one Elasticsearch resource is allowed",
                    {"resources.elasticsearch"});
  for (const Cursor& payload : elasticsearch)
    read_elasticsearch(world, deployment, payload, update);
  return update;
}

void check_version(const Call& call, const Deployment& deployment) {
  const auto wanted = call.request.query_value("version");
  if (!wanted || *wanted == std::to_string(deployment.resource_version)) return;
  throw api_error(409, "deployments.version_conflict",
                  "The deployment has version [" + std::to_string(deployment.resource_version) +
                      "], not [" + *wanted + "]",
                  {"version"});
}

Json update_answer(const Deployment& deployment, const Update& update) {
  Json body{{"id", deployment.id},
            {"name", update.name},
            {"alias", update.alias},
            {"resources", Json::array({brief_resource(deployment)})}};
  if (update.prune && !update.with_elasticsearch) {
    const Json none = Json::array();
    body["shutdown_resources"] = {
        {"elasticsearch", Json::array({{{"id", deployment.cluster_id}, {"dependents", none}}})},
        {"kibana", none},
        {"apm", none},
        {"appsearch", none},
        {"enterprise_search", none},
        {"integrations_server", none}};
  }
  return body;
}

/// What the update makes true, at the plan's step apply-plan-settings.
void apply_update(const WorldState& world, Deployment& deployment, const Update& update) {
  const bool trust_changed = deployment.settings["trust"] != update.settings["trust"];
  deployment.settings = update.settings;
  if (trust_changed) {
    deployment.cluster->set_remote_trust(proxy_trust_pem(deployment.settings["trust"]));
    apply_transport(world, deployment);
  }
  if (!update.keystore_contents) return;
  const Cursor contents = Cursor::parse(*update.keystore_contents);
  set_keystore(deployment, merged_keystore(deployment.keystore, contents));
}

Response put_deployment(const Call& call) {
  const auto deployment = call.deployment();
  const auto world = call.world;
  Update update = read_update(*world, *deployment, call.request.body);
  check_version(call, *deployment);
  if (call.flag("validate_only", false)) {
    Json body = update_answer(*deployment, update);
    body["diagnostics"] = {{"creates", Json::object()}, {"updates", Json::object()}};
    if (update.with_elasticsearch) {
      body["diagnostics"]["updates"]["elasticsearch"] =
          Json::array({{{"ref_id", deployment->ref_id},
                        {"display_name", deployment->name},
                        {"backend_plan", update.plan}}});
    }
    Response response = reply(200, body);
    add_version_headers(*deployment, response);
    return response;
  }
  if (deployment->pending) throw plan_pending(deployment->id);
  const Json body = update_answer(*deployment, update);
  deployment->name = update.name;
  deployment->alias = update.alias;
  deployment->tags = update.tags;
  const bool trust_changed = deployment->settings["trust"] != update.settings["trust"];
  PlanRequest plan;
  plan.action = kUpdateAction;
  plan.plan = update.plan;
  plan.duration = settings_change_duration(*world);
  plan.rolling_restart = without_transient(update.plan) != without_transient(deployment->plan) ||
                         (trust_changed && world->options.trust_restarts_nodes);
  const bool shuts_down = update.prune && !update.with_elasticsearch;
  plan.apply = [world, deployment, update = std::move(update), shuts_down] {
    apply_update(*world, *deployment, update);
    if (!shuts_down) return;
    deployment->stopped = true;
    deployment->cluster->set_nodes_up(0, deployment->zones);
  };
  start_plan(world, deployment, std::move(plan));
  Response response = reply(200, body);
  add_version_headers(*deployment, response);
  return response;
}

Response certificate_authority(const Call& call) {
  const auto deployment = call.deployment();
  const auto certificate = [](const std::string& pem, bool active) {
    return Json{{"active", active}, {"pem", pem}, {"metadata", certificate_metadata(pem)}};
  };
  return reply(
      200, {{"recommended_trust_restriction", "*.node." + deployment->cluster_id + ".cluster." +
                                                  call.world->options.organization_id + ".account"},
            {"public_certificates",
             Json::array({certificate(call.world->node_authority.certificate_pem, true),
                          certificate(call.world->old_node_authority_pem, false)})}});
}

Response eligible_remotes(const Call& call) {
  const std::string own =
      call.path.count("deployment_id") != 0 ? call.path.at("deployment_id") : "";
  Json list = Json::array();
  for (const auto& deployment : call.world->deployments) {
    if (deployment->id != own)
      list.push_back(deployment_view(*call.world, *deployment, ViewFlags{}));
  }
  return reply(
      200, {{"return_count", list.size()}, {"match_count", list.size()}, {"deployments", list}});
}

Response create_deployment(const Call&) {
  throw api_error(501, "sandbox.not_simulated",
                  "The sandbox creates no deployments: the world file names them "
                  "(crosstie sandbox -world FILE)");
}

}  // namespace

std::vector<Route> deployment_routes() {
  return {{"GET", "/deployments", list_deployments},
          {"POST", "/deployments", create_deployment},
          {"POST", "/deployments/_search", search_deployments},
          {"POST", "/deployments/eligible-remote-clusters", eligible_remotes},
          {"GET", "/deployments/{deployment_id}", get_deployment},
          {"PUT", "/deployments/{deployment_id}", put_deployment},
          {"GET", "/deployments/{deployment_id}/certificate-authority", certificate_authority},
          {"GET", "/deployments/{deployment_id}/elasticsearch/{ref_id}", get_resource},
          {"POST", "/deployments/{deployment_id}/elasticsearch/{ref_id}/eligible-remote-clusters",
           eligible_remotes}};
}

}  // namespace crosstie::sandbox::ech
