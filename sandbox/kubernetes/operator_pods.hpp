#pragma once
// The StatefulSet controller, the endpoint slice controller and the kubelets in one: pods of every
// StatefulSet appear, start, become Ready, and are made again when deleted.
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

class PodController {
 public:
  PodController(Context& context, ObjectStore& store) : context_(context), store_(store) {}

  /// Brings all StatefulSets of the store to rest at once, without waiting (used when a world
  /// starts).
  void settle();
  /// Notes a change of the store and starts what it asks for. `alive` keeps this object: its owner.
  void observe(const WatchEvent& event, const std::shared_ptr<void>& alive);
  /// While the kubelets are down, new pods do not become Ready; they do once they run again.
  void set_running(bool running);
  void stop() { stopped_ = true; }

 private:
  /// Makes missing and removes surplus pods of one set.
  void sync_set(const std::string& namespace_name, const std::string& set);
  void sync_set_status(const std::string& namespace_name, const std::string& set);
  void sync_endpoints(const std::string& namespace_name);
  void start_pod(const ObjectKey& key, const std::string& uid);
  void make_ready(const ObjectKey& key, const std::string& uid);
  void observe_pod(const WatchEvent& event, const std::shared_ptr<void>& alive);
  void endpoints_soon(const std::string& namespace_name, const std::shared_ptr<void>& alive);
  Task<void> endpoints_later(std::shared_ptr<void> alive, std::string namespace_name);
  Task<void> sync_later(std::shared_ptr<void> alive, std::string namespace_name, std::string set);
  Task<void> run_pod(std::shared_ptr<void> alive, ObjectKey key, std::string uid);
  /// A pod of the same name gets the same address again, so that a world that was changed and
  /// changed back is equal.
  std::string address_of(const ObjectKey& pod);

  Context& context_;
  ObjectStore& store_;
  std::map<ObjectKey, std::string> addresses_;
  std::set<std::string> endpoints_due_;                     // namespaces
  std::vector<std::pair<ObjectKey, std::string>> unready_;  // pod and uid, while not running
  bool running_ = true;
  bool stopped_ = false;
};

/// True when the pod has condition Ready=True and is not being deleted.
bool is_pod_ready(const nlohmann::json& pod);

}  // namespace crosstie::sandbox::eck
