#include "sandbox/ech/ech.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/ech/keystore.hpp"
#include "sandbox/ech/plans.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/trust.hpp"
#include "sandbox/ech/views.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/http.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {
namespace {

using ech::Deployment;
using ech::Json;
using ech::WorldState;

constexpr std::size_t kIdCharacters = 32;
constexpr std::size_t kClusterUuidCharacters = 22;

Json first_plan(const Deployment& deployment) {
  const Json none = Json::array();
  const Json tier{{"id", "hot_content"},
                  {"instance_configuration_id", "aws.es.datahot.i3"},
                  {"zone_count", deployment.zones},
                  {"size", {{"value", 4096}, {"resource", "memory"}}},
                  {"node_roles", Json::array({"master", "ingest", "transform", "data_hot",
                                              "remote_cluster_client", "data_content"})},
                  {"elasticsearch", {{"node_attributes", {{"data", "hot"}}}}}};
  return {{"cluster_topology", Json::array({tier})},
          {"elasticsearch",
           {{"version", deployment.version},
            {"enabled_built_in_plugins", none},
            {"user_bundles", none},
            {"user_plugins", none}}},
          {"deployment_template", {{"id", "aws-general-purpose"}}},
          {"autoscaling_enabled", false},
          {"transient", {{"strategy", {{"autodetect", Json::object()}}}}}};
}

/// The certificate of the nodes' transport interface, with the names that the service gives to them
/// (facts/ech-api.md, section 4).
Identity node_identity(const Identity& authority, const Deployment& deployment,
                       const std::string& organization) {
  CertificateRequest request;
  request.common_name = "instance-0000000000.node." + deployment.cluster_id;
  request.other_names = {request.common_name + ".cluster." + organization + ".account"};
  request.dns_names = {deployment.cluster_id + ".node.cluster", "localhost"};
  request.ip_addresses = {"127.0.0.1"};
  request.client = true;
  Identity identity = issue(authority, request);
  identity.certificate_pem += authority.certificate_pem;
  return identity;
}

/// A certificate for the cluster's own HTTPS endpoint on loopback.
Identity endpoint_identity(const Identity& authority, const Deployment& deployment) {
  CertificateRequest request;
  request.common_name = deployment.cluster_id;
  request.dns_names = {"localhost"};
  request.ip_addresses = {"127.0.0.1"};
  return issue(authority, request);
}

void start_cluster(WorldState& world, Deployment& deployment,
                   const std::function<Handler(Handler)>& wrap) {
  ClusterOptions options;
  options.name = deployment.cluster_id;
  options.version = deployment.version;
  options.cluster_uuid = world.context.ids.base62(kClusterUuidCharacters);
  for (int zone = 0; zone < deployment.zones; ++zone)
    options.nodes.push_back("instance-000000000" + std::to_string(zone));
  options.elastic_password = world.options.elastic_password;
  options.api_keys = world.options.elastic_api_keys;
  options.http_tls = endpoint_identity(world.options.authority, deployment);
  ListenerOptions listening;
  listening.api = "elasticsearch";
  listening.tls = options.http_tls;
  deployment.cluster = ElasticsearchCluster::make(world.context, std::move(options));
  Handler handler = deployment.cluster->handler();
  if (wrap) handler = wrap(std::move(handler));
  deployment.listener = listen(world.context, std::move(listening), std::move(handler));
  deployment.port = deployment.listener->port();
}

std::shared_ptr<Deployment> make_deployment(WorldState& world, const WorldDeployment& wanted,
                                            const std::function<Handler(Handler)>& wrap) {
  auto deployment = std::make_shared<Deployment>();
  deployment->id = wanted.id.empty() ? world.context.ids.hex(kIdCharacters) : wanted.id;
  deployment->name = wanted.name;
  deployment->alias = wanted.name;
  deployment->cluster_id = world.context.ids.hex(kIdCharacters);
  deployment->region = world.options.region;
  deployment->version = wanted.version;
  deployment->zones = wanted.zones;
  deployment->created = deployment->modified = Clock::now_milliseconds();
  deployment->plan = first_plan(*deployment);
  deployment->settings = ech::default_settings(world, wanted.name);
  deployment->history.push_back(ech::first_attempt(world, deployment->plan));
  deployment->current = deployment->history.back();
  deployment->node_identity =
      node_identity(world.node_authority, *deployment, world.options.organization_id);
  start_cluster(world, *deployment, wrap);
  ech::apply_transport(world, *deployment);
  return deployment;
}

Identity region_authority(const std::string& name) {
  CertificateRequest request;
  request.common_name = name;
  request.organization = "Elasticsearch, Inc.";
  return make_authority(request);
}

}  // namespace

struct EchApi::State : WorldState {
  using WorldState::WorldState;
};

EchApi::EchApi(Context& context, const std::vector<WorldDeployment>& deployments, Options options,
               std::function<Handler(Handler)> wrap_elasticsearch)
    : state_(std::make_shared<State>(context, std::move(options))) {
  state_->node_authority = region_authority("sandbox region authority");
  state_->old_node_authority_pem =
      region_authority("sandbox region authority (former)").certificate_pem;
  for (const WorldDeployment& wanted : deployments) {
    state_->deployments.push_back(make_deployment(*state_, wanted, wrap_elasticsearch));
  }
}

EchApi::~EchApi() {
  for (const auto& deployment : state_->deployments) deployment->listener->close();
}

Handler EchApi::handler() {
  return [state = std::static_pointer_cast<WorldState>(state_)](Request request) {
    return ech::serve_request(state, std::move(request));
  };
}

void EchApi::fail_next_plan(const std::string& deployment, const std::string& failure_type,
                            const std::string& message) {
  if (const auto found = state_->find(deployment)) found->next_failure = {failure_type, message};
}

nlohmann::json EchApi::dump() const {
  Json all = Json::object();
  for (const auto& deployment : state_->deployments)
    all[deployment->id] = ech::deployment_dump(*state_, *deployment);
  return {{"deployments", all}};
}

ElasticsearchCluster* EchApi::cluster(const std::string& deployment) const {
  const auto found = state_->find(deployment);
  return found ? found->cluster.get() : nullptr;
}

std::uint16_t EchApi::elasticsearch_port(const std::string& deployment) const {
  const auto found = state_->find(deployment);
  return found ? found->port : std::uint16_t{0};
}

}  // namespace crosstie::sandbox
