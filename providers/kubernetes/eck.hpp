#pragma once
// How an ECK cluster is reached from here. Source: ECK 3.5 naming, fixtures
// service-http-default.json and secret-es-http-certs-public.json.
#include <memory>
#include <string>

#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"

namespace crosstie::kubernetes {

Task<Result<EckEndpoint>> find_eck_endpoint(std::shared_ptr<Api> api, std::string namespace_name,
                                            std::string name);

/// Name of a pod that is Ready (preferred) or at least running and not being deleted; "" when there
/// is none. Pure.
std::string best_pod(const std::vector<Value>& pods);

/// Whether the cluster's HTTP interface speaks plain HTTP
/// (spec.http.tls.selfSignedCertificate.disabled without a certificate).
bool http_tls_disabled(const Value& elasticsearch);

}  // namespace crosstie::kubernetes
