// How kubernetes.elasticsearch_patch writes: server-side apply of its own fields, and letting go of
// them.
#include <algorithm>

#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/write.hpp"

namespace crosstie::kubernetes {
namespace {

/// Manager of the small writes that bring back what was before ours.
constexpr const char* kRestorer = "crosstie-restore";

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

/// Objects that `before` had, that `after` lacks, and that others owned: the server takes an object
/// away with its last member, also where another manager (ECK writes such) owns it empty. As a
/// merge patch that puts them back; null when there are none.
Value lost_empties(const Value& before, const Value& after, const Value& managed,
                   const std::string& manager, Path& path) {
  if (!before.is_object()) return Value();
  Value lost;
  for (const auto& [key, member] : before.as_object()) {
    if (!member.is_object()) continue;
    path.push_back({key});
    const Value* left = after.find(key);
    if (left == nullptr || left->is_null()) {
      const std::vector<FieldOwner> owners = owners_of(managed, path, Value());
      const bool theirs = std::any_of(owners.begin(), owners.end(), [&](const FieldOwner& owner) {
        return owner.manager != manager;
      });
      if (theirs) lost.set(key, Value(Value::Object{}));
    } else if (Value deeper = lost_empties(member, *left, managed, manager, path);
               !deeper.is_null()) {
      lost.set(key, std::move(deeper));
    }
    path.pop_back();
  }
  return lost;
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
  Value metadata(Value::Object{{"name", Value(name.name)},
                               {"namespace", Value(name.namespace_name)},
                               {"uid", value_or_null(live, {"metadata", "uid"})}});
  if (!taken.empty()) {
    metadata.set("resourceVersion", value_or_null(live, {"metadata", "resourceVersion"}));
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
    if (managed == nullptr || !applies(*managed, manager_of(resource)))
      co_return WriteResult::done({});
    const Value uid = value_or_null(now.body, {"metadata", "uid"});
    const bool took = resource.prior && !resource.prior->before.is_null();
    if (took) {
      Value back = resource.prior->before;
      back.set("metadata",
               Value(Value::Object{
                   {"uid", uid},
                   {"resourceVersion", value_or_null(now.body, {"metadata", "resourceVersion"})}}));
      std::string manager = kRestorer;
      reply = co_await api_->merge_patch(kind, name.namespace_name, name.name, std::move(back),
                                         std::move(manager));
      if (!reply.ok() && !reply.stale()) break;
    }
    if (!took || reply.ok()) {
      // No spec at all: the server takes out what we alone own, and leaves what others own too
      // (fixture http-200-ssa-release).
      Value body(
          Value::Object{{"apiVersion", Value(kElasticsearchVersion)},
                        {"kind", Value(kElasticsearchKind)},
                        {"metadata", Value(Value::Object{{"name", Value(name.name)},
                                                         {"namespace", Value(name.namespace_name)},
                                                         {"uid", uid}})}});
      ApplyOptions options{manager_of(resource), false, false};
      reply = co_await api_->apply(kind, name.namespace_name, name.name, std::move(body),
                                   std::move(options));
      if (reply.ok()) {
        std::string manager = manager_of(resource);
        co_await put_back_empties(kind, name, std::move(manager), now.body, reply.body);
        Outcome outcome;
        outcome.attributes = patch_attributes(resource, reply.body);
        outcome.token = token_of(reply.body);
        co_return WriteResult::done(std::move(outcome));
      }
    }
    if (!reply.stale()) break;
    co_await pause_after_conflict(attempt);
  }
  co_return WriteResult::failed(with_address(reply.diagnostics, address), reply.outcome_unknown);
}

Task<void> ElasticsearchPatch::put_back_empties(KindPath kind, ObjectName name, std::string manager,
                                                const Value& before, const Value& after) {
  const Value* managed = before.at({"metadata", "managedFields"});
  const Value* had = before.find("spec");
  const Value* has = after.find("spec");
  if (managed == nullptr || had == nullptr || has == nullptr) co_return;
  Path path{PathStep{std::string("spec")}};
  Value lost = lost_empties(*had, *has, *managed, manager, path);
  if (lost.is_null()) co_return;
  Value patch(Value::Object{{"spec", std::move(lost)}});
  std::string restorer = kRestorer;
  // Best effort: absent and empty mean the same to ECK.
  (void)co_await api_->merge_patch(kind, name.namespace_name, name.name, std::move(patch),
                                   std::move(restorer));
}

}  // namespace crosstie::kubernetes
