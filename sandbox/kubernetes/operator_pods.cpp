#include "sandbox/kubernetes/operator_pods.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/operator_endpoints.hpp"
#include "sandbox/kubernetes/operator_mounts.hpp"
#include "sandbox/kubernetes/operator_nodes.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_pod_status.hpp"
#include "sandbox/kubernetes/operator_workload.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

/// Simulated times; those of one pod's restart are about 20 s together.
constexpr milliseconds kEndpointsDelay{200};
constexpr milliseconds kPodScheduling{1000};
constexpr milliseconds kPodPulling{3000};
constexpr milliseconds kPodStarting{16000};
/// A kubelet tries volumes again after 0.5 s and longer, an exited container after 10 s and longer.
constexpr milliseconds kMountRetry{2000};
constexpr milliseconds kStartRetry{10000};
/// A mounted file follows its object with the kubelet's next sync (every 60 s); Elasticsearch looks
/// at it every 5 s (resource.reload.interval.high).
constexpr milliseconds kFilesDelay{65000};
/// Until nodes have noticed that another one is gone or back.
constexpr milliseconds kGatherDelay{3000};

constexpr const char* kReplicaIndex = "apps.kubernetes.io/pod-index";
constexpr const char* kRevisionLabel = "controller-revision-hash";

/// A detached coroutine's failure is a bug of the sandbox: it ends the run loop with the exception.
void report(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

/// The container `elasticsearch` exited and was not started again.
bool is_waiting(const json& pod) {
  for (const json& status : member(pod, {"status", "containerStatuses"})) {
    if (!member(status, {"state", "waiting"}).is_null()) return true;
  }
  return false;
}

json new_pod(const json& set, int index, const std::string& revision) {
  const std::string name = text_at(set, {"metadata", "name"}) + "-" + std::to_string(index);
  const json& pod_template = member(set, {"spec", "template"});
  json pod = new_object(Kind::pod);
  pod["metadata"] = member(pod_template, {"metadata"});
  pod["metadata"].erase("creationTimestamp");
  pod["metadata"]["generateName"] = text_at(set, {"metadata", "name"}) + "-";
  json& labels = pod["metadata"]["labels"];
  labels[kReplicaIndex] = std::to_string(index);
  labels[kRevisionLabel] = revision;
  labels["statefulset.kubernetes.io/pod-name"] = name;
  pod["metadata"]["ownerReferences"] = json::array({{{"apiVersion", "apps/v1"},
                                                     {"blockOwnerDeletion", true},
                                                     {"controller", true},
                                                     {"kind", "StatefulSet"},
                                                     {"name", text_at(set, {"metadata", "name"})},
                                                     {"uid", text_at(set, {"metadata", "uid"})}}});
  json& spec = pod["spec"] = member(pod_template, {"spec"});
  spec["hostname"] = name;
  spec["subdomain"] = text_at(set, {"spec", "serviceName"});
  spec["enableServiceLinks"] = true;
  spec["preemptionPolicy"] = "PreemptLowerPriority";
  spec["priority"] = 0;
  spec["serviceAccount"] = "default";
  spec["serviceAccountName"] = "default";
  spec["nodeName"] = "sandbox-node-" + std::to_string(index % 3);
  for (json& volume : spec["volumes"]) {
    if (volume.contains("persistentVolumeClaim"))
      volume["persistentVolumeClaim"]["claimName"] = text_at(volume, {"name"}) + "-" + name;
  }
  pod["status"] = {{"phase", "Pending"}, {"qosClass", "Burstable"}};
  return pod;
}

/// Pods of one set; valid until the store changes.
std::vector<const json*> pods_of(const ObjectStore& store, const std::string& namespace_name,
                                 const std::string& set_uid) {
  std::vector<const json*> pods;
  for (const json* pod : store.list("", "pods", namespace_name)) {
    const json& owners = member(*pod, {"metadata", "ownerReferences"});
    if (owners.is_array() && !owners.empty() && text_at(owners.front(), {"uid"}) == set_uid)
      pods.push_back(pod);
  }
  return pods;
}

/// Pods of a StatefulSet that is gone go too (the garbage collector's work).
void remove_orphans(ObjectStore& store, const std::string& namespace_name,
                    const std::string& set_name) {
  std::vector<std::string> orphans;
  for (const json* pod : store.list("", "pods", namespace_name)) {
    const json& owners = member(*pod, {"metadata", "ownerReferences"});
    if (!owners.is_array() || owners.empty() || text_at(owners.front(), {"kind"}) != "StatefulSet")
      continue;
    if (text_at(owners.front(), {"name"}) == set_name)
      orphans.push_back(text_at(*pod, {"metadata", "name"}));
  }
  for (const std::string& name : orphans) store.erase(key_of(Kind::pod, namespace_name, name));
}

/// Objects of a set to count in its status.
json set_status(const json& set, const std::vector<const json*>& pods) {
  const std::string revision = revision_of(set);
  int ready = 0;
  int updated = 0;
  for (const json* pod : pods) {
    if (is_pod_ready(*pod)) ++ready;
    if (text_at(*pod, {"metadata", "labels", kRevisionLabel}) == revision) ++updated;
  }
  const int total = static_cast<int>(pods.size());
  const std::string before = text_at(set, {"status", "currentRevision"});
  const std::string current =
      before.empty() || (updated == total && ready == total) ? revision : before;
  json status = {
      {"availableReplicas", ready}, {"collisionCount", 0},
      {"currentRevision", current}, {"observedGeneration", set["metadata"].value("generation", 1)},
      {"replicas", total},          {"updateRevision", revision},
      {"updatedReplicas", updated}};
  if (current == revision) status["currentReplicas"] = total;
  if (ready > 0) status["readyReplicas"] = ready;
  return status;
}

}  // namespace

