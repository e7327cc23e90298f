#pragma once
// How deployments look in answers. All lists are present even when empty, because the Go clients
// dereference them.
#include "sandbox/ech/world_state.hpp"

namespace crosstie::sandbox::ech {

/// The query flags of GET /deployments/{id}, with the defaults of the API definition.
struct ViewFlags {
  bool show_plans = true;
  bool show_settings = false;
  bool show_metadata = false;  // only the raw blob
  bool show_plan_logs = false;
  bool show_plan_history = false;
  bool force_all_plan_history = false;
  bool clear_transient = false;

  static ViewFlags parse(const Request& request);
};

/// DeploymentGetResponse. Counts the read, for the flicker of a fresh pending plan.
Json deployment_view(const WorldState& world, Deployment& deployment, const ViewFlags& flags);
/// ElasticsearchResourceInfo.
Json resource_view(const WorldState& world, Deployment& deployment, const ViewFlags& flags);
/// DeploymentResource, the brief form of lists and of answers to PUT.
Json brief_resource(const Deployment& deployment);
/// DeploymentsListingData.
Json listing_view(const Deployment& deployment);

/// x-cloud-resource-version, -created, -last-modified.
void add_version_headers(const Deployment& deployment, Response& response);

/// The plan without its transient part.
Json without_transient(Json plan);

/// The deployment for the world dump.
Json deployment_dump(const WorldState& world, const Deployment& deployment);

}  // namespace crosstie::sandbox::ech
