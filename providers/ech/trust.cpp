// ech.trust: one entry of the `direct` trust of a deployment, changed by strict read-modify-write
// (facts/ech-api.md, section 4).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/plan_tracker.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/ech/trust_entry.hpp"
#include "providers/ech/trust_schema.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

constexpr int kWriteTriesMax =
    100;  // conflicts and pending plans of others; the clocks of the wait bound the time
constexpr int kUnknownTriesMax = 3;  // lost answers, each followed by a new look

/// Ids and names only: enough to tell after the plan that nobody's entry was lost.
json identities_only(const json& foreign) {
  json kept = json::object();
  for (const auto& [kind, entries] : foreign.items()) {
    kept[kind] = json::array();
    for (const json& entry : entries) {
      json item = json::object();
      for (const char* name : {"uid", "account_id", "trust_relationship_id", "name"})
        if (const std::string text = json_read::text(entry, {name}); !text.empty())
          item[name] = text;
      kept[kind].push_back(std::move(item));
    }
  }
  return kept;
}

/// What one write is about: the entry wanted (nullopt: gone) and how it is found.
struct TrustWrite {
  std::string deployment;
  std::string ref_id;
  std::string uid;
  std::string name;
  std::optional<TrustEntry> wanted;
  std::string approved;  // digest of the entry the plan saw, "" = absent
  bool checked = false;  // compare with `approved`: the plan saw the entry
  bool absent = false;   // the plan saw that there was none
  std::function<void(const WaitState&)> progress;  // of a wait for somebody else's plan
};

std::function<void(const WaitState&)> progress_of(const WriteRequest& request) {
  if (request.progress == nullptr) return {};
  return [sink = request.progress, address = request.resource.address](const WaitState& state) {
    sink->waiting(address, state);
  };
}

/// The end of the read-modify-write loop.
struct TrustWritten {
  bool changed = false;  // a plan attempt was started
  bool gone = false;     // the deployment does not exist
  json body;             // the deployment as last read before the write
  json before;           // an entry of somebody else that was adopted, null otherwise
  std::string current_before;
  Diagnostics failure;
  bool outcome_unknown = false;
};

class TrustType : public ResourceType {
 public:
  explicit TrustType(Api& api) : api_(api) {}

  const ResourceSchema& schema() const override { return trust_schema(); }

  Observation observe(const ResourceRequest& request, const DeploymentLook& look) const override {
    Observation observation;
    const Value& identity = identity_of(request);
    const std::string uid = request.prior ? request.prior->attributes.text("uid") : std::string();
    const json* entry = find_entry(*look.resource, uid, identity.text("name"));
    if (entry == nullptr) return observation;
    const TrustEntry read = read_entry(*entry);
    observation.presence = Presence::present;
    observation.ownership = is_recorded(request) ? Ownership::ours : Ownership::unowned;
    if (observation.ownership != Ownership::ours) observation.before = from_json(*entry);
    observation.attributes =
        trust_attributes(read, identity, json_read::text(*look.resource, {"ref_id"}));
    observation.version = entry_digest(read);
    return observation;
  }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    return trust_difference(request.desired, observed.attributes);
  }

  Forecast forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                    const std::string& action) const override {
    Forecast forecast;
    forecast.waits_for = "the deployment's plan";
    // Whether a plan that only changes trust restarts nodes is documented nowhere.
    forecast.disruption = "the deployment runs a plan; Elastic Cloud decides whether nodes restart";
    if (action == "replace") forecast.waits_for = "two plans of the deployment";
    return forecast;
  }

  Task<WriteResult> create(WriteRequest request) override { return put(std::move(request)); }
  Task<WriteResult> update(WriteRequest request) override { return put(std::move(request)); }
  Task<WriteResult> remove(WriteRequest request) override;
  Task<Diagnostics> server_check(WriteRequest request) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  Task<WriteResult> put(WriteRequest request);
  Task<bool> send_update(const TrustWrite& what, const Answer& read, const json& live,
                         TrustWritten& written);
  Task<TrustWritten> write(TrustWrite what, ResourceRequest resource);
  Task<Result<void>> wait_idle(TrustWrite what);
  Task<std::string> pending_attempt(std::string deployment, std::string ref_id);

  Api& api_;
};

Task<Result<void>> TrustType::wait_idle(TrustWrite what) {
  PlanWait wait;
  wait.deployment = std::move(what.deployment);
  wait.ref_id = std::move(what.ref_id);
  wait.progress = std::move(what.progress);
  co_return co_await wait_until_idle(api_, std::move(wait));
}

