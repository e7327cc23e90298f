// What a plan tells of kubernetes.elasticsearch_patch: whose it is, what it would change, which
// pods restart, and why that should wait.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/elasticsearch_patch_plan.hpp"
#include "providers/kubernetes/elasticsearch_restart.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_view.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

/// What a change restarts.
struct Restart {
  std::vector<NodeSetPods> pods;
  std::vector<Path> spec_fields;
  std::vector<FieldChange> inside;
  bool any() const { return !spec_fields.empty() || !inside.empty(); }
};

/// nodeSets and ledger as the patches before this one leave them.
NodeSetsChange after_others(const Value& attributes) {
  NodeSetsChange now{seen_node_sets(attributes), seen_ledger(attributes).ledger};
  const Value others = value_or_null(attributes, {"others"});
  if (!others.is_list() || !now.node_sets.is_list()) return now;
  for (const Value& wish : others.as_list()) {
    const std::string manager = wish.text("manager");
    Result<NodeSetsChange> then = NodeSetsChange{};
    if (wish.flag("leaves")) {
      then = remove_entries(now.node_sets, now.ledger, manager);
    } else {
      const Value* given = wish.find("node_sets");
      if (given == nullptr || given->is_null()) continue;
      const Result<NodeSetEntries> entries = read_node_set_entries(*given);
      if (!entries) continue;
      then = place_entries(now.node_sets, now.ledger, manager, *entries);
    }
    if (then) now = std::move(*then);
  }
  return now;
}

bool others_set(const Value& attributes, const FieldChange& change) {
  const Value others = value_or_null(attributes, {"others"});
  if (!others.is_list()) return false;
  return std::any_of(others.as_list().begin(), others.as_list().end(), [&](const Value& wish) {
    const Value* there = wish.flag("leaves") ? nullptr : wish.at(change.path);
    return there != nullptr && *there == change.after;
  });
}

void add_node_sets(const ResourceRequest& request, const Value& attributes, Restart& restart) {
  const Value* given = request.desired.find("node_sets");
  NodeSetsChange now = after_others(attributes);
  if (!now.node_sets.is_list()) return;
  if (given != nullptr && given->contains_unknown()) {
    restart.pods = pods_of(now.node_sets);
    restart.inside = node_sets_difference(request, attributes);
    return;
  }
  const Result<NodeSetsChange> then = planned_node_sets(request, now.node_sets, now.ledger);
  if (!then) return;
  restart.inside = node_set_changes(now.node_sets, then->node_sets);
  restart.pods = pods_touched(now.node_sets, restart.inside);
}

Restart restart_of(const ResourceRequest& request, const Value& attributes, bool removes) {
  Restart restart;
  if (removes) {
    const Value* released = attributes.find("releases");
    if (released != nullptr)
      for (const Path& path : released_paths(*released))
        if (restarts_pods(path)) restart.spec_fields.push_back(path);
    ResourceRequest gone = request;
    gone.desired = Value();
    add_node_sets(gone, attributes, restart);
  } else {
    const Value* seen = attributes.find("spec");
    const Value live(Value::Object{{"spec", seen == nullptr ? Value() : *seen}});
    for (const FieldChange& change : patch_changes(request, live))
      if (restarts_pods(change.path) && !others_set(attributes, change))
        restart.spec_fields.push_back(change.path);
    add_node_sets(request, attributes, restart);
  }
  if (!restart.spec_fields.empty()) restart.pods = pods_of(seen_node_sets(attributes));
  return restart;
}

std::string pods_text(const std::vector<NodeSetPods>& pods) {
  const std::int64_t count = total(pods);
  return count <= 0 ? "all pods" : count == 1 ? "1 pod" : std::to_string(count) + " pods";
}

/// Recorded entries are there still, though the annotation that tells of them is gone.
bool left_behind(const ResourceRequest& request, const Value& live) {
  const Result<FoundLedger> found = ledger_of(request, live);
  if (!found || !found->lost) return false;
  const Value sets = value_or_null(live, {"spec", "nodeSets"});
  const Result<NodeSetsChange> then = remove_entries(sets, found->ledger, manager_of(request));
  return !then || !(then->node_sets == sets);
}

bool in_ledger(const ResourceRequest& request, const Value& live) {
  const Result<FoundLedger> found = ledger_of(request, live);
  return found && !found->lost && found->ledger.owners.contains(manager_of(request));
}

}  // namespace

Forecast ElasticsearchPatch::forecast(const ResourceRequest& request, const Observation& observed,
                                      const std::string& action) const {
  Forecast forecast;
  const Restart restart = restart_of(request, observed.attributes, action == "delete");
  const ObjectName name = cluster_of(request, api_->connection().namespace_name);
  const bool rolls = restart.any();
  if (waits_for_ready(request))
    forecast.waits_for =
        rolls ? "roll " + pods_text(restart.pods) + ", green" : "phase Ready, green";
  if (!rolls) return forecast;
  forecast.disruption =
      restart_words(name, restart.pods, restart_reasons(restart.spec_fields, restart.inside));
  const std::string health = observed.attributes.text("health");
  if (!health.empty() && health != "green") forecast.disruption += "; its health is " + health;
  return forecast;
}