std::string PodController::address_of(const ObjectKey& pod) {
  const auto [known, added] = addresses_.try_emplace(pod);
  if (!added) return known->second;
  const std::size_t number = addresses_.size() + 9;
  return known->second = "10.244." + std::to_string(number / 250 % 250) + "." +
                         std::to_string(number % 250 + 1);
}

void PodController::settle() {
  std::vector<ObjectKey> sets;
  for (const json* set : store_.list("apps", "statefulsets", "")) {
    sets.push_back(key_of(Kind::stateful_set, text_at(*set, {"metadata", "namespace"}),
                          text_at(*set, {"metadata", "name"})));
  }
  std::set<std::string> namespaces;
  for (const ObjectKey& key : sets) {
    sync_set(key.namespace_name, key.name);
    std::vector<Pod> pods;
    const std::string set_uid = text_at(*store_.find(key), {"metadata", "uid"});
    for (const json* pod : pods_of(store_, key.namespace_name, set_uid)) {
      pods.emplace_back(key_of(Kind::pod, key.namespace_name, text_at(*pod, {"metadata", "name"})),
                        text_at(*pod, {"metadata", "uid"}));
    }
    for (const Pod& pod : pods) {
      if (start_pod(pod) && !nodes_.up(pod.first)) launch(pod);
    }
    sync_set_status(key.namespace_name, key.name);
    namespaces.insert(key.namespace_name);
  }
  for (const std::string& name : namespaces) sync_endpoints(store_, name);
}

void PodController::observe(const WatchEvent& event, const std::shared_ptr<void>& alive) {
  if (stopped_) return;
  const std::string& space = event.key.namespace_name;
  if (event.key.resource == "statefulsets") {
    // A change of status alone is this controller's own.
    const bool seen = member(event.object, {"status", "observedGeneration"}) ==
                      member(event.object, {"metadata", "generation"});
    if (event.type == "MODIFIED" && seen) return;
    co_spawn(context_.executor, sync_later(alive, space, event.key.name), report);
  } else if (event.key.resource == "pods") {
    observe_pod(event, alive);
    endpoints_soon(space, alive);
  } else if (event.key.resource == "services") {
    endpoints_soon(space, alive);
  } else if (event.key.resource == "secrets" || event.key.resource == "configmaps") {
    observe_files(event.key, alive);
  }
}

void PodController::observe_pod(const WatchEvent& event, const std::shared_ptr<void>& alive) {
  const json& owners = member(event.object, {"metadata", "ownerReferences"});
  if (!owners.is_array() || owners.empty()) return;
  if (text_at(owners.front(), {"kind"}) != "StatefulSet") return;
  const std::string set = text_at(owners.front(), {"name"});
  const std::string& space = event.key.namespace_name;
  if (event.type == "ADDED") {
    const std::string uid = text_at(event.object, {"metadata", "uid"});
    co_spawn(context_.executor, run_pod(alive, Pod(event.key, uid)), report);
    return;
  }
  if (event.type == "DELETED") {
    nodes_.end(event.key);
    soon(Chore::gather, space, alive);
    co_spawn(context_.executor, sync_later(alive, space, set), report);
  }
  sync_set_status(space, set);
}

/// Many pods and Services change together; their slices are written once for all of them.
void PodController::endpoints_soon(const std::string& namespace_name,
                                   const std::shared_ptr<void>& alive) {
  if (!endpoints_due_.insert(namespace_name).second) return;
  co_spawn(context_.executor, endpoints_later(alive, namespace_name), report);
}

