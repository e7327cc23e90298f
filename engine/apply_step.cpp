#include "engine/apply_step.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/decide.hpp"
#include "engine/environment.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "engine/refresh.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace asio = boost::asio;
namespace {

StepEnd failed(std::string phase, Diagnostics why, bool interrupted = false) {
  StepEnd end;
  end.phase = std::move(phase);
  end.diagnostics = std::move(why);
  end.interrupted = interrupted;
  return end;
}

StepEnd done(Value attributes, bool wrote) {
  StepEnd end;
  end.ok = true;
  end.wrote = wrote;
  end.attributes = std::move(attributes);
  return end;
}

Diagnostic interrupted_error() {
  return make_error(
      "interrupted", "The run was told to stop while this step was under way.",
      "Run the same command again; it finds out what became of this step and goes on.");
}

bool agrees(const Value& planned, const Value& actual);

/// Links that share a resource are united without doubles, so that an item which was unknown may
/// turn out to be one that is there already. Nothing else may come or go.
bool agrees_without_doubles(const Value::List& planned, const Value::List& actual) {
  const auto is_unknown = [](const Value& item) { return item.contains_unknown(); };
  if (actual.size() > planned.size() || std::none_of(planned.begin(), planned.end(), is_unknown))
    return false;
  const auto approved = [&](const Value& item) {
    return std::any_of(planned.begin(), planned.end(),
                       [&](const Value& one) { return agrees(one, item); });
  };
  const auto kept = [&](const Value& item) {
    return is_unknown(item) || std::find(actual.begin(), actual.end(), item) != actual.end();
  };
  return std::all_of(actual.begin(), actual.end(), approved) &&
         std::all_of(planned.begin(), planned.end(), kept);
}

/// Known parts of the plan must still hold: a step never does something else than what was
/// approved.
bool agrees(const Value& planned, const Value& actual) {
  if (planned.is_unknown()) return true;
  if (planned.is_object() && actual.is_object()) {
    for (const auto& [name, member] : planned.as_object()) {
      const Value* now = actual.find(name);
      if (!agrees(member, now == nullptr ? Value() : *now)) return false;
    }
    for (const auto& [name, member] : actual.as_object())
      if (planned.find(name) == nullptr && !member.is_null()) return false;
    return true;
  }
  if (planned.is_list() && actual.is_list()) {
    if (planned.as_list().size() != actual.as_list().size())
      return agrees_without_doubles(planned.as_list(), actual.as_list());
    for (std::size_t i = 0; i < planned.as_list().size(); ++i)
      if (!agrees(planned.as_list()[i], actual.as_list()[i])) return false;
    return true;
  }
  return planned == actual;
}

class StepProgress : public ProgressSink {
 public:
  StepProgress(const Environment& environment, const Change& change,
               std::chrono::steady_clock::time_point began)
      : environment_(environment), change_(change), began_(began) {}
  void waiting(const ResourceAddress& /*address*/, const WaitState& state) override {
    if (environment_.events == nullptr) return;
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(environment_.now() - began_);
    environment_.events->waiting(change_, state, elapsed);
  }

 private:
  const Environment& environment_;
  const Change& change_;
  std::chrono::steady_clock::time_point began_;
};

/// co_spawn wants a result that can be made empty; this puts it where the caller has room for it.
Task<void> settle_into(Provider& provider, WaitRequest request, ProgressSink& progress,
                       std::optional<Result<Value>>& out) {
  out = co_await provider.settle(std::move(request), progress);
}

const ResourceConfig* find_config(const Configuration* configuration,
                                  const ResourceAddress& address) {
  if (configuration == nullptr) return nullptr;
  const std::vector<ResourceConfig>& all = configuration->resources();
  const auto found = std::lower_bound(all.begin(), all.end(), address,
                                      [](const ResourceConfig& one, const ResourceAddress& wanted) {
                                        return one.address < wanted;
                                      });
  return found != all.end() && found->address == address ? &*found : nullptr;
}

}  // namespace

ResourceRecord record_again(const Change& change, std::int64_t run) {
  ResourceRecord record;
  record.address = change.address;
  record.type = change.type;
  record.connection = change.connection;
  record.desired = change.prior->desired;
  record.attributes = change.prior->attributes;
  record.before = change.prior->before;
  record.prevent_destroy = change.prevent_destroy;
  record.depends_on = change.depends_on;
  record.links = change.links;
  record.run = run;
  return record;
}

