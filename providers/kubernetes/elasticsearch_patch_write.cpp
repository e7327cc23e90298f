// How kubernetes.elasticsearch_patch writes: server-side apply of its own fields, and letting go of
// them.
#include <algorithm>

#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/emptied.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/write.hpp"

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

/// What an apply says that gives up everything.
Value without_spec(const ObjectName& name, const Value& uid) {
  const Value metadata(Value::Object{
      {"name", Value(name.name)}, {"namespace", Value(name.namespace_name)}, {"uid", uid}});
  return Value(Value::Object{{"apiVersion", Value(kElasticsearchVersion)},
                             {"kind", Value(kElasticsearchKind)},
                             {"metadata", metadata}});
}

Outcome outcome_of(const ResourceRequest& resource, const Value& live) {
  Outcome outcome;
  outcome.attributes = patch_attributes(resource, live);
  outcome.token = token_of(live);
  return outcome;
}

}  // namespace

Task<WriteResult> ElasticsearchPatch::write(WriteRequest request) {
  const std::string address = request.resource.address.print();
  Diagnostics problems = check_spec(request.resource);
  const Value spec = argument(request.resource, "spec");
  if (spec.contains_unknown())
    problems.push_back(
        make_error("the patch is not known yet", "It waits for " + spec.first_unknown() + "."));
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

Task<std::optional<WriteResult>> ElasticsearchPatch::write_once(const WriteRequest& request,
                                                                const ObjectName& name,
                                                                const KindPath& kind) {
  const ResourceRequest& resource = request.resource;
  Reply now = co_await api_->get(kind, name.namespace_name, name.name);
  if (now.absent()) co_return WriteResult::failed(no_cluster(name));
  if (!now.ok()) co_return WriteResult::failed(now.diagnostics);
  const Value live = std::move(now.body);
  const std::vector<FieldChange> changes = patch_changes(resource, live);
  if (const Value* seen = request.approved.attributes.find("spec");
      seen != nullptr && version_of(live) != request.approved.version) {
    const Value then(Value::Object{{"spec", *seen}});
    if (auto moved = unapproved(patch_changes(resource, then), changes, name))
      co_return WriteResult::failed(std::move(*moved));
  }
  const std::string manager = manager_of(resource);
  const Value desired = wrapped_spec(argument(resource, "spec"));
  Outcome outcome;
  outcome.before = resource.prior ? resource.prior->before : Value();
  if (changes.empty() && owns_all(live, desired, manager)) {
    outcome.attributes = patch_attributes(resource, live);
    outcome.token = token_of(live);
    co_return WriteResult::done(std::move(outcome));
  }
  const bool waits = !(argument(resource, "wait") == Value("none"));
  if (Diagnostics switches = orchestration_switches(live); waits && has_errors(switches))
    co_return WriteResult::failed(std::move(switches));
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
  outcome.attributes = patch_attributes(resource, reply.body);
  outcome.token = token_of(reply.body);
  co_return WriteResult::done(std::move(outcome));
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
