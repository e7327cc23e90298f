// How kubernetes.object writes: read again, compare with what was approved, apply; give back or
// delete.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/emptied.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/server_shape.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/write.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kDiscoveryTries =
    8;  // a new CustomResourceDefinition is served a moment after it is established
constexpr milliseconds kDiscoveryPause{250};
/// The version of no stored object: etcd counts from 1, so that the first write of all is 2. An
/// apply with it creates, and is refused with 409 where there is an object (kube-apiserver 1.34.4):
/// no look is needed before it.
constexpr const char* kNobodysVersion = "1";
constexpr std::chrono::minutes kDeleteMax{15};
constexpr milliseconds kDeletePollFirst{20};
constexpr milliseconds kDeletePollLongest{3000};

std::string uid_of(const Value& object) {
  const Value* metadata = object.find("metadata");
  return metadata == nullptr ? std::string{} : metadata->text("uid");
}

WriteResult done(const ResourceRequest& request, Value live, Value before) {
  Outcome outcome;
  outcome.token = token_of(live);
  outcome.attributes = attributes_of(request, std::move(live));
  outcome.before = std::move(before);
  return WriteResult::done(std::move(outcome));
}

Diagnostic not_ours(const Claim& claim, const ObjectName& name, Adoption adoption) {
  const std::string owner =
      claim.owner.empty() ? "nobody claims it" : "it belongs to " + claim.owner;
  std::string detail =
      name.print() + " exists already and was not made by this resource; " + owner + ".";
  std::string fix = "To fix it, use another name, or set ";
  fix += claim.ownership == Ownership::foreign
             ? "`adopt: take_over`, which takes it from its owner."
             : "`adopt: if_unowned`.";
  if (adoption == Adoption::if_unowned)
    fix = "To fix it, use another name, or set `adopt: take_over`, which takes it from its owner.";
  return make_error("the object belongs to somebody else", std::move(detail), std::move(fix));
}

bool adoptable(const Claim& claim, Adoption adoption) {
  return claim.ownership == Ownership::ours || adoption == Adoption::take_over ||
         (adoption == Adoption::if_unowned && claim.ownership == Ownership::unowned);
}

/// What somebody else did since the plan to the fields of an object that is to go.
std::optional<Diagnostic> changed_unseen(const WriteRequest& request, const Value& live,
                                         const ObjectName& name) {
  const Value* seen = request.approved.attributes.find("object");
  if (seen == nullptr || !seen->is_object() || !request.resource.prior ||
      version_of(live) == request.approved.version)
    return std::nullopt;
  ResourceRequest recorded = request.resource;
  recorded.desired = request.resource.prior->desired;
  return unapproved(changes_of(recorded, *seen, known_shape(request.approved.attributes)),
                    changes_of(recorded, live, server_shape(live)), name);
}

std::string finalizers_of(const Value& object) {
  const Value* list = object.at({"metadata", "finalizers"});
  std::string text;
  if (list == nullptr || !list->is_list()) return text;
  for (const Value& finalizer : list->as_list())
    if (finalizer.is_string()) text += (text.empty() ? "" : ", ") + finalizer.as_string();
  return text;
}

}  // namespace

Task<KindLookup> ObjectHandler::find_kind_patiently(ObjectName name) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  KindLookup lookup;
  for (int attempt = 0; attempt < kDiscoveryTries; ++attempt) {
    lookup = co_await api_->find_kind(name.api_version, name.kind);
    if (lookup.path || !lookup.diagnostics.empty()) co_return lookup;
    timer.expires_after(kDiscoveryPause);
    co_await timer.async_wait(asio::use_awaitable);
  }
  lookup.diagnostics.push_back(
      make_error("the kind is not served by this cluster",
                 "Kind " + name.kind + " of " + name.api_version + " is not served.",
                 "To fix it, install what defines the kind (its CustomResourceDefinition), or "
                 "correct apiVersion and kind."));
  co_return lookup;
}

Task<WriteResult> ObjectHandler::create(WriteRequest request) { return write(std::move(request)); }
Task<WriteResult> ObjectHandler::update(WriteRequest request) { return write(std::move(request)); }

