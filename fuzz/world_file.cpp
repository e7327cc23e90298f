// The world file of a sandbox.
#include "fuzz/targets.hpp"
#include "sandbox/world_parse.hpp"

namespace crosstie::fuzz {

void world_file(std::string_view input) {
  const sandbox::ParsedWorld parsed = sandbox::parse_world(input, "world.yaml");
  for (const sandbox::WorldError& error : parsed.errors) {
    require(error.line >= 1 && error.column >= 1, "a place counts from 1");
    require(!error.summary.empty() && !error.explanation.empty(), "an error says what is wrong");
    (void)sandbox::format_world_error(error);
  }
  if (!parsed.errors.empty()) return;
  require(parsed.world.deployments.size() <= sandbox::kDeploymentsMax, "deployments are limited");
  for (const sandbox::WorldEck& cluster : parsed.world.eck)
    require(cluster.node_sets.size() <= sandbox::kNodeSetsMax, "node sets are limited");
}

}  // namespace crosstie::fuzz
