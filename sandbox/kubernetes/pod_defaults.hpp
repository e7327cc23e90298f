#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace crosstie::sandbox::kubernetes {

/// Defaults of Pods and of the kinds that hold a pod template
/// (k8s.io/kubernetes/pkg/apis/{core,apps}/v1/defaults.go).
void set_workload_defaults(const std::string& kind, nlohmann::json& object);

}  // namespace crosstie::sandbox::kubernetes
