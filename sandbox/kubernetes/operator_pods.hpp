#pragma once
// The StatefulSet controller and the kubelets in one: pods of every StatefulSet appear, wait for
// their volumes, start, become Ready, and are made again when deleted.
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/operator_nodes.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

class PodController {
 public:
  /// Called when something changed in the nodes of a cluster that the store does not show, such as
  /// the files that they read.
  using Notify = std::function<void(const NodeProcesses::ClusterId&)>;

  PodController(Context& context, ObjectStore& store, NodeProcesses& nodes, Notify notify)
      : context_(context), store_(store), nodes_(nodes), notify_(std::move(notify)) {}

  /// Brings all StatefulSets of the store to rest at once, without waiting (used when a world
  /// starts).
  void settle();
  /// Notes a change of the store and starts what it asks for. `alive` keeps this object: its owner.
  void observe(const WatchEvent& event, const std::shared_ptr<void>& alive);
  /// While the kubelets are down, new pods do not become Ready; they do once they run again.
  void set_running(bool running, const std::shared_ptr<void>& alive);
  void stop() { stopped_ = true; }

  /// How often each pod of a cluster was made since the world began, by name.
  std::map<std::string, int> starts_of(const NodeProcesses::ClusterId& cluster) const;

 private:
  using Pod = std::pair<ObjectKey, std::string>;  // where it is stored, and its uid

  /// What a kubelet does again after a while.
  enum class Chore {
    mount,   // the volumes of pods that wait for them
    start,   // processes that exited or could not start yet
    reload,  // the files of running processes
    gather   // which nodes form their cluster
  };

  /// Makes missing and removes surplus pods of one set.
  void sync_set(const std::string& namespace_name, const std::string& set);
  void sync_set_status(const std::string& namespace_name, const std::string& set);
  /// The pod as stored; null when it is gone or another one has its name.
  const nlohmann::json* find(const Pod& pod) const;
  /// Sets up volumes and starts the containers; false when a volume cannot be set up.
  bool start_pod(const Pod& pod);
  /// Starts what runs in the containers.
  void launch(const Pod& pod);
  void write_readiness(const Pod& pod, bool ready);
  /// Lets the cluster's nodes find each other, and writes which of them are Ready.
  void gather(const NodeProcesses::ClusterId& cluster);
  void warn_once(const nlohmann::json& pod, const std::string& reason, const std::string& message);
  void observe_pod(const WatchEvent& event, const std::shared_ptr<void>& alive);
  void observe_files(const ObjectKey& key, const std::shared_ptr<void>& alive);
  void soon(Chore chore, const std::string& namespace_name, const std::shared_ptr<void>& alive);
  void endpoints_soon(const std::string& namespace_name, const std::shared_ptr<void>& alive);
  Task<void> do_later(std::shared_ptr<void> alive, Chore chore, std::string namespace_name);
  void do_now(Chore chore, const std::string& namespace_name, const std::shared_ptr<void>& alive);
  Task<void> endpoints_later(std::shared_ptr<void> alive, std::string namespace_name);
  Task<void> sync_later(std::shared_ptr<void> alive, std::string namespace_name, std::string set);
  Task<void> run_pod(std::shared_ptr<void> alive, Pod pod);
  /// A pod of the same name gets the same address again, so that a world that was changed and
  /// changed back is equal.
  std::string address_of(const ObjectKey& pod);

  Context& context_;
  ObjectStore& store_;
  NodeProcesses& nodes_;
  Notify notify_;
  std::map<ObjectKey, std::string> addresses_;
  std::map<ObjectKey, int> starts_;
  std::set<std::string> endpoints_due_;  // namespaces
  std::set<Pod> unmounted_;              // wait for a volume
  std::set<Pod> down_;                   // their process exited, or waits for its certificate
  std::set<std::string> warned_;         // uid and message of events
  std::set<std::pair<Chore, std::string>> due_;   // chores that have a coroutine, by namespace
  std::set<std::pair<Chore, std::string>> held_;  // chores to do once the kubelets run again
  std::vector<Pod> unready_;                      // pods that started meanwhile
  bool running_ = true;
  bool stopped_ = false;
};

}  // namespace crosstie::sandbox::eck
