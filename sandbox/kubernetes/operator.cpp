#include "sandbox/kubernetes/operator.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/operator_cluster.hpp"
#include "sandbox/kubernetes/operator_load_balancer.hpp"
#include "sandbox/kubernetes/operator_nodes.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_pods.hpp"
#include "sandbox/kubernetes/operator_validation.hpp"
#include "sandbox/kubernetes/operator_world.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {

using nlohmann::json;

namespace {

/// Simulated time from a change to the operator's reaction; with a second look after it within the
/// 3 s seen.
constexpr std::chrono::milliseconds kReconcileDelay{500};
/// Passes until a new world is at rest; a few are needed, more would mean that two controllers
/// fight.
constexpr int kStartPassesMax = 20;

void report(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

/// Shared by the coroutines that wait on its behalf. After stop() nothing of the context or the
/// store is touched any more.
class EckOperator::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Context& context, ObjectStore& store, const std::vector<WorldEck>& world, Wrap wrap)
      : context_(context),
        store_(store),
        world_(world),
        wrap_(std::move(wrap)),
        nodes_(store),
        pods_(context, store, nodes_,
              [this](const eck::NodeProcesses::ClusterId& cluster) { mark(cluster); }),
        balancers_(context, store, world,
                   [this](const std::string& space, const std::string& name, int port) {
                     const eck::ManagedCluster* found = find(space, name);
                     if (found == nullptr) return std::uint16_t{0};
                     if (port == 9443) return found->runtime().remote_port();
                     if (port == 9300) return found->runtime().transport_port();
                     return port == 9200 ? found->runtime().http_port() : std::uint16_t{0};
                   }) {}

  void start();
  void stop();
  void set_running(Controller controller, bool running);
  json dump() const;
  const eck::ManagedCluster* find(const std::string& namespace_name, const std::string& name) const;

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  void observe(const WatchEvent& event);
  void mark(const Name& name);
  Task<void> follow(std::shared_ptr<Impl> self, Name name);
  void pass(const Name& name);
  void mark_held_up();
  bool is_blocked() const;
  eck::Version version_for(const std::string& namespace_name, const std::string& name) const;
  void start_cluster(const WorldEck& eck);

  Context& context_;
  ObjectStore& store_;
  std::vector<WorldEck> world_;
  Wrap wrap_;
  eck::NodeProcesses nodes_;
  eck::PodController pods_;
  std::map<Name, std::unique_ptr<eck::ManagedCluster>> clusters_;
  eck::LoadBalancerController balancers_;
  std::set<Name> marked_;    // to be reconciled
  std::set<Name> followed_;  // have a coroutine that will do it
  std::set<Name> held_up_;   // wait until every podTemplate can be decoded again, or it runs again
  bool running_ = true;
  bool stopped_ = false;
};

void EckOperator::Impl::start() {
  eck::make_operator_home(store_, world_);
  for (const WorldEck& eck : world_) start_cluster(eck);
  for (int pass_number = 0; pass_number < kStartPassesMax; ++pass_number) {
    const std::uint64_t before = store_.resource_version();
    for (const auto& [name, cluster] : clusters_) cluster->reconcile();
    pods_.settle();
    if (store_.resource_version() == before) break;
  }
  const std::weak_ptr<Impl> weak = weak_from_this();
  store_.on_change([weak](const WatchEvent& event) {
    if (const auto self = weak.lock()) self->observe(event);
  });
}

void EckOperator::Impl::start_cluster(const WorldEck& eck) {
  eck::make_namespace(store_, eck.namespace_name);
  const ObjectKey key = eck::key_of(eck::Kind::elasticsearch, eck.namespace_name, eck.name);
  if (store_.find(key) == nullptr)
    eck::put(store_, key, eck::applied_resource(eck), "kubectl-client-side-apply");
  const Name name{eck.namespace_name, eck.name};
  clusters_[name] = std::make_unique<eck::ManagedCluster>(
      context_, store_, nodes_, wrap_, *store_.find(key), version_for(name.first, name.second));
}

void EckOperator::Impl::stop() {
  stopped_ = true;
  pods_.stop();
  balancers_.stop();
  clusters_.clear();
}

json EckOperator::Impl::dump() const {
  json all = json::object();
  for (const auto& [name, cluster] : clusters_) {
    const ElasticsearchCluster* running = cluster->runtime().cluster();
    if (running == nullptr) continue;
    json& dump = all[name.first + "/" + name.second] = running->dump();
    dump["server"]["pod_starts"] = pods_.starts_of(name);
  }
  return all;
}

const eck::ManagedCluster* EckOperator::Impl::find(const std::string& namespace_name,
                                                   const std::string& name) const {
  const auto found = clusters_.find({namespace_name, name});
  return found == clusters_.end() ? nullptr : found->second.get();
}

