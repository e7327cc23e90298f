#pragma once
// What the simulated Elastic Cloud holds. Plain data, shared by the files of this folder.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/ech/ech.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox::ech {

using Json = nlohmann::json;

/// One attempt to bring a deployment to a plan.
struct PlanAttempt {
  std::string id;
  std::string action;  // "deployments.update-deployment"
  std::string started;
  std::string ended;  // "" while it runs
  bool healthy = true;
  Json plan;
  Json log = Json::array();  // steps, as the API shows them
  int reads = 0;             // of the deployment while it was pending, for the flicker
  bool cancelled = false;
};

struct KeystoreSecret {
  Json value;
  bool as_file = false;
};

struct Deployment {
  std::string id;
  std::string name;
  std::string alias;
  std::string ref_id = "main-elasticsearch";
  std::string cluster_id;
  std::string region;
  std::string version;
  int zones = 1;
  bool stopped = false;
  Json plan;
  Json settings;  // of the Elasticsearch resource, `trust` among them
  Json tags = Json::array();
  std::map<std::string, KeystoreSecret> keystore;
  Json remote_clusters = Json::array();

  std::optional<PlanAttempt> pending;
  std::optional<PlanAttempt> current;
  std::deque<PlanAttempt> history;  // oldest first
  std::uint64_t resource_version = 1;
  std::string created;
  std::string modified;
  std::optional<std::pair<std::string, std::string>> next_failure;  // failure type and message

  Identity node_identity;  // of the transport interface
  std::unique_ptr<ElasticsearchCluster> cluster;
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
};

struct WorldState {
  WorldState(Context& shared_context, EchApi::Options api_options)
      : context(shared_context), options(std::move(api_options)) {}

  Context& context;
  EchApi::Options options;
  std::vector<std::shared_ptr<Deployment>> deployments;  // shared with plans under way
  Identity node_authority;             // of the region, shared by all customers; signs the nodes
  std::string old_node_authority_pem;  // listed, no longer active
  std::string organization_trust_name = "Default trust for own organization";
  std::uint64_t requests = 0;

  std::shared_ptr<Deployment> find(const std::string& id_or_name) const;
};

/// A trust object as the service fills it in for a deployment whose settings are at their defaults.
Json default_trust(const WorldState& world);

}  // namespace crosstie::sandbox::ech
