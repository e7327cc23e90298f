#include "providers/kubernetes/readiness.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::kubernetes {
namespace {

using State = Readiness::State;

std::string text_form(const Value* value) {
  if (value == nullptr || value->is_null()) return "absent";
  return value->is_string() ? value->as_string() : to_shown_json(*value).dump();
}

std::int64_t number(const Value& object, std::initializer_list<std::string_view> path,
                    std::int64_t fallback = 0) {
  const Value* value = object.at(path);
  return value != nullptr && value->is_integer() ? value->as_integer() : fallback;
}

Readiness make(State state, std::string condition, std::string value, std::string detail = {},
               std::string failure = {}) {
  Readiness made;
  made.state = state;
  made.shown = {std::move(condition), std::move(value), std::move(detail), {}};
  made.failure = std::move(failure);
  return made;
}

/// "3 of 5" against a wish; ready when reached.
Readiness counted(const std::string& condition, std::int64_t has, std::int64_t wants,
                  const std::string& detail = {}) {
  return make(has >= wants ? State::ready : State::waiting, condition,
              std::to_string(has) + " of " + std::to_string(wants), detail);
}

std::string message_of(const Value* condition) {
  if (condition == nullptr) return {};
  const std::string reason = condition->text("reason");
  const std::string message = condition->text("message");
  return reason.empty() ? message : message.empty() ? reason : reason + ": " + message;
}

Readiness by_condition(const Value& object, const std::string& good, const std::string& bad) {
  const std::string status = condition_status(object, good);
  const std::string path = "status.conditions[" + good + "]";
  if (status == "True") return make(State::ready, path, "True");
  if (!bad.empty() && condition_status(object, bad) == "True") {
    const std::string why = message_of(condition_of(object, bad));
    return make(State::failing, "status.conditions[" + bad + "]", "True", why,
                "Condition " + bad + " is True" + (why.empty() ? "." : ": " + why));
  }
  return make(State::waiting, path, status.empty() ? "absent" : status,
              message_of(condition_of(object, good)));
}

Readiness first_not_ready(std::initializer_list<std::function<Readiness()>> steps) {
  Readiness last;
  for (const auto& step : steps) {
    last = step();
    if (last.state != State::ready) return last;
  }
  return last;
}

Readiness deployment(const Value& object) {
  const std::int64_t wants = number(object, {"spec", "replicas"}, 1);
  const std::string detail = message_of(condition_of(object, "Progressing"));
  Readiness rollout = first_not_ready(
      {[&] {
         return counted("status.updatedReplicas", number(object, {"status", "updatedReplicas"}),
                        wants, detail);
       },
       [&] {
         return counted("status.availableReplicas", number(object, {"status", "availableReplicas"}),
                        wants, detail);
       }});
  const std::int64_t old =
      number(object, {"status", "replicas"}) - number(object, {"status", "updatedReplicas"});
  if (rollout.state == State::ready && old > 0)
    rollout = make(State::waiting, "status.replicas", std::to_string(old) + " old pods left");
  const Value* progressing = condition_of(object, "Progressing");
  if (rollout.state == State::waiting && progressing != nullptr &&
      progressing->text("reason") == "ProgressDeadlineExceeded") {
    rollout.state = State::failing;
    rollout.failure = "The rollout does not get on: " + message_of(progressing);
  }
  return rollout;
}

Readiness stateful_set(const Value& object) {
  const std::int64_t wants = number(object, {"spec", "replicas"}, 1);
  const Value* strategy = object.at({"spec", "updateStrategy", "type"});
  const bool rolls = strategy == nullptr || text_form(strategy) != "OnDelete";
  const std::int64_t partition =
      number(object, {"spec", "updateStrategy", "rollingUpdate", "partition"});
  const std::int64_t updated = number(object, {"status", "updatedReplicas"});
  return first_not_ready(
      {[&] {
         return rolls
                    ? counted("status.updatedReplicas", updated, wants - std::min(partition, wants))
                    : make(State::ready, "", "");
       },
       [&] {
         return counted("status.readyReplicas", number(object, {"status", "readyReplicas"}), wants);
       }});
}

Readiness daemon_set(const Value& object) {
  const std::int64_t wants = number(object, {"status", "desiredNumberScheduled"});
  return first_not_ready({[&] {
                            return counted("status.updatedNumberScheduled",
                                           number(object, {"status", "updatedNumberScheduled"}),
                                           wants);
                          },
                          [&] {
                            return counted("status.numberAvailable",
                                           number(object, {"status", "numberAvailable"}), wants);
                          }});
}

/// Why a container does not start, when it says so.
std::string stuck_container(const Value& pod) {
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    const Value* statuses = pod.at({"status", list});
    if (statuses == nullptr || !statuses->is_list()) continue;
    for (const Value& status : statuses->as_list()) {
      const Value* waiting = status.at({"state", "waiting"});
      if (waiting == nullptr) continue;
      const std::string reason = waiting->text("reason");
      if (reason == "ContainerCreating" || reason == "PodInitializing") continue;
      return "container " + status.text("name") + ": " + message_of(waiting);
    }
  }
  return {};
}