/// The operator version that the world gives to the cluster, else to its namespace, else to the
/// first cluster.
eck::Version EckOperator::Impl::version_for(const std::string& namespace_name,
                                            const std::string& name) const {
  std::string text = world_.empty() ? WorldEck{}.operator_version : world_.front().operator_version;
  for (const WorldEck& eck : world_) {
    if (eck.namespace_name != namespace_name) continue;
    text = eck.operator_version;
    if (eck.name == name) break;
  }
  return eck::parse_version(text).value_or(eck::Version{3, 5, 0});
}

void EckOperator::Impl::observe(const WatchEvent& event) {
  if (stopped_) return;
  const auto self = shared_from_this();
  pods_.observe(event, self);
  balancers_.observe(event, self);
  if (event.key.resource == "elasticsearches") {
    mark({event.key.namespace_name, event.key.name});
    mark_held_up();
    return;
  }
  for (const auto& [name, cluster] : clusters_) {
    if (cluster->concerns(event)) mark(name);
  }
}

void EckOperator::Impl::set_running(Controller controller, bool running) {
  switch (controller) {
    case Controller::eck:
      running_ = running;
      if (running_) mark_held_up();
      break;
    case Controller::kubelets:
      pods_.set_running(running, shared_from_this());
      break;
    case Controller::load_balancers:
      balancers_.set_running(running);
      break;
  }
}

void EckOperator::Impl::mark_held_up() {
  const std::set<Name> held_up = std::move(held_up_);
  held_up_.clear();
  for (const Name& name : held_up) mark(name);
}

void EckOperator::Impl::mark(const Name& name) {
  marked_.insert(name);
  if (!followed_.insert(name).second) return;
  co_spawn(context_.executor, follow(shared_from_this(), name), report);
}

Task<void> EckOperator::Impl::follow(std::shared_ptr<Impl> self, Name name) {
  while (!stopped_ && marked_.contains(name)) {
    co_await context_.clock.wait(kReconcileDelay);
    if (stopped_) break;
    marked_.erase(name);
    pass(name);
  }
  followed_.erase(name);
  self.reset();
}

void EckOperator::Impl::pass(const Name& name) {
  if (!running_ || is_blocked()) {
    held_up_.insert(name);
    return;
  }
  const json* stored = store_.find(eck::key_of(eck::Kind::elasticsearch, name.first, name.second));
  const bool wanted =
      stored != nullptr && eck::member(*stored, {"metadata", "deletionTimestamp"}).is_null();
  const auto known = clusters_.find(name);
  if (known != clusters_.end() &&
      (!wanted || known->second->uid() != eck::text_at(*stored, {"metadata", "uid"}))) {
    const auto cluster = std::move(known->second);
    clusters_.erase(known);
    cluster->remove();
  }
  if (wanted) {
    auto& cluster = clusters_[name];
    stored = store_.find(eck::key_of(eck::Kind::elasticsearch, name.first, name.second));
    if (cluster == nullptr)
      cluster = std::make_unique<eck::ManagedCluster>(context_, store_, nodes_, wrap_, *stored,
                                                      version_for(name.first, name.second));
    cluster->reconcile();
  }
  balancers_.refresh();
}

/// One podTemplate that Go cannot decode breaks the operator's list and watch of the whole kind
/// (seen with ECK 3.5.0).
bool EckOperator::Impl::is_blocked() const {
  for (const json* resource : store_.list("elasticsearch.k8s.elastic.co", "elasticsearches", "")) {
    if (!eck::pod_templates_decode(*resource)) return true;
  }
  return false;
}

EckOperator::EckOperator(Context& context, ObjectStore& store, const std::vector<WorldEck>& world,
                         Wrap wrap_elasticsearch_handler)
    : impl_(std::make_shared<Impl>(context, store, world, std::move(wrap_elasticsearch_handler))) {}

EckOperator::~EckOperator() { impl_->stop(); }

void EckOperator::start() { impl_->start(); }

void EckOperator::set_running(Controller controller, bool running) {
  impl_->set_running(controller, running);
}

json EckOperator::dump() const { return impl_->dump(); }

ElasticsearchCluster* EckOperator::cluster(const std::string& namespace_name,
                                           const std::string& name) const {
  const eck::ManagedCluster* found = impl_->find(namespace_name, name);
  return found == nullptr ? nullptr : found->runtime().cluster();
}

std::uint16_t EckOperator::http_port(const std::string& namespace_name,
                                     const std::string& name) const {
  const eck::ManagedCluster* found = impl_->find(namespace_name, name);
  return found == nullptr ? std::uint16_t{0} : found->runtime().http_port();
}

}  // namespace crosstie::sandbox
