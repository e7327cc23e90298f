#include "sandbox/kubernetes/operator_status.hpp"

#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

json condition(const char* type, const char* status, const std::string& message) {
  json made = {{"type", type}, {"status", status}};
  if (!message.empty()) made["message"] = message;
  return made;
}

/// ECK computes licensed resources; a nodeSet without CPU figures stops that (message seen).
json resources_condition(const ClusterView& view) {
  const std::string generation = std::to_string(view.generation);
  for (const NodeSet& node_set : view.node_sets) {
    bool known = false;
    for (const json& container : member(node_set.pod_template, {"spec", "containers"})) {
      if (text_at(container, {"name"}) != "elasticsearch") continue;
      known = !member(container, {"resources", "limits", "cpu"}).is_null() ||
              !member(container, {"resources", "requests", "cpu"}).is_null();
    }
    if (known) continue;
    return condition(
        "ResourcesAwareManagement", "False",
        "Cannot get compute and storage resources from Elasticsearch resource generation " +
            generation + ": cannot compute resources for NodeSet \"" + node_set.name +
            "\": no CPU request or limit set");
  }
  return condition("ResourcesAwareManagement", "True",
                   "Successfully calculated compute and storage resources from Elasticsearch "
                   "resource generation " +
                       generation);
}

json version_condition(const ClusterView& view, const Observation& observation) {
  if (observation.running_version.empty())
    return condition("RunningDesiredVersion", "Unknown", "No running version reported");
  if (observation.running_version == view.version_text) {
    return condition("RunningDesiredVersion", "True",
                     "All nodes are running version " + view.version_text);
  }
  return condition("RunningDesiredVersion", "False",
                   "Upgrading from " + observation.running_version + " to " + view.version_text);
}

json reachable_condition(const ClusterView& view, const Observation& observation) {
  const std::string service =
      "Service " + view.names.namespace_name + "/" + view.names.es("internal-http");
  if (observation.available_nodes == 0)
    return condition("ElasticsearchIsReachable", "False", service + " has no endpoint");
  if (observation.health == "unknown") {
    return condition("ElasticsearchIsReachable", "False",
                     service + " has endpoints but Elasticsearch is unavailable");
  }
  return condition("ElasticsearchIsReachable", "True", service + " has endpoints");
}

json wanted_conditions(const ClusterView& view, const json& before,
                       const Observation& observation) {
  json wanted =
      json::array({condition("ReconciliationComplete", observation.complete ? "True" : "False",
                             observation.complete ? "" : observation.incomplete_message)});
  if (observation.checked) {
    wanted.push_back(version_condition(view, observation));
    wanted.push_back(reachable_condition(view, observation));
    wanted.push_back(resources_condition(view));
  }
  bool was_paused = false;
  for (const json& entry : before)
    was_paused = was_paused || text_at(entry, {"type"}) == "OrchestrationPaused";
  if (!observation.paused_message.empty()) {
    wanted.push_back(condition("OrchestrationPaused", "True", observation.paused_message));
  } else if (was_paused) {
    wanted.push_back(
        condition("OrchestrationPaused", "False", "Orchestration has resumed normally"));
  }
  return wanted;
}

/// `wanted` over `before`: order kept, time moved only where status or message changed, conditions
/// not mentioned stay.
json merged_conditions(const json& before, json wanted, const std::string& now) {
  json merged = before.is_array() ? before : json::array();
  for (json& entry : wanted) {
    entry["lastTransitionTime"] = now;
    bool placed = false;
    for (json& old : merged) {
      if (text_at(old, {"type"}) != text_at(entry, {"type"})) continue;
      if (text_at(old, {"status"}) != text_at(entry, {"status"}) ||
          text_at(old, {"message"}) != text_at(entry, {"message"}))
        old = entry;
      placed = true;
    }
    if (!placed) merged.push_back(entry);
  }
  return merged;
}

json operation(const json& before, const json& nodes, const std::string& now) {
  const json& old_nodes = member(before, {"nodes"});
  const bool same = old_nodes == nodes || (old_nodes.is_null() && nodes.empty());
  json made = {
      {"lastUpdatedTime", same && before.is_object() ? before.at("lastUpdatedTime") : json(now)}};
  if (!nodes.empty()) made["nodes"] = nodes;
  return made;
}

}  // namespace

json make_status(const ClusterView& view, const json& before, const Observation& observation) {
  const std::string now = Clock::now_seconds();
  const json& conditions = member(before, {"conditions"});
  json status = {
      {"conditions",
       merged_conditions(conditions, wanted_conditions(view, conditions, observation), now)},
      {"health", observation.health},
      {"observedGeneration", view.generation},
      {"phase", observation.phase}};
  status["inProgressOperations"] = {
      {"downscale",
       operation(member(before, {"inProgressOperations", "downscale"}), json::array(), now)},
      {"upgrade", operation(member(before, {"inProgressOperations", "upgrade"}),
                            observation.upgrade_nodes, now)},
      {"upscale", operation(member(before, {"inProgressOperations", "upscale"}),
                            observation.upscale_nodes, now)}};
  if (observation.available_nodes > 0) status["availableNodes"] = observation.available_nodes;
  if (!observation.running_version.empty()) status["version"] = observation.running_version;
  return status;
}

void EventRecorder::warn(const ClusterView& view, const std::string& reason,
                         const std::string& action, const std::string& message) {
  const std::string mark =
      view.uid + "|" + std::to_string(view.generation) + "|" + reason + "|" + message;
  if (!sent_.insert(mark).second) return;
  const json* resource =
      store_.find(key_of(Kind::elasticsearch, view.names.namespace_name, view.names.name));
  json event = new_object(Kind::event);
  std::string time = Clock::now_milliseconds();
  time.insert(time.size() - 1, "000");  // events carry microseconds
  event["action"] = action;
  event["eventTime"] = time;
  event["firstTimestamp"] = nullptr;
  event["lastTimestamp"] = nullptr;
  event["involvedObject"] = {
      {"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
      {"kind", "Elasticsearch"},
      {"name", view.names.name},
      {"namespace", view.names.namespace_name},
      {"uid", view.uid},
      {"resourceVersion",
       resource == nullptr ? "" : text_at(*resource, {"metadata", "resourceVersion"})}};
  event["message"] = message;
  event["reason"] = reason;
  event["reportingComponent"] = "elasticsearch-controller";
  event["reportingInstance"] = "elasticsearch-controller-elastic-operator-0";
  event["source"] = json::object();
  event["type"] = "Warning";
  const std::string name = view.names.name + "." + context_.ids.hex(16);
  store_.create(key_of(Kind::event, view.names.namespace_name, name), std::move(event));
}

}  // namespace crosstie::sandbox::eck
