#pragma once
// What a kubelet writes about a pod: its status in each stage of its life, and its events.
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

/// True when the pod has condition Ready=True and is not being deleted.
bool is_pod_ready(const nlohmann::json& pod);

/// Phase Pending: the volumes cannot be set up, so no container has started.
nlohmann::json unmounted_status(const nlohmann::json& pod);
/// Phase Running with an address; the containers run, `elasticsearch` is not ready.
nlohmann::json started_status(const nlohmann::json& pod, const std::string& address);
/// The pod with every container running, `elasticsearch` ready or not.
nlohmann::json with_readiness(nlohmann::json pod, bool ready);
/// The pod whose container `elasticsearch` exited and waits to be restarted.
nlohmann::json with_crash(nlohmann::json pod, const std::string& failure);

/// Writes a Warning event about the pod, as the kubelet of its node.
void warn_about_pod(Context& context, ObjectStore& store, const nlohmann::json& pod,
                    const std::string& reason, const std::string& message);

}  // namespace crosstie::sandbox::eck
