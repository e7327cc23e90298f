#include "sandbox/kubernetes/operator_pod_status.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kMain = "elasticsearch";

json condition(const char* type, bool holds) {
  return {{"lastProbeTime", nullptr},
          {"lastTransitionTime", Clock::now_seconds()},
          {"status", holds ? "True" : "False"},
          {"type", type}};
}

json unready_condition(const char* type) {
  json made = condition(type, false);
  made["reason"] = "ContainersNotReady";
  made["message"] = std::string("containers with unready status: [") + kMain + "]";
  return made;
}

json conditions(bool ready) {
  return json::array(
      {ready ? condition("Ready", true) : unready_condition("Ready"),
       ready ? condition("ContainersReady", true) : unready_condition("ContainersReady"),
       condition("PodScheduled", true)});
}

/// What the pod's status says of a container so far; null when nothing.
const json& status_before(const json& pod, const std::string& container) {
  static const json kNull;
  for (const json& entry : member(pod, {"status", "containerStatuses"})) {
    if (text_at(entry, {"name"}) == container) return entry;
  }
  return kNull;
}

json container_status(const json& pod, const json& container, json state, bool ready) {
  const std::string name = text_at(container, {"name"});
  const json& before = status_before(pod, name);
  const json& restarts = member(before, {"restartCount"});
  const json& last = member(before, {"lastState"});
  return {{"name", name},
          {"image", text_at(container, {"image"})},
          {"imageID", ""},
          {"lastState", last.is_object() ? last : json::object()},
          {"ready", ready},
          {"restartCount", restarts.is_number_integer() ? restarts : json(0)},
          {"started", state.contains("running")},
          {"state", std::move(state)}};
}

json running_state(const json& before) {
  const json& running = member(before, {"state", "running"});
  if (running.is_object()) return {{"running", running}};
  return {{"running", {{"startedAt", Clock::now_seconds()}}}};
}

/// Other containers have no probe, so they are ready as soon as they run.
json running_containers(const json& pod, bool ready) {
  json statuses = json::array();
  for (const json& container : member(pod, {"spec", "containers"})) {
    const std::string name = text_at(container, {"name"});
    statuses.push_back(container_status(pod, container, running_state(status_before(pod, name)),
                                        ready || name != kMain));
  }
  return statuses;
}

json waiting_containers(const json& pod, const char* field, const char* reason) {
  json statuses = json::array();
  for (const json& container : member(pod, {"spec", field})) {
    json state;
    state["waiting"]["reason"] = reason;
    statuses.push_back(container_status(pod, container, std::move(state), false));
  }
  return statuses;
}

bool has_init_containers(const json& pod) {
  const json& containers = member(pod, {"spec", "initContainers"});
  return containers.is_array() && !containers.empty();
}

}  // namespace

bool is_pod_ready(const json& pod) {
  if (!member(pod, {"metadata", "deletionTimestamp"}).is_null()) return false;
  for (const json& entry : member(pod, {"status", "conditions"})) {
    if (text_at(entry, {"type"}) == "Ready") return text_at(entry, {"status"}) == "True";
  }
  return false;
}

json unmounted_status(const json& pod) {
  // pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses: behind init containers the reason
  // is PodInitializing.
  const bool initializes = has_init_containers(pod);
  const char* reason = initializes ? "PodInitializing" : "ContainerCreating";
  json status = {{"phase", "Pending"},
                 {"qosClass", "Burstable"},
                 {"hostIP", "192.0.2.10"},
                 {"startTime", Clock::now_seconds()},
                 {"conditions", conditions(false)},
                 {"containerStatuses", waiting_containers(pod, "containers", reason)}};
  if (initializes)
    status["initContainerStatuses"] = waiting_containers(pod, "initContainers", reason);
  return status;
}

json started_status(const json& pod, const std::string& address) {
  return {{"phase", "Running"},
          {"qosClass", "Burstable"},
          {"podIP", address},
          {"podIPs", json::array({{{"ip", address}}})},
          {"hostIP", "192.0.2.10"},
          {"startTime", Clock::now_seconds()},
          {"conditions", conditions(false)},
          {"containerStatuses", running_containers(pod, false)}};
}

json with_readiness(json pod, bool ready) {
  json statuses = running_containers(pod, ready);
  pod["status"]["conditions"] = conditions(ready);
  pod["status"]["containerStatuses"] = std::move(statuses);
  return pod;
}

json with_crash(json pod, const std::string& failure) {
  const std::string now = Clock::now_seconds();
  const std::string place = text_at(pod, {"metadata", "name"}) + "_" +
                            text_at(pod, {"metadata", "namespace"}) + "(" +
                            text_at(pod, {"metadata", "uid"}) + ")";
  json statuses = running_containers(pod, false);
  for (json& entry : statuses) {
    if (text_at(entry, {"name"}) != kMain) continue;
    // The sandbox keeps no logs, so what the node logs stands here as the container's message.
    const json ended = {{"exitCode", 1},
                        {"reason", "Error"},
                        {"message", failure},
                        {"startedAt", now},
                        {"finishedAt", now}};
    entry["lastState"] = {{"terminated", ended}};
    entry["restartCount"] = entry["restartCount"].get<int>() + 1;
    entry["started"] = false;
    entry["state"] = {{"waiting",
                       {{"reason", "CrashLoopBackOff"},
                        {"message", std::string("back-off 10s restarting failed container=") +
                                        kMain + " pod=" + place}}}};
  }
  pod["status"]["conditions"] = conditions(false);
  pod["status"]["containerStatuses"] = std::move(statuses);
  return pod;
}

void warn_about_pod(Context& context, ObjectStore& store, const json& pod,
                    const std::string& reason, const std::string& message) {
  const std::string space = text_at(pod, {"metadata", "namespace"});
  const std::string name = text_at(pod, {"metadata", "name"});
  const std::string node = text_at(pod, {"spec", "nodeName"});
  const std::string now = Clock::now_seconds();
  json event = new_object(Kind::event);
  event["count"] = 1;
  event["eventTime"] = nullptr;
  event["firstTimestamp"] = now;
  event["lastTimestamp"] = now;
  event["involvedObject"] = {{"apiVersion", "v1"},
                             {"kind", "Pod"},
                             {"name", name},
                             {"namespace", space},
                             {"uid", text_at(pod, {"metadata", "uid"})},
                             {"resourceVersion", text_at(pod, {"metadata", "resourceVersion"})}};
  event["message"] = message;
  event["reason"] = reason;
  event["reportingComponent"] = "kubelet";
  event["reportingInstance"] = node;
  event["source"] = {{"component", "kubelet"}, {"host", node}};
  event["type"] = "Warning";
  store.create(key_of(Kind::event, space, name + "." + context.ids.hex(16)), std::move(event));
}

}  // namespace crosstie::sandbox::eck
