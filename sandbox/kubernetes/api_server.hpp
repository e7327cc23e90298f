#pragma once
// A Kubernetes API server (kube-apiserver 1.33 as recorded) over an ObjectStore: routing, rights,
// storage rules, watch. What it answers is in api_server.cpp and the files beside it, one noun
// each.
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox {

class KubernetesApi {
 public:
  struct Options {
    std::string admin_token;   // user "admin", group system:masters
    std::string reader_token;  // user "reader": get, list and watch of everything, nothing else
    std::map<std::string, std::string>
        user_tokens;     // further users by token: name; their rights are what RBAC objects give
    std::string ca_pem;  // put into every namespace as ConfigMap kube-root-ca.crt; "" for none
    std::string git_version = "v1.33.13";
    bool eck = true;  // serve the Elasticsearch kind
    bool remote_cluster_service =
        true;  // the CRD knows spec.remoteClusterServer.service (ECK 3.3 and later)
  };

  /// Makes the namespaces, accounts and definitions that every cluster has. `context` and `store`
  /// must outlive the object.
  KubernetesApi(Context& context, ObjectStore& store, Options options);
  ~KubernetesApi();

  /// May be called more than once; the handlers share this object's state and stay valid after it.
  Handler handler();

  /// Creates a namespace with what the controllers put into it; nothing when it exists.
  void add_namespace(const std::string& name);

  /// Every object keyed "apiVersion/Kind/namespace/name"; what the server sets stands under
  /// "server".
  nlohmann::json dump() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace crosstie::sandbox