Task<WriteResult> ObjectHandler::write(WriteRequest request) {
  const ResourceRequest& resource = request.resource;
  const std::string address = resource.address.print();
  const Value manifest = manifest_of(resource);
  if (Diagnostics problems = check_manifest(manifest); !problems.empty())
    co_return WriteResult::failed(with_address(std::move(problems), address));
  if (manifest.contains_unknown()) {
    co_return WriteResult::failed(make_error(
        "the manifest is not known yet", address + " waits for " + manifest.first_unknown() + "."));
  }
  // The new object of a replacement is the desired one; the recorded one is gone by then.
  ObjectName name = name_of(normalise_manifest(manifest));
  if (name.namespace_name.empty()) name.namespace_name = api_->connection().namespace_name;
  const KindLookup lookup = co_await find_kind_patiently(name);
  if (!lookup.path) co_return WriteResult::failed(with_address(lookup.diagnostics, address));
  if (!lookup.path->namespaced) name.namespace_name.clear();
  if (request.approved.presence == Presence::absent) {
    Try made = co_await create_only(request, name, *lookup.path);
    if (made) {
      made->failure.diagnostics = with_address(std::move(made->failure.diagnostics), address);
      co_return std::move(*made);
    }
  }
  for (int attempt = 0; attempt < kConflictTries; ++attempt) {
    Try tried = co_await write_once(request, name, *lookup.path);
    if (tried) {
      tried->failure.diagnostics = with_address(std::move(tried->failure.diagnostics), address);
      co_return std::move(*tried);
    }
    co_await pause_after_conflict(attempt);
  }
  co_return WriteResult::failed(with_address({busy_object(name)}, address));
}

Task<ObjectHandler::Try> ObjectHandler::create_only(const WriteRequest& request,
                                                    const ObjectName& name, const KindPath& kind) {
  Value body = marked_manifest(manifest_of(request.resource), name.namespace_name,
                               mark_of(request.resource));
  Value metadata = *body.find("metadata");
  metadata.set("resourceVersion", Value(kNobodysVersion));
  body.set("metadata", std::move(metadata));
  ApplyOptions options;
  options.manager = kManager;
  options.dry_run = request.dry_run;
  Reply reply =
      co_await api_->apply(kind, name.namespace_name, name.name, std::move(body), options);
  if (reply.ok()) co_return done(request.resource, std::move(reply.body), Value());
  // There is one after all, or a server that takes no version for a new object: look.
  if (reply.status == 409 || reply.absent()) co_return std::nullopt;
  co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
}

Task<ObjectHandler::Try> ObjectHandler::write_once(const WriteRequest& request,
                                                   const ObjectName& name, const KindPath& kind) {
  Reply now = co_await api_->get(kind, name.namespace_name, name.name);
  if (now.ok()) co_return co_await apply_over(request, name, kind, std::move(now.body));
  if (!now.absent()) co_return WriteResult::failed(now.diagnostics);
  if (request.approved.presence == Presence::present && request.resource.prior &&
      request.difference.any() && !request.difference.needs_replace()) {
    co_return WriteResult::failed(
        make_error("the object is gone since the plan",
                   name.print() + " was there when the plan was made and is not there any more.",
                   "To fix it, plan again."));
  }
  Value body = marked_manifest(manifest_of(request.resource), name.namespace_name,
                               mark_of(request.resource));
  ApplyOptions options;
  options.manager = kManager;
  options.dry_run = request.dry_run;
  Reply reply =
      co_await api_->apply(kind, name.namespace_name, name.name, std::move(body), options);
  if (reply.ok()) co_return done(request.resource, std::move(reply.body), Value());
  if (reply.stale()) co_return std::nullopt;
  co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
}