Observation ElasticsearchPatch::judge(const ResourceRequest& request, const Value& live,
                                      bool restart_is_ours) const {
  Observation observation;
  const Value* managed = live.at({"metadata", "managedFields"});
  const std::string uid = recorded_uid(request);
  const bool ours =
      (managed != nullptr && applies(*managed, manager_of(request))) || in_ledger(request, live);
  const bool recorded = !uid.empty() && Value(uid) == value_or_null(live, {"metadata", "uid"});
  const bool goes = request.desired.is_null();
  // A recorded patch that somebody wrote over is drift, not absence; one that is to be gone is gone
  // with our ownership.
  observation.presence = ours || (recorded && (!goes || left_behind(request, live)))
                             ? Presence::present
                             : Presence::absent;
  observation.attributes = patch_attributes(request, live);
  observation.version = version_of(live);
  const ObjectName cluster = cluster_of(request, api_->connection().namespace_name);
  Value others = wishes_before(request, cluster);
  if (goes) {
    std::vector<std::string> leaving;
    for (const Value& wish : others.as_list())
      if (wish.flag("leaves")) leaving.push_back(wish.text("manager"));
    const Value nothing = wrapped_spec(Value());
    observation.attributes.set("releases",
                               release_patch(live, nothing, manager_of(request), leaving));
  }
  observation.attributes.set("others", std::move(others));
  const Result<FoundLedger> ledger = ledger_of(request, live);
  if (!ledger) append(observation.diagnostics, ledger.failure());
  if (goes) {
    if (has_errors(observation.diagnostics)) observation.presence = Presence::unreadable;
    return observation;
  }
  const std::vector<FieldChange> changes = patch_changes(request, live);
  const std::vector<TakenField> taken = taken_by_others(request, live, changes);
  if (!taken.empty() && !request.prior && !taken.front().recorded)
    observation.before = project(live, wrapped_spec(argument(request, "spec")));
  if (auto conflict = describe_taken(taken, request.adoption, cluster.print()))
    observation.diagnostics.push_back(std::move(*conflict));
  if (ledger) {
    const Value sets = value_or_null(live, {"spec", "nodeSets"});
    if (Result<NodeSetsChange> planned = planned_node_sets(request, sets, ledger->ledger); !planned)
      append(observation.diagnostics, planned.failure());
  }
  const bool writes =
      !changes.empty() || !node_sets_difference(request, observation.attributes).empty();
  if (writes && waits_for_ready(request))
    append(observation.diagnostics, orchestration_switches(live));
  const bool restarts = restart_of(request, observation.attributes, false).any();
  if (restarts && restart_is_ours) observation.attributes.set("joins", true);
  if (restarts && !restart_is_ours && !restarts_always(request) &&
      !has_errors(observation.diagnostics))
    append(observation.diagnostics, restart_refusals(live, cluster));
  if (const std::string owner = git_owner(live); writes && !owner.empty())
    observation.diagnostics.push_back(git_owner_warning(cluster, owner));
  if (has_errors(observation.diagnostics)) observation.presence = Presence::unreadable;
  return observation;
}

void ElasticsearchPatch::note_wish(const ResourceRequest& request, const ObjectName& cluster) {
  const std::string manager = manager_of(request);
  const std::string where = cluster.namespace_name + "/" + cluster.name;
  PatchWish wish{where, manager, {}, {}, request.desired.is_null()};
  for (const auto& [name, into] : {std::pair{"spec", &wish.spec}, {"node_sets", &wish.node_sets}})
    if (const Value* given = request.desired.find(name);
        given != nullptr && !given->contains_unknown())
      *into = *given;
  const auto known = std::find_if(wishes_.begin(), wishes_.end(), [&](const PatchWish& one) {
    return one.cluster == where && one.manager == manager;
  });
  if (known == wishes_.end()) {
    wishes_.push_back(std::move(wish));
  } else {
    *known = std::move(wish);
  }
}

Value ElasticsearchPatch::wishes_before(const ResourceRequest& request,
                                        const ObjectName& cluster) const {
  Value::List before;
  const std::string manager = manager_of(request);
  const std::string where = cluster.namespace_name + "/" + cluster.name;
  for (const PatchWish& wish : wishes_) {
    if (wish.cluster != where) continue;
    if (wish.manager == manager) break;
    before.emplace_back(Value::Object{{"manager", Value(wish.manager)},
                                      {"spec", wish.spec},
                                      {"node_sets", wish.node_sets},
                                      {"leaves", Value(wish.leaves)}});
  }
  return Value(std::move(before));
}

}  // namespace crosstie::kubernetes