Readiness pod(const Value& object) {
  const Value* phase = object.at({"status", "phase"});
  if (text_form(phase) == "Succeeded") return make(State::ready, "status.phase", "Succeeded");
  const std::string stuck = stuck_container(object);
  if (text_form(phase) == "Failed") {
    const Value* status = object.find("status");
    return make(State::failing, "status.phase", "Failed", message_of(status),
                "The pod failed: " + message_of(status));
  }
  Readiness made = by_condition(object, "Ready", "");
  if (made.state == State::waiting && !stuck.empty()) {
    made.state = State::failing;
    made.shown.detail = stuck;
    made.failure = "The pod does not start: " + stuck;
  }
  return made;
}

Readiness by_phase(const Value& object, const std::string& good, const std::string& bad) {
  const std::string phase = text_form(object.at({"status", "phase"}));
  if (phase == good) return make(State::ready, "status.phase", phase);
  if (!bad.empty() && phase == bad)
    return make(State::failing, "status.phase", phase, {}, "The phase is " + phase + ".");
  return make(State::waiting, "status.phase", phase);
}

Readiness service(const Value& object) {
  if (text_form(object.at({"spec", "type"})) != "LoadBalancer")
    return make(State::ready, "spec.type", text_form(object.at({"spec", "type"})));
  return load_balancer_readiness(object);
}

Readiness definition(const Value& object) {
  if (condition_status(object, "NamesAccepted") == "False") {
    const std::string why = message_of(condition_of(object, "NamesAccepted"));
    return make(State::failing, "status.conditions[NamesAccepted]", "False", why,
                "The names are not accepted: " + why);
  }
  return by_condition(object, "Established", "");
}

bool has_nodes_in_progress(const Value& object, std::string& detail) {
  for (const char* what : {"upscale", "downscale", "upgrade"}) {
    const Value* nodes = object.at({"status", "inProgressOperations", what, "nodes"});
    if (nodes == nullptr || !nodes->is_list() || nodes->as_list().empty()) continue;
    const Value& first = nodes->as_list().front();
    detail = std::string(what) + " of " + std::to_string(nodes->as_list().size()) + " nodes, " +
             first.text("name");
    if (const std::string message = first.text("message"); !message.empty())
      detail += ": " + message;
    return true;
  }
  return false;
}

/// ECK: fields that count only together (status.go of cloud-on-k8s 3.5: phase Invalid comes with
/// ReconciliationComplete=True).
Readiness elasticsearch(const Value& object) {
  const std::string phase = text_form(object.at({"status", "phase"}));
  const std::string health = text_form(object.at({"status", "health"}));
  std::string detail;
  const bool busy = has_nodes_in_progress(object, detail);
  if (detail.empty()) {
    for (const char* type : {"ReconciliationComplete", "ElasticsearchIsReachable"}) {
      if (detail.empty() && condition_status(object, type) == "False")
        detail = message_of(condition_of(object, type));
    }
  }
  if (phase == "Invalid")
    return make(State::failing, "status.phase", phase, detail,
                "The operator calls the resource Invalid.");
  if (phase == "Stalled")
    return make(State::failing, "status.phase", phase, detail,
                "The operator cannot go on (phase Stalled).");
  if (phase != "Ready") return make(State::waiting, "status.phase", phase, detail);
  if (busy) return make(State::waiting, "status.inProgressOperations", "nodes in progress", detail);
  return make(health == "green" ? State::ready : State::waiting, "status.health", health, detail);
}

