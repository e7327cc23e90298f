// How kubernetes.elasticsearch_patch writes: server-side apply of its own fields, and letting go of
// them.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/elasticsearch_restart.hpp"
#include "providers/kubernetes/emptied.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/write.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

void leaves_of(const Value& value, Path& path, std::vector<Path>& leaves) {
  if (!value.is_object() || value.as_object().empty()) {
    leaves.push_back(path);
    return;
  }
  for (const auto& [key, member] : value.as_object()) {
    path.push_back({key});
    leaves_of(member, path, leaves);
    path.pop_back();
  }
}

/// The plan saw something else of the spec than there is now.
std::optional<Diagnostic> moved_since(const WriteRequest& request, const Value& live,
                                      const std::vector<FieldChange>& changes,
                                      const ObjectName& name) {
  const Value* seen = request.approved.attributes.find("spec");
  if (seen == nullptr || version_of(live) == request.approved.version) return std::nullopt;
  const Value then(Value::Object{{"spec", *seen}});
  return unapproved(patch_changes(request.resource, then), changes, name);
}

}  // namespace

bool owns_all(const Value& live, const Value& desired, const std::string& manager) {
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr) return false;
  std::vector<Path> leaves;
  Path path;
  leaves_of(desired, path, leaves);
  return std::all_of(leaves.begin(), leaves.end(), [&](const Path& leaf) {
    const std::vector<FieldOwner> owners = owners_of(*managed, leaf, desired);
    return std::find(owners.begin(), owners.end(), FieldOwner{manager, true}) != owners.end();
  });
}

Value without_spec(const ObjectName& name, const Value& uid) {
  const Value metadata(Value::Object{
      {"name", Value(name.name)}, {"namespace", Value(name.namespace_name)}, {"uid", uid}});
  return Value(Value::Object{{"apiVersion", Value(kElasticsearchVersion)},
                             {"kind", Value(kElasticsearchKind)},
                             {"metadata", metadata}});
}

Outcome outcome_of(const ResourceRequest& resource, const Value& live, std::int64_t restarts) {
  Outcome outcome;
  outcome.attributes = patch_attributes(resource, live);
  outcome.token = token_of(live);
  if (restarts > 0) {
    outcome.token.set("restarts", Value(restarts));
    outcome.attributes.set("rolling", true);
  }
  return outcome;
}

bool waits_for_ready(const ResourceRequest& request) {
  return !(argument(request, "wait") == Value("none"));
}

bool restarts_always(const ResourceRequest& request) {
  return argument(request, "restart_when") == Value("any");
}

Task<WriteResult> ElasticsearchPatch::write(WriteRequest request) {
  const std::string address = request.resource.address.print();
  Diagnostics problems = check_spec(request.resource);
  for (const char* name : {"spec", "node_sets"})
    if (const Value given = argument(request.resource, name); given.contains_unknown())
      problems.push_back(
          make_error("the patch is not known yet", "It waits for " + given.first_unknown() + "."));
  if (!problems.empty()) co_return WriteResult::failed(with_address(std::move(problems), address));
  ObjectName name{kElasticsearchVersion, kElasticsearchKind,
                  request.resource.desired.text("namespace", api_->connection().namespace_name),
                  request.resource.desired.text("name")};
  const KindLookup lookup = co_await api_->find_kind(kElasticsearchVersion, kElasticsearchKind);
  if (!lookup.path) {
    Diagnostics why = lookup.diagnostics;
    if (why.empty())
      why.push_back(make_error(
          "ECK is not installed",
          "Kind Elasticsearch of " + kElasticsearchVersion + " is not served by the cluster.",
          "To fix it, install ECK."));
    co_return WriteResult::failed(with_address(std::move(why), address));
  }
  for (int attempt = 0; attempt < kConflictTries; ++attempt) {
    std::optional<WriteResult> tried = co_await write_once(request, name, *lookup.path);
    if (tried) {
      tried->failure.diagnostics = with_address(std::move(tried->failure.diagnostics), address);
      co_return std::move(*tried);
    }
    co_await pause_after_conflict(attempt);
  }
  co_return WriteResult::failed(with_address({busy_object(name)}, address));
}

