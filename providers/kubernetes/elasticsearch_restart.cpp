#include "providers/kubernetes/elasticsearch_restart.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/node_sets_view.hpp"
#include "providers/kubernetes/object.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kReasonsMax = 4;
constexpr const char* kClusterUuid = "elasticsearch.k8s.elastic.co/cluster-uuid";
constexpr const char* kPaused = "eck.k8s.elastic.co/pause-orchestration";

std::string text_at(const Value& object, std::initializer_list<std::string_view> path) {
  const Value* found = object.at(path);
  return found != nullptr && found->is_string() ? found->as_string() : std::string{};
}

std::int64_t number_at(const Value& object, std::initializer_list<std::string_view> path) {
  const Value* found = object.at(path);
  return found != nullptr && found->is_integer() ? found->as_integer() : 0;
}

const Value::List& nodes_in(const Value& object, const char* operation) {
  static const Value::List kNone;
  const Value* nodes = object.at({"status", "inProgressOperations", operation, "nodes"});
  return nodes == nullptr || !nodes->is_list() ? kNone : nodes->as_list();
}

Diagnostic refusal(const char* summary, const ObjectName& cluster, const std::string& detail) {
  return make_error(
      summary,
      cluster.print() + ": " + detail +
          " The change restarts its pods, and a restart on top of that can take the cluster down.",
      "To go on, wait until the cluster is Ready and green and plan again, or set `restart_when: "
      "any` (of a link: in a copy of its blueprint):\n    kubectl get elasticsearch -n " +
          cluster.namespace_name + " " + cluster.name);
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (std::size_t i = 0; i < words.size() && i < kReasonsMax; ++i)
    all += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > kReasonsMax)
    all += " and " + std::to_string(words.size() - kReasonsMax) + " more";
  return all;
}

bool has_manager(const Value& object, std::string_view part) {
  const Value* managed = object.at({"metadata", "managedFields"});
  if (managed == nullptr || !managed->is_list()) return false;
  return std::any_of(managed->as_list().begin(), managed->as_list().end(),
                     [&](const Value& entry) { return entry.text("manager").starts_with(part); });
}

}  // namespace

bool restarts_pods(const Path& path) {
  static constexpr std::string_view kRestarting[] = {
      "spec.remoteClusterServer.enabled", "spec.version", "spec.image", "spec.secureSettings"};
  const std::string text = print_path(path);
  return std::any_of(std::begin(kRestarting), std::end(kRestarting), [&](std::string_view prefix) {
    return text.starts_with(prefix) || prefix.starts_with(text + ".");
  });
}

std::string restart_reasons(const std::vector<Path>& spec_fields,
                            const std::vector<FieldChange>& node_set_changes) {
  std::vector<std::string> reasons;
  for (const Path& path : spec_fields) {
    std::string text = print_path(path);
    reasons.push_back(text.starts_with("spec.") ? text.substr(5) : text);
  }
  std::set<std::string> kinds;
  for (const FieldChange& change : node_set_changes)
    if (change.path.size() > 2)
      if (const auto* kind = std::get_if<std::string>(&change.path[2].step)) kinds.insert(*kind);
  for (const std::string& kind : kinds) reasons.push_back("nodeSets[]." + kind);
  return joined(reasons);
}

std::string restart_words(const ObjectName& cluster, const std::vector<NodeSetPods>& pods,
                          const std::string& reasons) {
  const std::int64_t count = total(pods);
  std::string words = "restarts ";
  words += count <= 0 ? "all pods" : count == 1 ? "1 pod" : std::to_string(count) + " pods";
  words += " of " + cluster.namespace_name + "/" + cluster.name + ", one rolling restart";
  if (count > 0) words += ": " + pod_words(cluster.name, pods);
  if (!reasons.empty()) words += "; because of " + reasons;
  return words;
}

Diagnostics restart_refusals(const Value& elasticsearch, const ObjectName& cluster) {
  if (text_at(elasticsearch, {"metadata", "annotations", kPaused}) == "true")
    return {refusal("ECK's orchestration of this cluster is paused", cluster,
                    std::string("annotation ") + kPaused + " is \"true\".")};
  const std::string phase = text_at(elasticsearch, {"status", "phase"});
  const std::string health = text_at(elasticsearch, {"status", "health"});
  const bool formed = !text_at(elasticsearch, {"metadata", "annotations", kClusterUuid}).empty();
  if (phase.empty())
    return {refusal("cluster is only starting", cluster,
                    "ECK has not said anything of it yet (no status).")};
  if (!formed && phase != "Ready" && phase != "Invalid")
    return {refusal("cluster is only starting", cluster,
                    "its nodes have not formed a cluster yet (status.phase is " + phase + ").")};
  for (const char* operation : {"upgrade", "upscale", "downscale"})
    if (const Value::List& nodes = nodes_in(elasticsearch, operation); !nodes.empty())
      return {refusal("another restart is running", cluster,
                      "an " + std::string(operation) + " is under way, now " +
                          nodes.front().text("name") + ".")};
  if (number_at(elasticsearch, {"status", "observedGeneration"}) <
      number_at(elasticsearch, {"metadata", "generation"}))
    return {refusal("another restart is running", cluster,
                    "ECK has not seen its latest change yet (status.observedGeneration).")};
  if (phase != "Ready")
    return {refusal("another restart is running", cluster, "status.phase is " + phase + ".")};
  if (health != "green")
    return {refusal("cluster is not green", cluster,
                    "status.health is " + (health.empty() ? "absent" : health) + ".")};
  return {};
}

std::string restart_progress(const Value& elasticsearch, std::int64_t restarts) {
  const Value::List& nodes = nodes_in(elasticsearch, "upgrade");
  if (nodes.empty()) return {};
  const auto left = static_cast<std::int64_t>(nodes.size());
  const std::int64_t all = std::max(restarts > 0 ? restarts : node_count(elasticsearch), left);
  std::string words = std::to_string(all - left) + " of " + std::to_string(all) +
                      (all == 1 ? " node restarted" : " nodes restarted");
  const auto deleted = std::find_if(nodes.begin(), nodes.end(), [](const Value& node) {
    return node.text("status") == "DELETED";
  });
  if (deleted != nodes.end()) {
    words += ", now " + deleted->text("name");
  } else {
    words += ", next " + nodes.front().text("name");
    if (const std::string why = nodes.front().text("predicate"); !why.empty())
      words += " (held by " + why + ")";
  }
  const std::string health = text_at(elasticsearch, {"status", "health"});
  return health.empty() ? words : words + ", health " + health;
}

std::string git_owner(const Value& object) {
  if (std::string tool = claiming_tool(object); !tool.empty()) return tool;
  if (text_at(object, {"metadata", "labels", "app.kubernetes.io/managed-by"}) == "Helm")
    return "Helm";
  const std::string instance =
      text_at(object, {"metadata", "labels", "app.kubernetes.io/instance"});
  if (has_manager(object, "argocd-")) return instance.empty() ? "Argo CD" : "Argo CD " + instance;
  if (has_manager(object, "kustomize-controller") || has_manager(object, "helm-controller"))
    return "Flux";
  return has_manager(object, "helm") ? "Helm" : std::string{};
}

Diagnostic git_owner_warning(const ObjectName& cluster, const std::string& owner) {
  return make_warning(
      "object is kept by another tool",
      cluster.print() + " is kept by " + owner +
          ", which may put back what this changes, and so restart its pods once more.",
      "To be safe, put the change where the object is kept, and apply once it is there:\n"
      "    crosstie apply -write-patches DIR");
}

}  // namespace crosstie::kubernetes