struct Rule {
  Readiness (*decide)(const Value&);
  bool observes_generation;  // status.observedGeneration must reach our write first
  const char* waits_for;
};

const std::map<std::string, Rule, std::less<>>& rules() {
  static const std::map<std::string, Rule, std::less<>> kRules = {
      {"apps/Deployment", {deployment, true, "rollout done"}},
      {"apps/StatefulSet", {stateful_set, true, "rollout done"}},
      {"apps/DaemonSet", {daemon_set, true, "rollout done"}},
      {"batch/Job",
       {[](const Value& job) { return by_condition(job, "Complete", "Failed"); }, false,
        "job complete"}},
      {"/Pod", {pod, false, "pod ready"}},
      {"/PersistentVolumeClaim",
       {[](const Value& claim) { return by_phase(claim, "Bound", "Lost"); }, false,
        "volume bound"}},
      {"/Service", {service, false, "load balancer address"}},
      {"/Namespace",
       {[](const Value& space) { return by_phase(space, "Active", ""); }, false,
        "namespace active"}},
      {"apiextensions.k8s.io/CustomResourceDefinition", {definition, false, "kind served"}},
      {"elasticsearch.k8s.elastic.co/Elasticsearch",
       {elasticsearch, true, "phase Ready, health green"}},
  };
  return kRules;
}

const Rule* rule_for(const Value& object) {
  const std::string version = object.text("apiVersion");
  const std::size_t slash = version.find('/');
  const std::string group = slash == std::string::npos ? std::string{} : version.substr(0, slash);
  const auto found = rules().find(group + "/" + object.text("kind"));
  return found == rules().end() ? nullptr : &found->second;
}

std::optional<Readiness> not_observed(const Value& object, std::int64_t generation) {
  const std::int64_t observed = number(object, {"status", "observedGeneration"}, -1);
  if (observed >= generation) return std::nullopt;
  const std::string value = observed < 0 ? "absent" : std::to_string(observed);
  return make(State::waiting, "status.observedGeneration", value,
              "our change is generation " + std::to_string(generation));
}

}  // namespace

const Value* condition_of(const Value& object, const std::string& type) {
  const Value* conditions = object.at({"status", "conditions"});
  if (conditions == nullptr || !conditions->is_list()) return nullptr;
  for (const Value& condition : conditions->as_list())
    if (condition.text("type") == type) return &condition;
  return nullptr;
}

std::string condition_status(const Value& object, const std::string& type) {
  const Value* condition = condition_of(object, type);
  return condition == nullptr ? std::string{} : condition->text("status");
}

Readiness readiness_of(const Value& object, std::int64_t generation) {
  if (object.at({"metadata", "deletionTimestamp"}) != nullptr)
    return make(State::waiting, "metadata.deletionTimestamp", "being deleted");
  const Rule* rule = rule_for(object);
  if (rule == nullptr) return make(State::ready, "exists", "true");
  if (rule->observes_generation) {
    if (auto waiting = not_observed(object, generation)) return *waiting;
  }
  return rule->decide(object);
}

std::string waits_for(const Value& manifest) {
  const Rule* rule = rule_for(manifest);
  if (rule == nullptr) return {};
  const Value* type = manifest.at({"spec", "type"});
  if (manifest.text("kind") == "Service" && (type == nullptr || !(*type == Value("LoadBalancer"))))
    return {};
  return rule->waits_for;
}

Value load_balancer_of(const Value& service_object) {
  const Value* ingress = service_object.at({"status", "loadBalancer", "ingress"});
  if (ingress == nullptr || !ingress->is_list()) return Value();
  for (const Value& entry : ingress->as_list()) {
    const std::string ip = entry.text("ip");
    const std::string host = ip.empty() ? entry.text("hostname") : ip;
    if (host.empty()) continue;
    const bool six = !ip.empty() && ip.find(':') != std::string::npos;
    return Value(Value::Object{{"host", Value(host)},
                               {"url_host", Value(six ? "[" + host + "]" : host)},
                               {"kind", Value(ip.empty() ? "hostname"
                                              : six      ? "ipv6"
                                                         : "ip")}});
  }
  return Value();
}

