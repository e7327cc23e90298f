#pragma once
// kubernetes.elasticsearch_patch as a file for Git, for whoever must not write to the cluster.
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// The Elasticsearch resource that a request patches.
ObjectName patched_cluster(const ResourceRequest& request, const std::string& default_namespace);

/// What the write would change, as a YAML merge patch: names the resource, and leaves out the empty
/// fields that ECK writes back. A request without `desired` takes out what is in. "" when no value
/// changes. `live` may come without managedFields; then nothing of `spec` is known to be ours
/// alone.
Result<std::string> patch_for_git(const ResourceRequest& request, const Value& live);

}  // namespace crosstie::kubernetes
