#pragma once
// The other controllers of the simulated Kubernetes: the ECK operator, the StatefulSet controller
// with kubelets, and the cloud's load balancer controller. They work on the object store as the
// real ones work on the API server: watch, compare, write.
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {

class ElasticsearchCluster;

/// Runs every Elasticsearch resource of the store and owns the simulated clusters behind them.
/// Threading: all functions on the sandbox's one thread; `context` and `store` must outlive the
/// operator. Source of the behaviour: ECK 3.5.0 on kube-apiserver 1.33, recordings in
/// fixtures/kubernetes.
class EckOperator {
 public:
  enum class Controller {
    eck,            // nothing of an Elasticsearch resource is reconciled
    kubelets,       // pods that are made do not become Ready
    load_balancers  // no address is given
  };
  /// Put around the handler of every cluster's HTTP listener (request log, faults).
  using Wrap = std::function<Handler(Handler)>;

  EckOperator(Context& context, ObjectStore& store, const std::vector<WorldEck>& world,
              Wrap wrap_elasticsearch_handler);
  ~EckOperator();
  EckOperator(const EckOperator&) = delete;
  EckOperator& operator=(const EckOperator&) = delete;

  /// Makes the world's namespaces, Elasticsearch resources and all that belongs to them, Ready and
  /// green when it returns, and then follows the store's changes. Called once.
  void start();
  /// Stops and starts one of them; what was asked for while it was down is done once it runs again.
  void set_running(Controller controller, bool running);

  /// What the clusters hold, by "NAMESPACE/NAME"; the Kubernetes objects themselves are the store's
  /// to dump.
  nlohmann::json dump() const;

  /// The running cluster of a resource, nullptr when there is none.
  ElasticsearchCluster* cluster(const std::string& namespace_name, const std::string& name) const;
  /// Loopback port of its HTTPS listener, 0 while no node is up. Also bound in Context::network as
  /// "NS/POD:9200" for each pod that is up and as "NS/NAME-es-http:9200".
  std::uint16_t http_port(const std::string& namespace_name, const std::string& name) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with the coroutines that wait; they end at their next step
                                // once it is stopped
};

}  // namespace crosstie::sandbox
