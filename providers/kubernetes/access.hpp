#pragma once
// What other providers may ask of a Kubernetes connection: single objects, a pod's port, and how an
// ECK cluster is reached. Read only; the verbs of resources are in provider.hpp.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/http/client.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// One object, as a manifest names it. An empty namespace is the connection's own (or none, for
/// kinds without namespaces).
struct ObjectName {
  std::string api_version;  // "v1", "elasticsearch.k8s.elastic.co/v1"
  std::string kind;
  std::string namespace_name;
  std::string name;
  friend auto operator<=>(const ObjectName&, const ObjectName&) = default;
  /// `Service default/quickstart-es-http`, for messages.
  std::string print() const;
};

/// Everything that a client of an ECK cluster's Elasticsearch API needs.
struct EckEndpoint {
  http::Endpoint endpoint;  // CA pinned; through a dialer when it is a port-forward
  std::string username;     // "elastic"
  Secret password;
  std::string reached_by;  // "service quickstart-es-http.default.svc", "load balancer 203.0.113.7",
                           // "port-forward to pod default/quickstart-es-default-0": for messages
                           // and debug lines
};

class KubernetesAccess {
 public:
  virtual ~KubernetesAccess() = default;

  /// The object without managedFields; null when it does not exist (or its kind is not served).
  /// Data of Secrets is marked sensitive and still base64. Errors: refused, unreachable.
  virtual Task<Result<Value>> get_object(ObjectName name) = 0;

  /// Objects of a kind in one namespace by label selector ("" = all of them).
  virtual Task<Result<std::vector<Value>>> list_objects(ObjectName kind_and_namespace,
                                                        std::string label_selector) = 0;

  /// A connected stream to a port of a pod (one end of a socket pair; the caller owns the
  /// descriptor).
  virtual Task<Result<int>> forward(std::string namespace_name, std::string pod,
                                    std::uint16_t port) = 0;

  /// Namespace of the context, "default" when it names none.
  virtual const std::string& default_namespace() const = 0;

  /// True when the credentials are those of a pod's service account: Service names resolve then.
  virtual bool in_cluster() const = 0;

  /// How to reach the Elasticsearch API of an ECK cluster: Service DNS name in the cluster, else
  /// the load balancer address of
  /// `<name>-es-http` when it has one that answers, else a port-forward to a ready pod. CA from
  /// `<name>-es-http-certs-public`, password from
  /// `<name>-es-elastic-user`. Errors say which object is missing or not readable.
  virtual Task<Result<EckEndpoint>> eck_endpoint(std::string namespace_name, std::string name) = 0;

  /// Address of the API server for messages: "Kubernetes API at https://10.0.0.1:6443".
  virtual const std::string& service() const = 0;
};

/// The access of a provider made by make_kubernetes_provider; nullptr for any other provider. Lives
/// as long as the provider.
KubernetesAccess* kubernetes_access(Provider* provider);

}  // namespace crosstie::kubernetes