Task<void> PodController::endpoints_later(std::shared_ptr<void> alive, std::string namespace_name) {
  co_await context_.clock.wait(kEndpointsDelay);
  endpoints_due_.erase(namespace_name);
  if (!stopped_) sync_endpoints(store_, namespace_name);
  alive.reset();
}

Task<void> PodController::sync_later(std::shared_ptr<void> alive, std::string namespace_name,
                                     std::string set) {
  co_await context_.clock.wait(kPodScheduling);
  if (!stopped_) sync_set(namespace_name, set);
  alive.reset();
}

/// The objects that volumes come from.
void PodController::observe_files(const ObjectKey& key, const std::shared_ptr<void>& alive) {
  const auto in_namespace = [&key](const Pod& pod) {
    return pod.first.namespace_name == key.namespace_name;
  };
  if (std::any_of(unmounted_.begin(), unmounted_.end(), in_namespace))
    soon(Chore::mount, key.namespace_name, alive);
  if (std::any_of(down_.begin(), down_.end(), in_namespace))
    soon(Chore::start, key.namespace_name, alive);
  if (nodes_.reads(key)) soon(Chore::reload, key.namespace_name, alive);
}

void PodController::soon(Chore chore, const std::string& namespace_name,
                         const std::shared_ptr<void>& alive) {
  if (!due_.emplace(chore, namespace_name).second) return;
  co_spawn(context_.executor, do_later(alive, chore, namespace_name), report);
}

Task<void> PodController::do_later(std::shared_ptr<void> alive, Chore chore,
                                   std::string namespace_name) {
  milliseconds delay = kGatherDelay;
  if (chore == Chore::mount) delay = kMountRetry;
  if (chore == Chore::start) delay = kStartRetry;
  if (chore == Chore::reload) delay = kFilesDelay;
  co_await context_.clock.wait(delay);
  due_.erase({chore, namespace_name});
  if (!stopped_) do_now(chore, namespace_name, alive);
  alive.reset();
}

void PodController::do_now(Chore chore, const std::string& namespace_name,
                           const std::shared_ptr<void>& alive) {
  if (!running_) {
    held_.emplace(chore, namespace_name);
    return;
  }
  const auto take = [&namespace_name](std::set<Pod>& from) {
    std::vector<Pod> taken;
    for (const Pod& pod : from) {
      if (pod.first.namespace_name == namespace_name) taken.push_back(pod);
    }
    for (const Pod& pod : taken) from.erase(pod);
    return taken;
  };
  switch (chore) {
    case Chore::mount:
      for (const Pod& pod : take(unmounted_))
        co_spawn(context_.executor, run_pod(alive, pod), report);
      break;
    case Chore::start:
      for (const Pod& pod : take(down_)) launch(pod);
      break;
    case Chore::reload:
      for (const auto& cluster : nodes_.reload(namespace_name)) {
        gather(cluster);
        notify_(cluster);
      }
      break;
    case Chore::gather:
      for (const auto& cluster : nodes_.clusters_in(namespace_name)) gather(cluster);
      break;
  }
}

Task<void> PodController::run_pod(std::shared_ptr<void> alive, Pod pod) {
  co_await context_.clock.wait(kPodPulling);
  const bool started = !stopped_ && start_pod(pod);
  if (started) {
    co_await context_.clock.wait(kPodStarting);
    if (!stopped_) launch(pod);
  }
  alive.reset();
}

void PodController::set_running(bool running, const std::shared_ptr<void>& alive) {
  running_ = running;
  if (!running_) return;
  const auto unready = std::move(unready_);
  unready_.clear();
  for (const Pod& pod : unready) launch(pod);
  const auto held = std::move(held_);
  held_.clear();
  for (const auto& [chore, namespace_name] : held) do_now(chore, namespace_name, alive);
}

std::map<std::string, int> PodController::starts_of(const NodeProcesses::ClusterId& cluster) const {
  std::map<std::string, int> starts;
  const std::string prefix = cluster.second + "-es-";
  for (const auto& [pod, count] : starts_) {
    if (pod.namespace_name == cluster.first && pod.name.starts_with(prefix))
      starts[pod.name] = count;
  }
  return starts;
}

