#pragma once
// kubernetes.elasticsearch_nodes: the nodes of an ECK cluster and whom their transport layer
// trusts, so that a trust restriction that would shut one of them out can be told before it is
// written.
#include <memory>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"

namespace crosstie::kubernetes {

/// The Secrets whose certificates tell: one a nodeSet, and the public one last. Pure.
std::vector<std::string> certificate_secrets(const Value& elasticsearch);

/// Takes everything out of a Secret but certificates: `ca.crt` and `POD.tls.crt`. Private keys go
/// before anything else looks at it.
void keep_only_certificates(Value& secret);

/// The attributes, from the resource and those Secrets (null where one does not exist). Pure.
Result<Value> elasticsearch_nodes_of(const Value& elasticsearch, const std::vector<Value>& secrets);

std::unique_ptr<Handler> make_elasticsearch_nodes_handler(std::shared_ptr<Api> api);

}  // namespace crosstie::kubernetes