Step::Step(StepContext& context, const Change& change, StepControl& control)
    : context_(context),
      change_(change),
      control_(control),
      provider_(*context.environment.provider(change.connection)),
      config_(find_config(context.configuration, change.address)),
      began_(context.environment.now()) {
  request_.address = change.address;
  request_.type = change.type;
  request_.prior = change.prior;
  request_.adoption = change.adoption;
  request_.lineage = context.lineage;
  request_.pending_operation = change.resumes;
}

Task<StepEnd> Step::run() {
  switch (change_.action) {
    case Action::no_op:
      co_return done(change_.approved.attributes, false);
    case Action::forget:
      co_return co_await forget();
    case Action::remove:
      co_return co_await remove(OperationAction::remove);
    case Action::read:
      co_return co_await read();
    default:
      co_return co_await write();
  }
}

std::optional<Diagnostics> Step::evaluate() {
  if (config_ == nullptr || context_.configuration == nullptr) {
    return Diagnostics{make_error("resource is not in the configuration",
                                  "The plan names it, the configuration does not.",
                                  "Make a new plan:\n  crosstie plan")};
  }
  Result<Value> desired = context_.configuration->evaluate_arguments(*config_, context_.lookup);
  if (!desired) return desired.failure();
  const std::string unknown = desired->first_unknown();
  if (!unknown.empty())
    return Diagnostics{make_error("value is still unknown", "An argument waits for " + unknown +
                                                                ", which gave no such value.")};
  if (!agrees(change_.after, *desired)) {
    return Diagnostics{make_error("value differs from the plan",
                                  "An argument that the plan showed as known has another value "
                                  "now, so the approved change would "
                                  "not be the one that is made.",
                                  "Make a new plan and look at it:\n  crosstie plan")};
  }
  request_.desired = std::move(*desired);
  return std::nullopt;
}

bool Step::known_at_plan() const { return !change_.unchecked && !change_.after.contains_unknown(); }

Task<Observation> Step::look() {
  std::vector<ResourceRequest> batch{request_};
  std::vector<Observation> seen = co_await observe_batch(provider_, std::move(batch));
  co_return std::move(seen.front());
}

DecideInput Step::decide_input(const Observation& seen) const {
  DecideInput input;
  input.kind = change_.kind;
  input.request = request_;
  input.observed = seen;
  if (config_ != nullptr) input.lifecycle = config_->lifecycle;
  input.today = context_.environment.today;
  return input;
}

Task<StepEnd> Step::write() {
  if (change_.reason == Reason::not_settled) {
    ResourceRecord record = record_again(change_, context_.options.run);
    request_.desired = change_.prior->desired;
    Value token = change_.token;
    co_return co_await settle(std::move(record), std::move(token));
  }
  if (std::optional<Diagnostics> wrong = evaluate()) co_return failed("apply", std::move(*wrong));
  if (change_.action == Action::replace) co_return co_await replace();
  Observation seen = change_.approved;
  if (known_at_plan()) {
    if (change_.action == Action::create)
      co_return co_await create(std::move(seen), OperationAction::create);
    Difference difference{change_.fields};
    co_return co_await update(std::move(seen), std::move(difference));
  }
  // The plan could not compare; look and decide anew, by the same function.
  seen = co_await look();
  ResourceRecord record;
  DecideInput input = decide_input(seen);
  if (change_.prior) {
    record.desired = change_.prior->desired;
    record.attributes = change_.prior->attributes;
    input.record = &record;
  }
  Decision decision = decide_wanted(provider_, input);
  if (has_errors(decision.diagnostics)) co_return failed("apply", std::move(decision.diagnostics));
  if (decision.action == Action::no_op) co_return done(std::move(seen.attributes), false);
  if (decision.action == Action::create)
    co_return co_await create(std::move(seen), OperationAction::create);
  if (decision.action == Action::update) {
    Difference difference{std::move(decision.fields)};
    co_return co_await update(std::move(seen), std::move(difference));
  }
  co_return failed("apply",
                   {make_error("object must be replaced",
                               "The plan did not say so, because a value was not known then.",
                               "Make a new plan and look at it:\n  crosstie plan")});
}

Task<StepEnd> Step::read() {
  if (std::optional<Diagnostics> wrong = evaluate()) co_return failed("read", std::move(*wrong));
  Observation seen = co_await look();
  if (seen.presence == Presence::present) co_return done(std::move(seen.attributes), false);
  if (seen.presence == Presence::unreadable) co_return failed("read", std::move(seen.diagnostics));
  ResourceRecord record;  // not kept: reads are not recorded
  record.attributes = std::move(seen.attributes);
  Value token(Value::Object{});
  co_return co_await settle(std::move(record), std::move(token));
}

