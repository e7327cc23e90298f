#pragma once
// The Elastic Cloud Hosted API (api.elastic-cloud.com/api/v1) over simulated deployments. Each
// deployment runs one Elasticsearch cluster behind its own HTTPS listener on loopback.
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {

class ElasticsearchCluster;

/// All functions are called on the sandbox's one thread.
class EchApi {
 public:
  struct Options {
    std::string api_key;           // the one accepted `Authorization: ApiKey` value
    std::string elastic_password;  // password of user "elastic" on every deployment's cluster
    std::vector<std::string>
        elastic_api_keys;  // `ApiKey` values that the clusters take with superuser rights
    Identity authority;    // issues the certificates of the clusters' HTTPS endpoints
    std::string organization_id = "1234567890";
    std::string region = "aws-eu-west-1";
    bool pending_flicker = true;  // a fresh pending plan is seen, not seen once, and seen again
    bool trust_restarts_nodes =
        false;                // whether the real service restarts nodes for a trust change is open
    bool strict_pem = false;  // refuse a trusted certificate that does not parse
  };

  /// Starts the listeners of all deployments. `wrap_elasticsearch` puts request log and faults
  /// around each cluster's handler; empty means none. `context` must outlive the object.
  EchApi(Context& context, const std::vector<WorldDeployment>& deployments, Options options,
         std::function<Handler(Handler)> wrap_elasticsearch);
  ~EchApi();
  EchApi(const EchApi&) = delete;
  EchApi& operator=(const EchApi&) = delete;

  /// The API itself; may be called more than once, handlers stay valid after this object.
  Handler handler();

  /// The next plan of the deployment ends in an error at its last step, with these words.
  void fail_next_plan(const std::string& deployment, const std::string& failure_type,
                      const std::string& message);

  /// Deployments as canonical JSON; what the service sets by itself stands under "server".
  nlohmann::json dump() const;

  /// The cluster and the HTTPS port of a deployment by id or name; null and 0 when there is none.
  ElasticsearchCluster* cluster(const std::string& deployment) const;
  std::uint16_t elasticsearch_port(const std::string& deployment) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace crosstie::sandbox
