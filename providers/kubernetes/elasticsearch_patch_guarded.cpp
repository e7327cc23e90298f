// How kubernetes.elasticsearch_patch writes where nodeSets are concerned: one guarded patch for all
// that changes a value, then the apply that says whose the spec's fields are. Killed between the
// two, the next run finds its name in the ledger and goes on.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/elasticsearch_patch_plan.hpp"
#include "providers/kubernetes/elasticsearch_restart.hpp"
#include "providers/kubernetes/emptied.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_view.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/write.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

/// Everything that differs, of the spec and in the nodeSets, as the attributes or the live resource
/// show it.
std::vector<FieldChange> all_changes(const ResourceRequest& request, const Value& attributes) {
  const Value* seen = attributes.find("spec");
  const Value live(Value::Object{{"spec", seen == nullptr ? Value() : *seen}});
  std::vector<FieldChange> changes =
      request.desired.is_null() ? std::vector<FieldChange>{} : patch_changes(request, live);
  for (FieldChange& change : inside_node_sets(node_sets_difference(request, attributes)))
    changes.push_back(std::move(change));
  return changes;
}

/// How many pods restart when `patch` is written over `live`.
std::int64_t restarted_pods(const Value& patch, const Value& live) {
  Value spec = value_or_null(patch, {"spec"});
  const Value* planned = spec.find("nodeSets");
  const Value sets = planned == nullptr ? Value() : *planned;
  spec.erase("nodeSets");
  for (const FieldChange& change :
       diff_values(Value(Value::Object{}), Value(Value::Object{{"spec", spec}})))
    for (const char* field : {"remoteClusterServer", "version", "image", "secureSettings"})
      if (print_path(change.path).starts_with(std::string("spec.") + field) &&
          restarts_pods(change.path))
        return node_count(live);
  const Value now = value_or_null(live, {"spec", "nodeSets"});
  return total(pods_touched(now, node_set_changes(now, sets)));
}

bool has_apply(const Value& live, const std::string& manager) {
  const Value* managed = live.at({"metadata", "managedFields"});
  return managed != nullptr && applies(*managed, manager);
}

}  // namespace

bool needs_guard(const ResourceRequest& request, const Value& live) {
  if (wants_node_sets(request)) return true;
  const std::string manager = manager_of(request);
  const Result<FoundLedger> found = ledger_of(request, live);
  return !found || found->ledger.owners.contains(manager) || patched_spec(live, manager);
}

Diagnostics ElasticsearchPatch::refusals(const WriteRequest& request, const ObjectName& name,
                                         const Value& live) const {
  const Value& seen = request.approved.attributes;
  // Another step of this run, or of one that was cut off, is at it: one restart for both.
  const bool ours = wrote_latest(live) || seen.flag("joins");
  const Value* generation = seen.find("generation");
  const bool moved =
      generation != nullptr && !(*generation == value_or_null(live, {"metadata", "generation"}));
  if (restarts_always(request.resource) || ours || moved) return {};
  return restart_refusals(live, name);
}

/// A JSON patch whose test failed gives 422 without a cause (fixture http-422-jsonpatch-test-rv):
/// the object tells whether it was the test. Then the reply is a conflict.
Task<Reply> ElasticsearchPatch::send_guarded(KindPath kind, ObjectName name, Value patch,
                                             Value live, std::string manager) {
  Value operations = json_patch_of(patch, live);
  Reply reply = co_await api_->json_patch(kind, name.namespace_name, name.name,
                                          std::move(operations), std::move(manager));
  if (reply.status == 422) {
    const Reply now = co_await api_->get(kind, name.namespace_name, name.name);
    if (now.ok() && version_of(now.body) != version_of(live)) {
      reply.status = 409;
      reply.reason = "Conflict";
      reply.conflicts.clear();
    }
  }
  co_return reply;
}