Task<StepEnd> Step::create(Observation seen, OperationAction action) {
  Difference none;
  co_return co_await journaled(action, std::move(seen), std::move(none));
}

Task<StepEnd> Step::update(Observation seen, Difference difference) {
  co_return co_await journaled(OperationAction::update, std::move(seen), std::move(difference));
}

Task<StepEnd> Step::replace() {
  if (change_.create_first) {
    Observation seen = change_.approved;
    co_return co_await create(std::move(seen), OperationAction::replace_create);
  }
  StepEnd removed = co_await remove(OperationAction::replace_delete);
  if (!removed.ok) co_return removed;
  request_.prior.reset();
  Observation absent;
  co_return co_await create(std::move(absent), OperationAction::replace_create);
}

Task<StepEnd> Step::clear_leftovers(Value attributes) {
  request_.desired = change_.after;
  if (config_ != nullptr)
    if (std::optional<Diagnostics> wrong = evaluate()) co_return failed("apply", std::move(*wrong));
  request_.prior = Recorded{request_.desired, std::move(attributes), {}};
  Observation seen = co_await look();
  if (seen.presence != Presence::present || !seen.leftovers) co_return done({}, false);
  Operation operation = operation_for(OperationAction::replace_delete, seen);
  OperationEnd end;
  end.id = operation.id;
  WriteRequest request;
  request.resource = request_;
  request.operation = operation.id;
  request.leftovers_only = true;
  const Result<void> begun = co_await context_.journal.begin(std::move(operation));
  if (!begun) co_return failed("apply", begun.failure());
  WriteResult result = co_await call(OperationAction::replace_delete, std::move(request));
  Diagnostics why = std::move(result.failure.diagnostics);
  if (!result.outcome) {
    end.state = result.failure.outcome_unknown ? OperationState::unknown : OperationState::failed;
    end.error = why.empty() ? "" : why.front().summary;
  }
  const Result<void> kept = co_await context_.journal.finish(std::move(end));
  if (!kept) append(why, kept.failure());
  if (!result.outcome || !kept) co_return failed("apply", std::move(why));
  co_return done({}, true);
}

Task<StepEnd> Step::forget() {
  ResourceAddress address = change_.address;
  const Result<void> kept = co_await context_.journal.forget(std::move(address));
  if (!kept) co_return failed("apply", kept.failure());
  co_return done({}, false);
}

Operation Step::operation_for(OperationAction action, const Observation& seen) const {
  Operation operation;
  operation.id = context_.environment.uuid();
  operation.run = context_.options.run;
  operation.address = change_.address;
  operation.type = change_.type;
  operation.connection = change_.connection;
  operation.action = action;
  operation.desired = request_.desired;
  if (seen.presence == Presence::present) operation.before_image = seen.attributes;
  operation.recorded_before = change_.prior ? change_.prior->before : seen.before;
  operation.depends_on = change_.depends_on;
  operation.links = change_.links;
  operation.prevent_destroy = change_.prevent_destroy;
  operation.started_at = context_.environment.timestamp();
  return operation;
}

ResourceRecord Step::record_for(const Operation& operation, const Outcome& outcome) const {
  ResourceRecord record;
  record.address = operation.address;
  record.type = operation.type;
  record.connection = operation.connection;
  record.desired = request_.desired;
  record.attributes = outcome.attributes;
  record.before =
      outcome.before.is_null() && change_.prior ? change_.prior->before : outcome.before;
  record.token = outcome.token;
  record.status = outcome.token.is_null() ? RecordStatus::ready : RecordStatus::settling;
  record.prevent_destroy = operation.prevent_destroy;
  record.depends_on = operation.depends_on;
  record.links = operation.links;
  record.run = operation.run;
  return record;
}

Task<WriteResult> Step::call(OperationAction action, WriteRequest request) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  WriteResult result;
  StepProgress progress(context_.environment, change_, began_);
  request.progress = &progress;
  try {
    auto token = asio::bind_cancellation_slot(control_.signal.slot(), asio::use_awaitable);
    if (action == OperationAction::update) {
      result = co_await asio::co_spawn(executor, provider_.update(std::move(request)), token);
    } else if (action == OperationAction::remove || action == OperationAction::replace_delete) {
      result = co_await asio::co_spawn(executor, provider_.remove(std::move(request)), token);
    } else {
      result = co_await asio::co_spawn(executor, provider_.create(std::move(request)), token);
    }
  } catch (const boost::system::system_error& error) {
    result = WriteResult::failed(error.code() == asio::error::operation_aborted
                                     ? interrupted_error()
                                     : make_error("call ended unexpectedly", error.what()),
                                 /*unknown=*/true);
  } catch (const std::exception& error) {
    result =
        WriteResult::failed(make_error("call ended unexpectedly", error.what()), /*unknown=*/true);
  }
  co_return result;
}

