#include "providers/kubernetes/node_sets_view.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/node_set_edit.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"

namespace crosstie::kubernetes {
namespace {

/// Names of the volumes and paths of the mounts that matter.
struct Interest {
  std::set<std::string> volumes;
  std::set<std::string> paths;
};

Value reduced_config(const Value& config, const NodeSetEntries& interest) {
  Value kept(Value::Object{});
  if (!config.is_object()) return kept;
  Value::Object flat;
  flatten_settings(config, "", flat);
  for (const auto& [key, wanted] : interest.config)
    if (const auto found = flat.find(key); found != flat.end() && !found->second.is_null())
      kept.set(key, found->second);
  return kept;
}

Value::List reduced_mounts(const Value& container, const Interest& interest, bool is_main) {
  Value::List kept;
  const Value* mounts = container.find("volumeMounts");
  if (mounts == nullptr || !mounts->is_list()) return kept;
  for (const Value& mount : mounts->as_list())
    if (interest.volumes.contains(mount.text("name")) ||
        (is_main && interest.paths.contains(mount.text("mountPath"))))
      kept.push_back(mount);
  return kept;
}

Value::List reduced_containers(const Value& spec, const char* kind, const Interest& interest) {
  Value::List kept;
  const Value* containers = spec.find(kind);
  if (containers == nullptr || !containers->is_list()) return kept;
  for (const Value& container : containers->as_list()) {
    const std::string name = container.text("name");
    const bool is_main = std::string_view(kind) == "containers" && name == kElasticsearchContainer;
    Value::List mounts = reduced_mounts(container, interest, is_main);
    if (!mounts.empty())
      kept.emplace_back(
          Value::Object{{"name", Value(name)}, {"volumeMounts", Value(std::move(mounts))}});
  }
  return kept;
}

Value reduced_pod_spec(const Value& spec, const Interest& interest) {
  Value kept(Value::Object{});
  for (const char* kind : {"containers", "initContainers"})
    if (Value::List list = reduced_containers(spec, kind, interest); !list.empty())
      kept.set(kind, Value(std::move(list)));
  Value::List volumes;
  if (const Value* given = spec.find("volumes"); given != nullptr && given->is_list())
    for (const Value& volume : given->as_list())
      if (interest.volumes.contains(volume.text("name"))) volumes.push_back(volume);
  if (!volumes.empty()) kept.set("volumes", Value(std::move(volumes)));
  return kept;
}

using Places = std::map<std::pair<std::string, std::string>, Value>;

void add_named(Places& places, const Value* list, const std::string& kind, const char* key) {
  if (list == nullptr || !list->is_list()) return;
  for (const Value& element : list->as_list())
    places.emplace(std::pair(kind, element.text(key)), without_hollow(element));
}

Places places_of(const Value& set) {
  Places places;
  if (const Value* config = set.find("config"); config != nullptr && config->is_object()) {
    Value::Object flat;
    flatten_settings(*config, "", flat);
    for (auto& [key, value] : flat)
      if (!value.is_null()) places.emplace(std::pair(std::string("config"), key), std::move(value));
  }
  add_named(places, set.at({"podTemplate", "spec", "volumes"}), "volumes", "name");
  const Value* containers = set.at({"podTemplate", "spec", "containers"});
  const Value* main =
      containers == nullptr ? nullptr : element_named(*containers, kElasticsearchContainer);
  if (main != nullptr) add_named(places, main->find("volumeMounts"), "volumeMounts", "mountPath");
  return places;
}

std::string step_of(const std::string& node_set) { return "nodeSets[" + node_set + "]"; }

FieldChange change_at(const std::string& node_set, const std::pair<std::string, std::string>& place,
                      const Value* before, const Value* after) {
  FieldChange change;
  change.path = {{std::string("spec")}, {step_of(node_set)}, {place.first}, {place.second}};
  change.before_absent = before == nullptr;
  change.after_absent = after == nullptr;
  if (before != nullptr) change.before = *before;
  if (after != nullptr) change.after = *after;
  return change;
}

}  // namespace

Value reduced_node_sets(const Value& node_sets, const NodeSetEntries& interest) {
  Value::List reduced;
  if (!node_sets.is_list()) return Value(std::move(reduced));
  Interest names;
  for (const Value& volume : interest.volumes) names.volumes.insert(volume.text("name"));
  for (const Value& mount : interest.mounts) {
    names.volumes.insert(mount.text("name"));
    names.paths.insert(mount.text("mountPath"));
  }
  for (const Value& set : node_sets.as_list()) {
    Value kept(Value::Object{{"name", Value(set.text("name"))}});
    const Value* count = set.find("count");
    kept.set("count", count != nullptr && count->is_integer() ? *count : Value(1));
    if (const Value* config = set.find("config")) {
      Value settings = reduced_config(*config, interest);
      if (!settings.as_object().empty()) kept.set("config", std::move(settings));
    }
    if (const Value* spec = set.at({"podTemplate", "spec"}); spec != nullptr) {
      Value pod = reduced_pod_spec(*spec, names);
      if (!pod.as_object().empty())
        kept.set("podTemplate", Value(Value::Object{{"spec", std::move(pod)}}));
    }
    Value::List claims;
    if (const Value* given = set.find("volumeClaimTemplates"); given != nullptr && given->is_list())
      for (const Value& claim : given->as_list())
        if (const Value* name = claim.at({"metadata", "name"});
            name != nullptr && name->is_string() && names.volumes.contains(name->as_string()))
          claims.emplace_back(Value::Object{{"metadata", Value(Value::Object{{"name", *name}})}});
    if (!claims.empty()) kept.set("volumeClaimTemplates", Value(std::move(claims)));
    reduced.push_back(std::move(kept));
  }
  return Value(std::move(reduced));
}

NodeSetEntries joined_entries(std::vector<NodeSetEntries> all) {
  NodeSetEntries joined;
  for (NodeSetEntries& one : all) {
    joined.config.merge(one.config);
    joined.volumes.insert(joined.volumes.end(), one.volumes.begin(), one.volumes.end());
    joined.mounts.insert(joined.mounts.end(), one.mounts.begin(), one.mounts.end());
  }
  return joined;
}

std::vector<FieldChange> node_set_changes(const Value& before, const Value& after) {
  std::vector<FieldChange> changes;
  if (!before.is_list() || !after.is_list()) return changes;
  for (const Value& set : before.as_list()) {
    const std::string name = set.text("name");
    const Value* then = element_named(after, name);
    if (then == nullptr) continue;
    const Places had = places_of(set);
    const Places has = places_of(*then);
    for (const auto& [place, value] : had) {
      const auto now = has.find(place);
      if (now == has.end()) {
        changes.push_back(change_at(name, place, &value, nullptr));
      } else if (!same_but_hollow(value, now->second)) {
        changes.push_back(change_at(name, place, &value, &now->second));
      }
    }
    for (const auto& [place, value] : has)
      if (!had.contains(place)) changes.push_back(change_at(name, place, nullptr, &value));
  }
  return changes;
}

std::vector<NodeSetPods> pods_of(const Value& node_sets) {
  std::vector<NodeSetPods> pods;
  if (!node_sets.is_list()) return pods;
  for (const Value& set : node_sets.as_list()) {
    const Value* count = set.find("count");
    pods.push_back(
        {set.text("name"), count != nullptr && count->is_integer() ? count->as_integer() : 1});
  }
  return pods;
}

std::vector<NodeSetPods> pods_touched(const Value& node_sets,
                                      const std::vector<FieldChange>& changes) {
  std::vector<NodeSetPods> pods = pods_of(node_sets);
  std::erase_if(pods, [&](const NodeSetPods& one) {
    return std::none_of(changes.begin(), changes.end(), [&](const FieldChange& change) {
      const auto* step =
          change.path.size() < 2 ? nullptr : std::get_if<std::string>(&change.path[1].step);
      return step != nullptr && *step == step_of(one.node_set);
    });
  });
  return pods;
}

std::int64_t total(const std::vector<NodeSetPods>& pods) {
  std::int64_t all = 0;
  for (const NodeSetPods& one : pods) all += one.count;
  return all;
}

std::string pod_words(const std::string& cluster, const std::vector<NodeSetPods>& pods) {
  std::string words;
  for (const NodeSetPods& one : pods) {
    if (one.count <= 0) continue;
    words += (words.empty() ? "" : ", ") + cluster + "-es-" + one.node_set + "-0";
    if (one.count > 1) words += ".." + std::to_string(one.count - 1);
  }
  return words;
}

}  // namespace crosstie::kubernetes
