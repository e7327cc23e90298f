#pragma once
// Services: defaults, validation, and the addresses and ports that the server allocates.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

/// Defaults of decoding (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, SetDefaults_Service).
void set_service_defaults(nlohmann::json& service);

/// Adds what is wrong with `service`; `before` is null for a create.
void check_service(const nlohmann::json& service, const nlohmann::json* before,
                   std::vector<Cause>& causes);

/// Carries allocated values over to an update that left them out, and drops those its type has no
/// use for (pkg/registry/core/service/strategy.go, patchAllocatedValues and
/// dropTypeDependentFields).
void carry_allocated(nlohmann::json& service, const nlohmann::json& before);

/// Gives cluster IP, IP families and node ports. Throws StatusError 422 when an asked-for node port
/// is taken. Nothing is recorded: the store's Services are the record, so a dry run takes nothing.
void allocate_service(nlohmann::json& service, const ObjectStore& store);

}  // namespace crosstie::sandbox::kubernetes