Task<ObjectHandler::Try> ObjectHandler::apply_over(const WriteRequest& request,
                                                   const ObjectName& name, const KindPath& kind,
                                                   Value live) {
  const ResourceRequest& resource = request.resource;
  const Claim claim = claim_of(live, mark_of(resource), recorded_uid(resource));
  if (!adoptable(claim, resource.adoption))
    co_return WriteResult::failed(not_ours(claim, name, resource.adoption));
  const bool adopting = claim.ownership != Ownership::ours;
  if (adopting && request.approved.presence != Presence::present &&
      request.approved.presence != Presence::unchecked) {
    co_return WriteResult::failed(make_error(
        "the object appeared since the plan",
        name.print() + " did not exist when the plan was made.", "To fix it, plan again."));
  }
  const Value shape = server_shape(live);
  const std::vector<FieldChange> changes = changes_of(resource, live, shape);
  if (const Value* seen = request.approved.attributes.find("object");
      seen != nullptr && seen->is_object() && version_of(live) != request.approved.version) {
    const Value seen_shape = known_shape(request.approved.attributes);
    if (auto moved = unapproved(changes_of(resource, *seen, seen_shape), changes, name))
      co_return WriteResult::failed(std::move(*moved));
  }
  Value before = adopting         ? without_server_fields(live)
                 : resource.prior ? resource.prior->before
                                  : Value();
  mark_secret_data(before);
  Value body = marked_manifest(manifest_of(resource), name.namespace_name, mark_of(resource));
  const bool unchanged = compare_manifest(body, live, shape).empty() && changes.empty();
  const Value* managed = live.at({"metadata", "managedFields"});
  if (!adopting && unchanged && managed != nullptr && applies(*managed, kManager))
    co_return done(resource, std::move(live), std::move(before));
  const std::vector<TakenField> taken = taken_fields(resource, live, changes);
  if (auto conflict = describe_taken(taken, resource.adoption, name.print()))
    co_return WriteResult::failed(std::move(*conflict));
  ApplyOptions options;
  options.manager = kManager;
  options.dry_run = request.dry_run;
  options.force = adopting || !taken.empty();
  if (!emptied_patch(live, body, kManager).is_null()) {
    // Two writes, which no dry run can try.
    if (request.dry_run) co_return done(resource, std::move(live), std::move(before));
    Value wanted = body;
    std::string owner = kManager;
    Reply emptied = co_await empty_ahead_of_apply(api_, kind, name, std::move(live),
                                                  std::move(wanted), std::move(owner));
    if (emptied.stale()) co_return std::nullopt;
    if (!emptied.ok()) co_return WriteResult::failed(emptied.diagnostics, emptied.outcome_unknown);
    live = std::move(emptied.body);
  }
  Value metadata = *body.find("metadata");
  metadata.set("uid", Value(uid_of(live)));  // "update, never create": 409 when it is gone
  // With force nothing else would tell us of a change since our read.
  if (options.force)
    metadata.set("resourceVersion", Value(live.at({"metadata", "resourceVersion"}) == nullptr
                                              ? Value()
                                              : *live.at({"metadata", "resourceVersion"})));
  body.set("metadata", std::move(metadata));
  Reply reply =
      co_await api_->apply(kind, name.namespace_name, name.name, std::move(body), options);
  if (reply.ok()) co_return done(resource, std::move(reply.body), std::move(before));
  if (reply.stale()) co_return std::nullopt;
  co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
}

Task<WriteResult> ObjectHandler::give_back(const WriteRequest& request, const ObjectName& name,
                                           const KindPath& kind, Value live) {
  const Value shape = marked_manifest(request.resource.prior->desired.find("manifest") == nullptr
                                          ? Value()
                                          : *request.resource.prior->desired.find("manifest"),
                                      name.namespace_name, mark_of(request.resource));
  Reply reply;
  for (int attempt = 0; attempt < kConflictTries; ++attempt) {
    Value patch = give_back_patch(shape, request.resource.prior->before, live);
    std::string manager = kManager;
    reply = co_await api_->merge_patch(kind, name.namespace_name, name.name, std::move(patch),
                                       std::move(manager));
    if (reply.ok() || reply.absent()) co_return WriteResult::done({});
    if (!reply.stale()) break;
    co_await pause_after_conflict(attempt);
    Reply again = co_await api_->get(kind, name.namespace_name, name.name);
    if (again.absent()) co_return WriteResult::done({});
    if (!again.ok()) co_return WriteResult::failed(again.diagnostics);
    live = std::move(again.body);
  }
  co_return WriteResult::failed(reply.diagnostics, reply.outcome_unknown);
}