Task<std::optional<WriteResult>> ElasticsearchPatch::write_guarded(WriteRequest request,
                                                                   ObjectName name, KindPath kind,
                                                                   Value live) {
  const ResourceRequest& resource = request.resource;
  const std::string manager = manager_of(resource);
  const Value desired = wrapped_spec(argument(resource, "spec"));
  if (!request.approved.attributes.is_null() && version_of(live) != request.approved.version) {
    const std::vector<FieldChange> then = all_changes(resource, request.approved.attributes);
    const std::vector<FieldChange> now = all_changes(resource, patch_attributes(resource, live));
    if (auto moved = unapproved(then, now, name)) co_return WriteResult::failed(std::move(*moved));
  }
  const std::vector<FieldChange> changes = patch_changes(resource, live);
  const std::vector<TakenField> taken = taken_by_others(resource, live, changes);
  if (auto conflict = describe_taken(taken, resource.adoption, name.print()))
    co_return WriteResult::failed(std::move(*conflict));
  Value before = resource.prior ? resource.prior->before : Value();
  if (before.is_null() && !taken.empty() && !taken.front().recorded)
    before = project(live, desired);
  Result<Value> patch = guarded_patch(resource, live);
  if (!patch) co_return WriteResult::failed(patch.failure());
  std::int64_t restarts = 0;
  bool wrote = false;
  if (!patch->is_null()) {
    restarts = restarted_pods(*patch, live);
    if (Diagnostics refused = patch->find("spec") == nullptr
                                  ? Diagnostics{}
                                  : obstacles(request, name, live, restarts > 0);
        !refused.empty())
      co_return WriteResult::failed(std::move(refused));
    if (request.dry_run) co_return WriteResult::done({});  // two writes: no dry run
    Value planned = *patch;
    Value seen = live;
    std::string writer = manager;
    Reply reply =
        co_await send_guarded(kind, name, std::move(planned), std::move(seen), std::move(writer));
    if (reply.stale()) co_return std::nullopt;
    if (!reply.ok()) co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
    live = std::move(reply.body);
    wrote = true;
    note_write(live);
  }
  const bool has_spec = !desired.find("spec")->as_object().empty();
  const bool to_own = has_spec ? !owns_all(live, desired, manager) : has_apply(live, manager);
  if (to_own || (has_spec && !patch_changes(resource, live).empty())) {
    Value body = has_spec ? desired : without_spec(name, Value());
    body.set("apiVersion", Value(kElasticsearchVersion));
    body.set("kind", Value(kElasticsearchKind));
    body.set("metadata", Value(Value::Object{{"name", Value(name.name)},
                                             {"namespace", Value(name.namespace_name)},
                                             {"uid", value_or_null(live, {"metadata", "uid"})}}));
    ApplyOptions options{manager, false, request.dry_run};
    Reply reply = co_await api_->apply(kind, name.namespace_name, name.name, std::move(body),
                                       std::move(options));
    if (reply.stale()) co_return std::nullopt;
    // The ledger has our name already: the next run goes on from there.
    if (!reply.ok())
      co_return WriteResult::failed(reply.diagnostics, wrote || reply.outcome_unknown);
    live = std::move(reply.body);
    if (!request.dry_run) note_write(live);
  }
  Outcome outcome = outcome_of(resource, live, restarts);
  outcome.before = std::move(before);
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> ElasticsearchPatch::remove_guarded(WriteRequest request, ObjectName name,
                                                     KindPath kind, Value live) {
  const ResourceRequest& recorded = request.resource;
  ResourceRequest resource = recorded;
  resource.desired = Value();
  const std::string manager = manager_of(resource);
  Reply reply;
  for (int attempt = 0; attempt < kConflictTries; ++attempt) {
    if (attempt > 0) {
      co_await pause_after_conflict(attempt);
      Reply now = co_await api_->get(kind, name.namespace_name, name.name);
      if (now.absent()) co_return WriteResult::done({});
      if (!now.ok()) co_return WriteResult::failed(now.diagnostics);
      live = std::move(now.body);
    }
    if (!request.approved.attributes.is_null() && version_of(live) != request.approved.version) {
      const std::vector<FieldChange> then = all_changes(resource, request.approved.attributes);
      const std::vector<FieldChange> now = all_changes(resource, patch_attributes(resource, live));
      if (auto moved = unapproved(then, now, name))
        co_return WriteResult::failed(std::move(*moved));
    }
    Result<Value> patch = guarded_patch(resource, live);
    if (!patch) co_return WriteResult::failed(patch.failure());
    std::int64_t restarts = 0;
    const bool cut_off = !recorded.pending_operation.empty();
    bool wrote = false;
    if (!patch->is_null()) {
      restarts = restarted_pods(*patch, live);
      Value planned = *patch;
      Value seen = live;
      std::string writer = kRestorer;
      reply =
          co_await send_guarded(kind, name, std::move(planned), std::move(seen), std::move(writer));
      if (reply.stale()) continue;
      if (!reply.ok()) co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
      live = std::move(reply.body);
      note_write(live);
      wrote = true;
    }
    if (has_apply(live, manager)) {
      // No spec at all: the server takes out what we alone own, and leaves what others own too
      // (fixture http-200-ssa-release).
      Value body = without_spec(name, value_or_null(live, {"metadata", "uid"}));
      ApplyOptions options{manager, false, false};
      reply = co_await api_->apply(kind, name.namespace_name, name.name, std::move(body),
                                   std::move(options));
      if (reply.stale()) continue;
      if (!reply.ok())
        co_return WriteResult::failed(reply.diagnostics, wrote || reply.outcome_unknown);
      live = std::move(reply.body);
      wrote = true;
    }
    if (!wrote && !cut_off) co_return WriteResult::done({});
    co_return WriteResult::done(outcome_of(resource, live, restarts));
  }
  co_return WriteResult::failed(busy_object(name));
}

void ElasticsearchPatch::note_write(const Value& live) {
  const Value uid = value_or_null(live, {"metadata", "uid"});
  const Value generation = value_or_null(live, {"metadata", "generation"});
  if (uid.is_string() && generation.is_integer())
    own_writes_[uid.as_string()] = generation.as_integer();
}

/// ECK may fill in empty fields after a write, which is one more generation.
bool ElasticsearchPatch::wrote_latest(const Value& live) const {
  const Value uid = value_or_null(live, {"metadata", "uid"});
  const Value generation = value_or_null(live, {"metadata", "generation"});
  if (!uid.is_string() || !generation.is_integer()) return false;
  const auto ours = own_writes_.find(uid.as_string());
  return ours != own_writes_.end() && ours->second + 1 >= generation.as_integer();
}

}  // namespace crosstie::kubernetes