Task<StepEnd> Step::journaled(OperationAction action, Observation seen, Difference difference) {
  Operation operation = operation_for(action, seen);
  if (change_.resumes.empty()) {
    Operation intent = operation;
    const Result<void> begun = co_await context_.journal.begin(std::move(intent));
    if (!begun) co_return failed("apply", begun.failure());
  } else {
    operation.id = change_.resumes;  // its intent is in the journal
  }

  WriteRequest request;
  request.resource = request_;
  request.operation = operation.id;
  request.approved = std::move(seen);
  request.difference = std::move(difference);
  WriteResult result = co_await call(action, std::move(request));

  OperationEnd end;
  end.id = operation.id;
  const bool goes = action == OperationAction::remove || action == OperationAction::replace_delete;
  if (!result.outcome) {
    end.state = result.failure.outcome_unknown ? OperationState::unknown : OperationState::failed;
    end.error =
        result.failure.diagnostics.empty() ? "" : result.failure.diagnostics.front().summary;
    const Result<void> kept = co_await context_.journal.finish(std::move(end));
    Diagnostics why = std::move(result.failure.diagnostics);
    if (!kept) append(why, kept.failure());
    StepEnd ended = failed("apply", std::move(why));
    ended.perhaps_wrote = result.failure.outcome_unknown;
    co_return ended;
  }
  Value token = result.outcome->token;
  if (goes) {
    if (!token.is_null()) {  // the service is still at it (a finalizer, a plan): gone only when it
                             // says so
      ResourceRecord none;   // nothing is recorded; the attributes say what to wait for
      none.attributes = result.outcome->attributes;
      StepEnd settled = co_await settle(std::move(none), std::move(token));
      if (!settled.ok) co_return settled;
    }
    end.remove_record = true;
    const Result<void> kept = co_await context_.journal.finish(std::move(end));
    if (!kept) co_return failed("apply", kept.failure());
    co_return done({}, true);
  }
  ResourceRecord record = record_for(operation, *result.outcome);
  end.record = record;
  const Result<void> kept = co_await context_.journal.finish(std::move(end));
  if (!kept) co_return failed("apply", kept.failure());
  if (token.is_null()) co_return done(std::move(record.attributes), true);
  StepEnd settled = co_await settle(std::move(record), std::move(token));
  settled.wrote = true;
  co_return settled;
}

Task<StepEnd> Step::remove(OperationAction action) {
  Difference none;
  Observation seen = change_.approved;
  co_return co_await journaled(action, std::move(seen), std::move(none));
}

Task<StepEnd> Step::settle(ResourceRecord record, Value token) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  StepProgress progress(context_.environment, change_, began_);
  WaitRequest request;
  request.resource = request_;
  request.attributes = record.attributes;
  request.token = std::move(token);
  request.limits = context_.options.limits;
  std::optional<Result<Value>> answer;
  Diagnostics broken;
  bool interrupted = false;
  control_.waiting = true;
  try {
    auto slot = asio::bind_cancellation_slot(control_.signal.slot(), asio::use_awaitable);
    co_await asio::co_spawn(executor, settle_into(provider_, std::move(request), progress, answer),
                            slot);
  } catch (const boost::system::system_error& error) {
    interrupted = error.code() == asio::error::operation_aborted;
    broken = {interrupted ? interrupted_error()
                          : make_error("wait ended unexpectedly", error.what())};
  } catch (const std::exception& error) {
    broken = {make_error("wait ended unexpectedly", error.what())};
  }
  control_.waiting = false;
  Result<Value> attributes =
      broken.empty() && answer ? std::move(*answer) : Result<Value>(std::move(broken));
  if (!attributes)
    co_return failed(change_.kind == ResourceKind::read ? "read" : "ready", attributes.failure(),
                     interrupted);
  if (record.type.empty()) co_return done(std::move(*attributes), false);
  record.attributes = *attributes;
  record.status = RecordStatus::ready;
  record.token = Value();
  const Result<void> kept = co_await context_.journal.put(std::move(record));
  if (!kept) co_return failed("ready", kept.failure());
  co_return done(std::move(*attributes), true);
}

}  // namespace crosstie