Readiness load_balancer_readiness(const Value& object) {
  if (object.at({"metadata", "deletionTimestamp"}) != nullptr)
    return make(State::waiting, "metadata.deletionTimestamp", "being deleted");
  const Value address = load_balancer_of(object);
  if (!address.is_null())
    return make(State::ready, "status.loadBalancer.ingress", address.text("host"));
  const std::string type = text_form(object.at({"spec", "type"}));
  if (type != "LoadBalancer")
    return make(State::waiting, "spec.type", type, "not a LoadBalancer yet");
  return make(State::waiting, "status.loadBalancer.ingress", "absent", "no address given yet");
}

Result<std::vector<WaitRule>> parse_wait_rules(const Value& wait_for) {
  std::vector<WaitRule> parsed;
  if (wait_for.is_null()) return parsed;
  const auto refuse = [](const std::string& why) {
    return make_error("wrong wait rule", why,
                      "To fix it, write `wait_for: [{path: status.phase, equals: Ready}]` or "
                      "`wait_for: [{condition: Ready}]`.");
  };
  if (!wait_for.is_list()) return refuse("`wait_for` must be a list.");
  for (const Value& entry : wait_for.as_list()) {
    WaitRule rule;
    rule.path = entry.text("path");
    rule.condition = entry.text("condition");
    if (rule.path.empty() == rule.condition.empty())
      return refuse("Each entry of `wait_for` has either a `path` or a `condition`.");
    if (const Value* equals = entry.find("equals")) rule.equals = *equals;
    if (!rule.condition.empty()) {
      rule.path = "status.conditions[" + rule.condition + "]";
      if (rule.equals.is_null()) rule.equals = Value("True");
    }
    parsed.push_back(std::move(rule));
  }
  return parsed;
}

Readiness readiness_by(const std::vector<WaitRule>& wait_rules, const Value& object,
                       std::int64_t generation) {
  if (object.at({"metadata", "deletionTimestamp"}) != nullptr)
    return make(State::waiting, "metadata.deletionTimestamp", "being deleted");
  // A status that tells its generation must have seen our write; kinds without one cannot tell.
  if (object.at({"status", "observedGeneration"}) != nullptr) {
    if (auto waiting = not_observed(object, generation)) return *waiting;
  }
  for (const WaitRule& rule : wait_rules) {
    const Value* condition =
        rule.condition.empty() ? nullptr : condition_of(object, rule.condition);
    const Value* found = rule.condition.empty() ? value_at(object, rule.path)
                         : condition == nullptr ? nullptr
                                                : condition->find("status");
    const bool reached = rule.equals.is_null()
                             ? found != nullptr && !found->is_null() && text_form(found) != ""
                             : found != nullptr && text_form(found) == text_form(&rule.equals);
    if (!reached) return make(State::waiting, rule.path, text_form(found), message_of(condition));
  }
  return make(State::ready, wait_rules.empty() ? "exists" : wait_rules.back().path, "reached");
}

const Value* value_at(const Value& object, const std::string& path) {
  const Value* at = &object;
  std::size_t i = 0;
  while (i < path.size() && at != nullptr) {
    if (path[i] == '.') {
      ++i;
    } else if (path.compare(i, 2, "[\"") == 0) {
      const std::size_t end = path.find("\"]", i + 2);
      if (end == std::string::npos) return nullptr;
      at = at->find(path.substr(i + 2, end - i - 2));
      i = end + 2;
    } else if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      if (end == std::string::npos) return nullptr;
      const std::size_t index = std::strtoul(path.c_str() + i + 1, nullptr, 10);
      at = at->is_list() && index < at->as_list().size() ? &at->as_list()[index] : nullptr;
      i = end + 1;
    } else {
      const std::size_t end = std::min(path.find_first_of(".[", i), path.size());
      at = at->find(path.substr(i, end - i));
      i = end;
    }
  }
  return at;
}

}  // namespace crosstie::kubernetes
