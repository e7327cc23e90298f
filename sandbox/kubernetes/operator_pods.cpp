#include "sandbox/kubernetes/operator_pods.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <set>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_workload.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

/// Simulated times; those of one pod's restart are about 20 s together.
constexpr milliseconds kEndpointsDelay{200};
constexpr milliseconds kPodScheduling{1000};
constexpr milliseconds kPodPulling{3000};
constexpr milliseconds kPodStarting{16000};

constexpr const char* kReplicaIndex = "apps.kubernetes.io/pod-index";
constexpr const char* kRevisionLabel = "controller-revision-hash";

/// A detached coroutine's failure is a bug of the sandbox: it ends the run loop with the exception.
void report(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

json condition(const char* type, bool holds) {
  return {{"lastProbeTime", nullptr},
          {"lastTransitionTime", Clock::now_seconds()},
          {"status", holds ? "True" : "False"},
          {"type", type}};
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

json slice_of(const json& service, const std::vector<const json*>& pods) {
  const std::string name = text_at(service, {"metadata", "name"});
  const bool headless = text_at(service, {"spec", "clusterIP"}) == "None";
  json slice = new_object(Kind::endpoint_slice);
  json labels = member(service, {"metadata", "labels"});
  if (!labels.is_object()) labels = json::object();
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  labels["kubernetes.io/service-name"] = name;
  if (headless) labels["service.kubernetes.io/headless"] = "";
  slice["metadata"] = {
      {"generateName", name + "-"},
      {"labels", labels},
      {"ownerReferences", json::array({{{"apiVersion", "v1"},
                                        {"blockOwnerDeletion", true},
                                        {"controller", true},
                                        {"kind", "Service"},
                                        {"name", name},
                                        {"uid", text_at(service, {"metadata", "uid"})}}})}};
  slice["addressType"] = "IPv4";
  slice["endpoints"] = json::array();
  for (const json* pod : pods) {
    json endpoint = {
        {"addresses", {text_at(*pod, {"status", "podIP"})}},
        {"conditions",
         {{"ready", is_pod_ready(*pod)}, {"serving", is_pod_ready(*pod)}, {"terminating", false}}},
        {"targetRef",
         {{"kind", "Pod"},
          {"name", text_at(*pod, {"metadata", "name"})},
          {"namespace", text_at(*pod, {"metadata", "namespace"})},
          {"uid", text_at(*pod, {"metadata", "uid"})}}}};
    if (text_at(*pod, {"spec", "subdomain"}) == name)
      endpoint["hostname"] = text_at(*pod, {"metadata", "name"});
    slice["endpoints"].push_back(std::move(endpoint));
  }
  if (pods.empty()) {
    slice["ports"] = nullptr;
    return slice;
  }
  for (const json& port : member(service, {"spec", "ports"})) {
    const json& target = member(port, {"targetPort"});
    json entry = {{"port", target.is_number() ? target : member(port, {"port"})},
                  {"protocol", port.value("protocol", "TCP")}};
    if (port.contains("name")) entry["name"] = port["name"];
    slice["ports"].push_back(std::move(entry));
  }
  return slice;
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

bool is_pod_ready(const json& pod) {
  if (!member(pod, {"metadata", "deletionTimestamp"}).is_null()) return false;
  for (const json& entry : member(pod, {"status", "conditions"})) {
    if (text_at(entry, {"type"}) == "Ready") return text_at(entry, {"status"}) == "True";
  }
  return false;
}

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
    std::vector<std::pair<ObjectKey, std::string>> pods;
    const std::string set_uid = text_at(*store_.find(key), {"metadata", "uid"});
    for (const json* pod : pods_of(store_, key.namespace_name, set_uid)) {
      pods.emplace_back(key_of(Kind::pod, key.namespace_name, text_at(*pod, {"metadata", "name"})),
                        text_at(*pod, {"metadata", "uid"}));
    }
    for (const auto& [pod, uid] : pods) {
      start_pod(pod, uid);
      make_ready(pod, uid);
    }
    sync_set_status(key.namespace_name, key.name);
    namespaces.insert(key.namespace_name);
  }
  for (const std::string& name : namespaces) sync_endpoints(name);
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
    co_spawn(context_.executor, run_pod(alive, event.key, uid), report);
    return;
  }
  if (event.type == "DELETED") {
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
  if (!stopped_) sync_endpoints(namespace_name);
  alive.reset();
}

Task<void> PodController::sync_later(std::shared_ptr<void> alive, std::string namespace_name,
                                     std::string set) {
  co_await context_.clock.wait(kPodScheduling);
  if (!stopped_) sync_set(namespace_name, set);
  alive.reset();
}

Task<void> PodController::run_pod(std::shared_ptr<void> alive, ObjectKey key, std::string uid) {
  co_await context_.clock.wait(kPodPulling);
  if (!stopped_) start_pod(key, uid);
  co_await context_.clock.wait(kPodStarting);
  if (!running_) unready_.emplace_back(key, uid);
  if (!stopped_ && running_) make_ready(key, uid);
  alive.reset();
}

void PodController::set_running(bool running) {
  running_ = running;
  if (!running_) return;
  const auto unready = std::move(unready_);
  unready_.clear();
  for (const auto& [key, uid] : unready) make_ready(key, uid);
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
    if (store_.find(key) == nullptr)
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

void PodController::start_pod(const ObjectKey& key, const std::string& uid) {
  const json* stored = store_.find(key);
  if (stored == nullptr || text_at(*stored, {"metadata", "uid"}) != uid) return;
  if (text_at(*stored, {"status", "phase"}) == "Running") return;
  json pod = *stored;
  const std::string address = address_of(key);
  pod["status"] = {
      {"phase", "Running"},
      {"qosClass", "Burstable"},
      {"podIP", address},
      {"podIPs", json::array({{{"ip", address}}})},
      {"hostIP", "192.0.2.10"},
      {"startTime", Clock::now_seconds()},
      {"conditions", json::array({condition("Ready", false), condition("ContainersReady", false),
                                  condition("PodScheduled", true)})}};
  put(store_, key, std::move(pod), "kubelet", "status");
}

void PodController::make_ready(const ObjectKey& key, const std::string& uid) {
  const json* stored = store_.find(key);
  if (stored == nullptr || text_at(*stored, {"metadata", "uid"}) != uid || is_pod_ready(*stored))
    return;
  json pod = *stored;
  const json& containers = member(*stored, {"spec", "containers"});
  json& status = pod["status"];
  status["conditions"] = json::array({condition("Ready", true), condition("ContainersReady", true),
                                      condition("PodScheduled", true)});
  status["containerStatuses"] = json::array();
  for (const json& container : containers) {
    status["containerStatuses"].push_back(
        {{"name", text_at(container, {"name"})},
         {"image", text_at(container, {"image"})},
         {"imageID", ""},
         {"lastState", json::object()},
         {"ready", true},
         {"restartCount", 0},
         {"started", true},
         {"state", {{"running", {{"startedAt", Clock::now_seconds()}}}}}});
  }
  put(store_, key, std::move(pod), "kubelet", "status");
}

void PodController::sync_endpoints(const std::string& namespace_name) {
  std::set<std::string> wanted;
  std::vector<json> services;
  for (const json* service : store_.list("", "services", namespace_name))
    services.push_back(*service);
  for (const json& service : services) {
    const json& selector = member(service, {"spec", "selector"});
    if (!selector.is_object() || selector.empty()) continue;
    std::vector<const json*> pods;
    for (const json* pod : store_.list("", "pods", namespace_name)) {
      if (labels_match(selector, *pod) && !text_at(*pod, {"status", "podIP"}).empty())
        pods.push_back(pod);
    }
    // The real suffix is random; this one is the same whenever the Service is made again.
    const std::string service_name = text_at(service, {"metadata", "name"});
    const std::string name = service_name + "-" + hash_text(service_name).substr(0, 5);
    wanted.insert(name);
    ensure(store_, key_of(Kind::endpoint_slice, namespace_name, name), slice_of(service, pods),
           kControllerManager);
  }
  std::vector<std::string> stale;
  for (const json* slice : store_.list("discovery.k8s.io", "endpointslices", namespace_name)) {
    const std::string name = text_at(*slice, {"metadata", "name"});
    if (!wanted.contains(name) &&
        !text_at(*slice, {"metadata", "labels", "endpointslice.kubernetes.io/managed-by"}).empty())
      stale.push_back(name);
  }
  for (const std::string& name : stale)
    store_.erase(key_of(Kind::endpoint_slice, namespace_name, name));
}

}  // namespace crosstie::sandbox::eck
