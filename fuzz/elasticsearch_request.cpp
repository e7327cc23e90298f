// Requests to a simulated Elasticsearch cluster, fresh for every input.
#include <nlohmann/json.hpp>

#include "fuzz/requests.hpp"
#include "fuzz/targets.hpp"
#include "sandbox/elasticsearch/cluster.hpp"

namespace crosstie::fuzz {

void elasticsearch_request(std::string_view input) {
  Surroundings surroundings;
  sandbox::ClusterOptions options;
  options.name = "prod";
  options.version = "9.1.0";
  options.cluster_uuid = "prod-uuid";
  options.nodes = {"prod-0", "prod-1"};
  options.elastic_password = "pw";
  options.api_keys = {"k"};
  const auto cluster =
      sandbox::ElasticsearchCluster::make(surroundings.context, std::move(options));
  send_requests(surroundings, cluster->handler(), input);
  (void)cluster->dump();
}

}  // namespace crosstie::fuzz
