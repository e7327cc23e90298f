#pragma once
// The world file: what exists when a sandbox starts. Plain data; parsed by world.cpp with line and
// column in every error.
#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace crosstie::sandbox {

struct WorldDeployment {
  std::string name;
  std::string id;  // 32 hex characters; made from the seed when empty
  std::string version = "9.1.0";
  int zones = 2;
};

struct WorldNodeSet {
  std::string name = "default";
  int count = 3;
  std::string config_json;        // object, "" = none
  std::string pod_template_json;  // object, "" = none
};

struct WorldEck {
  std::string name = "quickstart";
  std::string namespace_name = "default";
  std::string version = "9.1.0";
  std::string operator_version = "3.5.0";
  std::vector<WorldNodeSet> node_sets;
  enum class LoadBalancer { ip, ipv6, hostname };
  LoadBalancer load_balancer = LoadBalancer::ip;
  std::chrono::milliseconds load_balancer_delay{20000};  // simulated time
};

struct World {
  std::vector<WorldDeployment> deployments;
  std::vector<WorldEck> eck;
};

}  // namespace crosstie::sandbox