Diagnostics ElasticsearchPatch::obstacles(const WriteRequest& request, const ObjectName& name,
                                          const Value& live, bool restarts) const {
  Diagnostics switches = orchestration_switches(live);
  if (waits_for_ready(request.resource) && has_errors(switches)) return switches;
  return restarts ? refusals(request, name, live) : Diagnostics{};
}

Task<std::optional<WriteResult>> ElasticsearchPatch::write_once(const WriteRequest& request,
                                                                const ObjectName& name,
                                                                const KindPath& kind) {
  const ResourceRequest& resource = request.resource;
  Reply now = co_await api_->get(kind, name.namespace_name, name.name);
  if (now.absent()) co_return WriteResult::failed(no_cluster(name));
  if (!now.ok()) co_return WriteResult::failed(now.diagnostics);
  if (needs_guard(resource, now.body)) {
    WriteRequest whole = request;
    ObjectName cluster = name;
    KindPath path = kind;
    Value seen = std::move(now.body);
    co_return co_await write_guarded(std::move(whole), std::move(cluster), std::move(path),
                                     std::move(seen));
  }
  const Value live = std::move(now.body);
  const std::vector<FieldChange> changes = patch_changes(resource, live);
  if (auto moved = moved_since(request, live, changes, name))
    co_return WriteResult::failed(std::move(*moved));
  const std::string manager = manager_of(resource);
  const Value desired = wrapped_spec(argument(resource, "spec"));
  Outcome outcome;
  outcome.before = resource.prior ? resource.prior->before : Value();
  if (changes.empty() && owns_all(live, desired, manager)) {
    outcome.attributes = patch_attributes(resource, live);
    outcome.token = token_of(live);
    co_return WriteResult::done(std::move(outcome));
  }
  const bool restarts = std::any_of(changes.begin(), changes.end(), [](const FieldChange& change) {
    return restarts_pods(change.path);
  });
  if (Diagnostics refused = obstacles(request, name, live, restarts); !refused.empty())
    co_return WriteResult::failed(std::move(refused));
  const std::vector<TakenField> taken = taken_by_others(resource, live, changes);
  if (auto conflict = describe_taken(taken, resource.adoption, name.print()))
    co_return WriteResult::failed(std::move(*conflict));
  Value version = value_or_null(live, {"metadata", "resourceVersion"});
  if (!emptied_patch(live, desired, manager).is_null()) {
    if (request.dry_run) co_return WriteResult::done(std::move(outcome));  // two writes: no dry run
    Value now_live = live;
    Value wanted = desired;
    std::string owner = manager;
    const Reply emptied = co_await empty_ahead_of_apply(api_, kind, name, std::move(now_live),
                                                        std::move(wanted), std::move(owner));
    if (emptied.stale()) co_return std::nullopt;
    if (!emptied.ok()) co_return WriteResult::failed(emptied.diagnostics, emptied.outcome_unknown);
    version = value_or_null(emptied.body, {"metadata", "resourceVersion"});
  }
  Value metadata(Value::Object{{"name", Value(name.name)},
                               {"namespace", Value(name.namespace_name)},
                               {"uid", value_or_null(live, {"metadata", "uid"})}});
  if (!taken.empty()) {
    metadata.set("resourceVersion", std::move(version));
    if (outcome.before.is_null() && !taken.front().recorded)
      outcome.before = project(live, desired);
  }
  Value body = desired;
  body.set("apiVersion", Value(kElasticsearchVersion));
  body.set("kind", Value(kElasticsearchKind));
  body.set("metadata", std::move(metadata));
  ApplyOptions options{manager, !taken.empty(), request.dry_run};
  Reply reply = co_await api_->apply(kind, name.namespace_name, name.name, std::move(body),
                                     std::move(options));
  if (reply.stale()) co_return std::nullopt;
  if (!reply.ok()) co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
  if (!request.dry_run) note_write(reply.body);
  Outcome written = outcome_of(resource, reply.body, restarts ? node_count(reply.body) : 0);
  written.before = std::move(outcome.before);
  co_return WriteResult::done(std::move(written));
}