/// Refusals of what is there now; nullopt when the write may go on. Notes an adopted entry in
/// `written`.
std::optional<Diagnostic> check_live(const TrustWrite& what, const ResourceRequest& resource,
                                     const json* own, TrustWritten& written) {
  if (own == nullptr) {
    if (!what.checked || what.approved.empty() || !what.wanted) return std::nullopt;
    return changed_since_plan("Trust entry " + what.name + " of deployment " + what.deployment,
                              what.approved, "absent");
  }
  const TrustEntry live = read_entry(*own);
  const std::string title = "Trust entry " + live.name + " of deployment " + what.deployment;
  if (auto refused = refuse_unowned(resource, title); refused) return refused;
  if (!is_recorded(resource) && written.before.is_null()) written.before = *own;
  const std::string now = entry_digest(live);
  const bool wanted = what.wanted && same_entry(live, *what.wanted);
  if (what.checked && !what.approved.empty() && now != what.approved && !wanted)
    return changed_since_plan(title, what.approved, now);
  if (what.absent && is_recorded(resource) && !wanted)
    return changed_since_plan(title, "absent", now);
  return std::nullopt;
}

/// One PUT, made from what was just read. Whether to look again and go on: somebody was faster, a
/// plan runs, or the answer was lost.
Task<bool> TrustType::send_update(const TrustWrite& what, const Answer& read, const json& live,
                                  TrustWritten& written) {
  Result<json> body = trust_update(live, what.uid, what.name, what.wanted);
  if (!body) {
    written.failure = body.failure();
    co_return false;
  }
  const PlanView plans = read_plans(live);
  if (plans.current) written.current_before = plans.current->id;
  std::string id = what.deployment;
  std::string version = read.version;
  json payload = std::move(*body);
  Answer answer =
      co_await api_.update_deployment(std::move(id), std::move(version), std::move(payload));
  written.changed = answer.ok();
  written.failure = answer.diagnostics;
  written.outcome_unknown = answer.outcome_unknown;
  // After a lost answer a new look tells: the version or the entry itself has changed when it was
  // accepted.
  co_return answer.refusal == Refusal::conflict || answer.refusal == Refusal::plan_pending ||
      answer.outcome_unknown;
}

Task<TrustWritten> TrustType::write(TrustWrite what, ResourceRequest resource) {
  TrustWritten written;
  int unknown = 0;
  for (int attempt = 0; attempt < kWriteTriesMax; ++attempt) {
    std::string id = what.deployment;
    Answer read = co_await api_.read_deployment(std::move(id), Detail::settings);
    written.gone = read.refusal == Refusal::not_found;
    written.failure = read.diagnostics;
    if (!read.ok()) co_return written;
    const json* live = elasticsearch_resource(read.body, what.ref_id);
    if (live == nullptr) {
      written.failure = {no_such_resource(what.deployment, what.ref_id)};
      co_return written;
    }
    const json* own = find_entry(*live, what.uid, what.name);
    const bool equal =
        what.wanted ? own != nullptr && same_entry(read_entry(*own), *what.wanted) : own == nullptr;
    // After a lost answer an entry as wanted is the one that was just sent.
    const bool sent_by_us = equal && unknown > 0;
    auto refused = sent_by_us ? std::nullopt : check_live(what, resource, own, written);
    if (refused) {
      written.failure = {std::move(*refused)};
      co_return written;
    }
    written.body = read.body;
    const bool pending = plan_pending(*live);
    if (equal) {
      // Our own earlier write may still be on its way: a lost answer, or a run that was killed.
      written.changed = pending && (unknown > 0 || !resource.pending_operation.empty());
      co_return written;
    }
    if (!pending) {
      const bool again = co_await send_update(what, read, *live, written);
      const bool lost = written.outcome_unknown && ++unknown == kUnknownTriesMax;
      if (!again || lost) co_return written;
    }
    TrustWrite waiting = what;
    Result<void> idle = co_await wait_idle(std::move(waiting));
    if (!idle) {
      written.failure = idle.failure();
      co_return written;
    }
  }
  written.failure = {
      make_error("deployment changes all the time",
                 "The trust of deployment " + what.deployment + " was changed by others " +
                     std::to_string(kWriteTriesMax) + " times while it was to be written.",
                 "To fix it, run the command again when the other changes have ended.")};
  co_return written;
}

