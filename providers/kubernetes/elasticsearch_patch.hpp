#pragma once
// kubernetes.elasticsearch_patch: fields of an existing Elasticsearch resource, each patch under a
// field manager of its own.
#include <memory>
#include <string>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"

namespace crosstie::kubernetes {

/// `crosstie:<first 8 of lineage>:<address>`, at most 128 characters (kube-apiserver's limit for
/// fieldManager); a longer address ends in a hash of the whole.
std::string patch_manager(const std::string& lineage, const std::string& address);

/// What ECK's switches on the resource mean for a change that waits for it: an error (managed:
/// false) or a warning (paused). Pure.
Diagnostics orchestration_switches(const Value& elasticsearch);

/// Sum of the nodeSets' counts (a count left out is 1).
std::int64_t node_count(const Value& elasticsearch);

std::unique_ptr<Handler> make_elasticsearch_patch_handler(std::shared_ptr<Api> api);

}  // namespace crosstie::kubernetes