Task<std::optional<Diagnostic>> ObjectHandler::wait_until_gone(KindPath kind, ObjectName name,
                                                               std::string uid,
                                                               ResourceAddress address) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  const auto until = steady_clock::now() + kDeleteMax;
  milliseconds poll = kDeletePollFirst;
  std::string held_by;
  while (steady_clock::now() < until) {
    const Reply now = co_await api_->get(kind, name.namespace_name, name.name);
    if (now.absent() || now.not_served() || (now.ok() && uid_of(now.body) != uid))
      co_return std::nullopt;
    if (now.status == 401 || now.status == 403) co_return now.diagnostics.front();
    if (now.ok()) held_by = finalizers_of(now.body);
    timer.expires_after(poll);
    co_await timer.async_wait(asio::use_awaitable);
    poll = std::min(poll * 2, kDeletePollLongest);
  }
  Diagnostic late =
      make_error("the object is not gone",
                 name.print() + " is still there 15 minutes after its deletion" +
                     (held_by.empty() ? "." : "; its finalizers wait: " + held_by + "."),
                 "To fix it, look at the controller that the finalizer belongs to.");
  late.address = address.print();
  co_return late;
}

Task<WriteResult> ObjectHandler::remove(WriteRequest request) {
  const ResourceRequest& resource = request.resource;
  const std::string address = resource.address.print();
  ObjectName name = target_of(resource, api_->connection().namespace_name);
  const KindLookup lookup = co_await api_->find_kind(name.api_version, name.kind);
  if (!lookup.path) {
    if (lookup.diagnostics.empty())
      co_return WriteResult::done({});  // its kind is gone, and its objects with it
    co_return WriteResult::failed(with_address(lookup.diagnostics, address));
  }
  const KindPath kind = *lookup.path;
  if (!kind.namespaced) name.namespace_name.clear();
  const bool adopted = resource.prior && !resource.prior->before.is_null();
  if (request.approved.presence == Presence::present &&
      request.approved.ownership == Ownership::ours && !adopted) {
    // As the plan saw it, or not at all: no look is needed before it.
    const Value* seen = request.approved.attributes.at({"object", "metadata"});
    if (seen != nullptr && !seen->text("resourceVersion").empty()) {
      DeleteOptions options{seen->text("uid"), seen->text("resourceVersion")};
      Try gone = co_await remove_one(kind, name, std::move(options), resource.address);
      if (gone) co_return std::move(*gone);
    }
  }
  Reply now = co_await api_->get(kind, name.namespace_name, name.name);
  if (now.absent() || now.not_served()) co_return WriteResult::done({});
  if (!now.ok()) co_return WriteResult::failed(with_address(now.diagnostics, address));
  // Somebody else's object of the same name stays.
  if (claim_of(now.body, mark_of(resource), recorded_uid(resource)).ownership != Ownership::ours)
    co_return WriteResult::done({});
  if (auto moved = changed_unseen(request, now.body, name))
    co_return WriteResult::failed(with_address({std::move(*moved)}, address));
  if (adopted) {
    WriteResult given = co_await give_back(request, name, kind, std::move(now.body));
    given.failure.diagnostics = with_address(std::move(given.failure.diagnostics), address);
    co_return given;
  }
  DeleteOptions options{uid_of(now.body), ""};
  Try gone = co_await remove_one(kind, name, std::move(options), resource.address);
  if (gone) co_return std::move(*gone);
  co_return WriteResult::done({});  // another uid has its name: ours is gone
}

Task<ObjectHandler::Try> ObjectHandler::remove_one(KindPath kind, ObjectName name,
                                                   DeleteOptions options, ResourceAddress address) {
  const std::string uid = options.uid;
  const Reply reply =
      co_await api_->remove(kind, name.namespace_name, name.name, std::move(options));
  if (reply.status == 409) co_return std::nullopt;
  if (!reply.ok() && !reply.absent())
    co_return WriteResult::failed(with_address(reply.diagnostics, address.print()),
                                  reply.outcome_unknown);
  if (reply.ok() && reply.body.text("kind") != "Status") {
    // Something holds it: the answer is the object itself (fixture http-200-delete-finalizer).
    if (auto late = co_await wait_until_gone(kind, name, uid, address))
      co_return WriteResult::failed(std::move(*late));
  }
  co_return WriteResult::done({});
}

}  // namespace crosstie::kubernetes