Task<std::string> TrustType::pending_attempt(std::string deployment, std::string ref_id) {
  Result<DeploymentRead> read = co_await api_.deployment(std::move(deployment), Detail::plan);
  if (!read) co_return std::string();
  const json* resource = elasticsearch_resource(read->body, ref_id);
  if (resource == nullptr) co_return std::string();
  const PlanView view = read_plans(*resource);
  co_return view.pending ? view.pending->id : std::string();
}

Task<WriteResult> TrustType::put(WriteRequest request) {
  const Value desired = request.resource.desired;
  Result<TrustEntry> wanted = wanted_trust(desired);
  if (!wanted) co_return WriteResult::failed(wanted.failure());
  TrustWrite what;
  what.deployment = desired.text("deployment");
  what.ref_id = desired.text("ref_id");
  if (request.resource.prior) what.uid = request.resource.prior->attributes.text("uid");
  what.name = wanted->name;
  if (request.resource.prior && !what.uid.empty())
    what.name = identity_of(request.resource).text("name");
  what.wanted = *wanted;
  what.checked = request.approved.presence == Presence::present;
  what.absent = request.approved.presence == Presence::absent;
  what.approved = request.approved.version;
  what.progress = progress_of(request);
  ResourceRequest resource = request.resource;
  TrustWrite argument = what;
  TrustWritten written = co_await write(std::move(argument), std::move(resource));
  if (!written.failure.empty())
    co_return WriteResult::failed(std::move(written.failure), written.outcome_unknown);
  const json* live = elasticsearch_resource(written.body, what.ref_id);
  const json* own = find_entry(*live, what.uid, what.name);
  TrustEntry entry = *wanted;
  if (own != nullptr) entry.uid = json_read::text(*own, {"uid"});
  const std::string ref_id = json_read::text(*live, {"ref_id"});
  Outcome outcome;
  outcome.attributes = trust_attributes(entry, desired, ref_id);
  if (!written.before.is_null()) outcome.before = from_json(written.before);
  if (written.changed) {
    const std::string attempt = co_await pending_attempt(what.deployment, what.ref_id);
    outcome.token.set("attempt", attempt);
    outcome.token.set("current_before", written.current_before);
    outcome.token.set("foreign",
                      from_json(identities_only(foreign_trust(*live, what.uid, what.name))));
  }
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> TrustType::remove(WriteRequest request) {
  const Value identity = identity_of(request.resource);
  TrustWrite what;
  what.deployment = identity.text("deployment");
  what.ref_id = identity.text("ref_id");
  what.name = identity.text("name");
  if (request.resource.prior) what.uid = request.resource.prior->attributes.text("uid");
  what.checked = request.approved.presence == Presence::present;
  what.approved = request.approved.version;
  what.progress = progress_of(request);
  if (request.resource.prior && request.resource.prior->before.is_object()) {
    what.wanted = read_entry(to_json(request.resource.prior->before));
    what.wanted->uid.clear();
  }
  ResourceRequest resource = request.resource;
  TrustWrite argument = what;
  TrustWritten written = co_await write(std::move(argument), std::move(resource));
  if (written.gone) co_return WriteResult::done({});
  if (!written.failure.empty())
    co_return WriteResult::failed(std::move(written.failure), written.outcome_unknown);
  Outcome outcome;
  if (written.changed) {
    Value& token = outcome.token;
    const std::string attempt = co_await pending_attempt(what.deployment, what.ref_id);
    for (const auto& [name, text] :
         {std::pair<const char*, std::string>{"deployment", what.deployment},
          {"ref_id", what.ref_id},
          {"name", what.name},
          {"uid", what.uid},
          {"attempt", attempt},
          {"current_before", written.current_before}})
      token.set(name, text);
    token.set("removing", true);
    token.set("given_back", what.wanted.has_value());
  }
  co_return WriteResult::done(std::move(outcome));
}

/// The real body, sent to be validated only. While a plan runs nobody can say, and apply waits
/// anyway.
Task<Diagnostics> TrustType::server_check(WriteRequest request) {
  const Value desired = request.resource.desired;
  Result<TrustEntry> wanted = wanted_trust(desired);
  if (!wanted) co_return wanted.failure();
  std::string id = desired.text("deployment");
  const std::string ref_id = desired.text("ref_id");
  Answer read = co_await api_.read_deployment(std::move(id), Detail::settings);
  if (!read.ok()) co_return read.diagnostics;
  const json* live = elasticsearch_resource(read.body, ref_id);
  if (live == nullptr) co_return Diagnostics{no_such_resource(desired.text("deployment"), ref_id)};
  if (plan_pending(*live)) co_return Diagnostics{};
  const Value* recorded = request.resource.prior ? &request.resource.prior->attributes : &desired;
  Result<json> body = trust_update(*live, recorded->text("uid"),
                                   identity_of(request.resource).text("name"), *wanted);
  if (!body) co_return body.failure();
  id = desired.text("deployment");
  std::string version = read.version;
  json payload = std::move(*body);
  Answer answer =
      co_await api_.validate_update(std::move(id), std::move(version), std::move(payload));
  co_return answer.diagnostics;
}

/// The end of a removal's plan: the entry must be gone, unless an adopted one was given back.
Result<Value> check_removed(const DeploymentRead& read, const Value& token) {
  const json* live = elasticsearch_resource(read.body, token.text("ref_id"));
  if (token.flag("given_back") || live == nullptr ||
      find_entry(*live, token.text("uid"), token.text("name")) == nullptr)
    return Value();
  return make_error(
      "trust was not removed",
      "The deployment's plan ended, and trust entry " + token.text("name") + " is still there.",
      "To fix it, run the command again.");
}

/// The end of a write's plan: our entry is as sent, and nobody's was lost by our own plan.
Result<Value> check_written(const DeploymentRead& read, const WaitRequest& request) {
  const Value& attributes = request.attributes;
  const Value& desired =
      request.resource.desired.is_object() ? request.resource.desired : attributes;
  const std::string name = attributes.text("name");
  const std::string uid = attributes.text("uid");
  const json* live = elasticsearch_resource(read.body, attributes.text("ref_id"));
  if (live == nullptr)
    return no_such_resource(attributes.text("deployment"), attributes.text("ref_id"));
  const json* own = find_entry(*live, uid, name);
  Result<TrustEntry> wanted = wanted_trust(desired);
  if (!wanted) return wanted.failure();
  if (own == nullptr || !same_entry(read_entry(*own), *wanted))
    return make_error(
        "trust is not as asked",
        "The deployment's plan ended, and trust entry " + name + " is " +
            (own == nullptr ? std::string("not there.") : "different from what was sent."),
        "To fix it, look whether another tool manages this deployment's trust, then run the "
        "command again.");
  const std::string attempt = request.token.text("attempt");
  const PlanView view = read_plans(*live);
  const Value* before = request.token.find("foreign");
  if (before != nullptr && !attempt.empty() && view.current && view.current->id == attempt) {
    const auto lost = lost_foreign(to_json(*before), foreign_trust(*live, uid, name));
    if (!lost.empty())
      return make_error(
          "trust of others was lost",
          "The deployment's plan ended, and it no longer has: " + lost.front() +
              (lost.size() > 1 ? " and " + std::to_string(lost.size() - 1) + " more." : "."),
          "To fix it, add them again in the console under Security, Trust management.");
  }
  return trust_attributes(read_entry(*own), desired, json_read::text(*live, {"ref_id"}));
}

Task<Result<Value>> TrustType::settle(WaitRequest request, ProgressSink& progress) {
  const bool removing = request.token.flag("removing");
  const Value& names = removing ? request.token : request.attributes;
  PlanWait wait;
  wait.deployment = names.text("deployment");
  wait.ref_id = names.text("ref_id");
  wait.attempt = request.token.text("attempt");
  wait.current_before = request.token.text("current_before");
  wait.limits = request.limits;
  const ResourceAddress address = request.resource.address;
  wait.progress = [&progress, address](const WaitState& state) {
    progress.waiting(address, state);
  };
  std::string newest_failure;
  wait.newest_failure = &newest_failure;
  std::string id = wait.deployment;
  Result<PlanVerdict> end = co_await follow_plan(api_, std::move(wait));
  if (!end) co_return end.failure();
  Result<DeploymentRead> read = co_await api_.deployment(std::move(id), Detail::settings);
  if (!read) co_return read.failure();
  Result<Value> checked =
      removing ? check_removed(*read, request.token) : check_written(*read, request);
  if (checked || newest_failure.empty()) co_return checked;
  // Our plan was over before the first look at it: what it failed of is the reason.
  Diagnostic why = checked.failure().front();
  why.summary = "deployment plan failed";
  why.detail += " The newest plan attempt of the deployment ended with: " + newest_failure + ".";
  why.fix = "To fix it, look at the deployment's activity page, then run the command again.";
  co_return why;
}

}  // namespace

std::unique_ptr<ResourceType> make_trust_type(Api& api) { return std::make_unique<TrustType>(api); }

}  // namespace crosstie::ech
