#pragma once
// The Kubernetes provider: kubernetes.object, kubernetes.elasticsearch_patch, kubernetes.read,
// kubernetes.schema.
#include <memory>
#include <string>
#include <vector>

#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {

/// Resource types of this provider.
const std::vector<ResourceSchema>& kubernetes_schemas();

/// Reads the kubeconfig named by `settings` {kubeconfig, context, namespace} (null: as kubectl
/// finds it); sends nothing. Errors: files or contexts that are missing or cannot be understood.
Result<std::unique_ptr<Provider>> make_kubernetes_provider(const std::string& connection,
                                                           const Value& settings,
                                                           const ProviderEnvironment& environment);

}  // namespace crosstie