void PodController::sync_set(const std::string& namespace_name, const std::string& set_name) {
  const json* stored = store_.find(key_of(Kind::stateful_set, namespace_name, set_name));
  if (stored == nullptr) {
    remove_orphans(store_, namespace_name, set_name);
    return;
  }
  const json set = *stored;
  const int replicas = set["spec"].value("replicas", 1);
  std::vector<std::string> surplus;
  for (const json* pod : pods_of(store_, namespace_name, text_at(set, {"metadata", "uid"}))) {
    const int index = std::atoi(text_at(*pod, {"metadata", "labels", kReplicaIndex}).c_str());
    if (index >= replicas) surplus.push_back(text_at(*pod, {"metadata", "name"}));
  }
  for (const std::string& name : surplus) store_.erase(key_of(Kind::pod, namespace_name, name));
  for (int index = 0; index < replicas; ++index) {
    const ObjectKey key = key_of(Kind::pod, namespace_name, set_name + "-" + std::to_string(index));
    if (store_.find(key) != nullptr) continue;
    ++starts_[key];
    put(store_, key, new_pod(set, index, revision_of(set)), kControllerManager);
  }
  sync_set_status(namespace_name, set_name);
}

void PodController::sync_set_status(const std::string& namespace_name,
                                    const std::string& set_name) {
  const ObjectKey key = key_of(Kind::stateful_set, namespace_name, set_name);
  const json* stored = store_.find(key);
  if (stored == nullptr) return;
  json set = *stored;
  set["status"] =
      set_status(set, pods_of(store_, namespace_name, text_at(set, {"metadata", "uid"})));
  put(store_, key, std::move(set), kControllerManager, "status");
}

const json* PodController::find(const Pod& pod) const {
  const json* stored = store_.find(pod.first);
  return stored == nullptr || text_at(*stored, {"metadata", "uid"}) != pod.second ? nullptr
                                                                                  : stored;
}

void PodController::warn_once(const json& pod, const std::string& reason,
                              const std::string& message) {
  if (!warned_.insert(text_at(pod, {"metadata", "uid"}) + "|" + message).second) return;
  warn_about_pod(context_, store_, pod, reason, message);
}

bool PodController::start_pod(const Pod& pod) {
  const json* stored = find(pod);
  if (stored == nullptr) return false;
  if (text_at(*stored, {"status", "phase"}) == "Running") return true;
  json object = *stored;
  const std::string failure = mount_failure(store_, object);
  if (!failure.empty()) {
    if (unmounted_.insert(pod).second) {
      const json before = object;
      if (member(object, {"status", "containerStatuses"}).is_null()) {
        object["status"] = unmounted_status(object);
        put(store_, pod.first, std::move(object), "kubelet", "status");
      }
      warn_once(before, "FailedMount", failure);
    }
    return false;
  }
  object["status"] = started_status(object, address_of(pod.first));
  put(store_, pod.first, std::move(object), "kubelet", "status");
  return true;
}

void PodController::launch(const Pod& pod) {
  const json* stored = find(pod);
  if (stored == nullptr) return;
  if (!running_) {
    unready_.push_back(pod);
    return;
  }
  const auto cluster = NodeProcesses::cluster_of(*stored);
  if (!cluster) {
    write_readiness(pod, true);
    return;
  }
  const json object = *stored;
  const NodeProcesses::Start start = nodes_.start(pod.first, object);
  switch (start.outcome) {
    case NodeProcesses::Outcome::up:
      if (is_waiting(object))
        write_readiness(pod, false);  // after a crash: the container runs again
      gather(*cluster);
      break;
    case NodeProcesses::Outcome::waits:
      down_.insert(pod);
      break;
    case NodeProcesses::Outcome::exits:
      down_.insert(pod);
      put(store_, pod.first, with_crash(object, start.failure), "kubelet", "status");
      warn_once(object, "BackOff",
                "Back-off restarting failed container elasticsearch in pod " + pod.first.name +
                    "_" + pod.first.namespace_name + "(" + pod.second + ")");
      break;
  }
}

void PodController::write_readiness(const Pod& pod, bool ready) {
  const json* stored = find(pod);
  if (stored == nullptr) return;
  put(store_, pod.first, with_readiness(*stored, ready), "kubelet", "status");
}

void PodController::gather(const NodeProcesses::ClusterId& cluster) {
  nodes_.settle(cluster);
  for (const std::string& name : nodes_.up_in(cluster)) {
    const ObjectKey key = key_of(Kind::pod, cluster.first, name);
    const json* stored = store_.find(key);
    if (stored == nullptr || is_pod_ready(*stored) == nodes_.joined(key)) continue;
    write_readiness({key, text_at(*stored, {"metadata", "uid"})}, nodes_.joined(key));
  }
}

}  // namespace crosstie::sandbox::eck