Task<WriteResult> ElasticsearchPatch::remove(WriteRequest request) {
  const ResourceRequest& resource = request.resource;
  const std::string address = resource.address.print();
  const ObjectName name = cluster_of(resource, api_->connection().namespace_name);
  const KindLookup lookup = co_await api_->find_kind(kElasticsearchVersion, kElasticsearchKind);
  if (!lookup.path && lookup.diagnostics.empty()) co_return WriteResult::done({});
  if (!lookup.path) co_return WriteResult::failed(with_address(lookup.diagnostics, address));
  const KindPath kind = *lookup.path;
  Reply reply;
  for (int attempt = 0; attempt < kConflictTries; ++attempt) {
    Reply now = co_await api_->get(kind, name.namespace_name, name.name);
    if (now.absent()) co_return WriteResult::done({});
    if (!now.ok()) co_return WriteResult::failed(with_address(now.diagnostics, address));
    if (needs_guard(resource, now.body)) {
      WriteResult removed = co_await remove_guarded(request, name, kind, std::move(now.body));
      removed.failure.diagnostics = with_address(std::move(removed.failure.diagnostics), address);
      co_return removed;
    }
    const Value* managed = now.body.at({"metadata", "managedFields"});
    if (managed == nullptr || !applies(*managed, manager_of(resource))) {
      // Released by a run that was cut off: the operator may still be at its restart.
      const bool cut_off = !resource.pending_operation.empty();
      Outcome outcome = cut_off ? outcome_of(resource, now.body) : Outcome{};
      co_return WriteResult::done(std::move(outcome));
    }
    const Value uid = value_or_null(now.body, {"metadata", "uid"});
    const bool took = resource.prior && !resource.prior->before.is_null();
    if (took) {
      const Value* seen = request.approved.attributes.find("spec");
      if (seen != nullptr && version_of(now.body) != request.approved.version) {
        ResourceRequest recorded = resource;
        recorded.desired = resource.prior->desired;
        const Value then(Value::Object{{"spec", *seen}});
        if (auto moved =
                unapproved(patch_changes(recorded, then), patch_changes(recorded, now.body), name))
          co_return WriteResult::failed(with_address({std::move(*moved)}, address));
      }
      Value back = resource.prior->before;
      back.set("metadata",
               Value(Value::Object{
                   {"uid", uid},
                   {"resourceVersion", value_or_null(now.body, {"metadata", "resourceVersion"})}}));
      std::string manager = kRestorer;
      reply = co_await api_->merge_patch(kind, name.namespace_name, name.name, std::move(back),
                                         std::move(manager));
      if (!reply.ok() && !reply.stale()) break;
      if (reply.ok()) now.body = std::move(reply.body);
    }
    if (!took || reply.ok()) {
      Value newest = std::move(now.body);
      Value nothing(Value::Object{});
      std::string owner = manager_of(resource);
      reply = co_await empty_ahead_of_apply(api_, kind, name, std::move(newest), std::move(nothing),
                                            std::move(owner));
    }
    if (reply.ok()) {
      // No spec at all: the server takes out what we alone own, and leaves what others own too
      // (fixture http-200-ssa-release).
      Value body = without_spec(name, uid);
      ApplyOptions options{manager_of(resource), false, false};
      reply = co_await api_->apply(kind, name.namespace_name, name.name, std::move(body),
                                   std::move(options));
      if (reply.ok()) {
        co_return WriteResult::done(outcome_of(resource, reply.body));
      }
    }
    if (!reply.stale()) break;
    co_await pause_after_conflict(attempt);
  }
  co_return WriteResult::failed(with_address(reply.diagnostics, address), reply.outcome_unknown);
}

}  // namespace crosstie::kubernetes
