#include "fuzz/targets.hpp"

namespace crosstie::fuzz {

std::span<const Target> targets() {
  static constexpr Target kTargets[] = {
      {"configuration", configuration}, {"expression", expression},
      {"kubeconfig", kubeconfig},       {"plan_file", plan_file},
      {"state_row", state_row},         {"http_answer", http_answer},
      {"world_file", world_file},       {"kubernetes_request", kubernetes_request},
      {"ech_request", ech_request},     {"elasticsearch_request", elasticsearch_request},
  };
  return kTargets;
}

}  // namespace crosstie::fuzz
