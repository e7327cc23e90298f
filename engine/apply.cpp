#include "engine/apply.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply_graph.hpp"
#include "engine/apply_step.hpp"
#include "engine/config/configuration.hpp"
#include "engine/environment.hpp"
#include "engine/journal.hpp"
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

struct Applier::Impl {
  enum class Status { waiting, running, done, failed, skipped };
  struct Node {
    Status status = Status::waiting;
    std::size_t open = 0;  // needs that are not done yet
    Value attributes;
    std::string phase;  // of a failure
    std::vector<std::string> blocked_by;
    std::unique_ptr<StepControl> control;  // while running
    std::chrono::steady_clock::time_point began;
  };

  Impl(Plan plan_in, std::shared_ptr<const Configuration> configuration_in,
       const SchemaCatalog& schemas_in, StateStore& store_in, Environment environment_in,
       ApplyOptions options_in)
      : plan(std::move(plan_in)),
        configuration(std::move(configuration_in)),
        schemas(schemas_in),
        store(store_in),
        environment(std::move(environment_in)),
        options(options_in) {}

  Task<ApplyResult> run();
  Task<void> run_node(std::size_t index, StepContext& context);
  void prepare();
  void start_ready(StepContext& context, const asio::any_io_executor& executor);
  void finish_node(std::size_t index, StepEnd end);
  void release(std::size_t index);
  void skip_dependents(std::size_t index);
  void skip_rest();
  Value known_attributes(const Change& change) const;
  Task<void> clear_leftovers(StepContext& context);
  bool all_done_after(std::size_t index) const;
  Task<void> last_look();
  void keep_links();
  void keep_outputs();
  void stop();

  Plan plan;
  std::shared_ptr<const Configuration> configuration;
  const SchemaCatalog& schemas;
  StateStore& store;
  Environment environment;
  ApplyOptions options;
  ApplyOrder order;
  std::map<ResourceAddress, std::size_t> index;
  std::vector<Node> nodes;
  std::set<std::size_t> ready;
  int running = 0;
  int stops = 0;
  bool broken = false;  // the journal cannot be written: nothing more may be sent
  std::unique_ptr<asio::steady_timer> wake;
  std::unique_ptr<asio::steady_timer> grace;
  ApplyResult result;
};

Applier::Applier(Plan plan, std::shared_ptr<const Configuration> configuration,
                 const SchemaCatalog& schemas, StateStore& store, Environment environment,
                 ApplyOptions options)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(configuration), schemas, store,
                                   std::move(environment), options)) {}
Applier::~Applier() = default;
Task<ApplyResult> Applier::run() { return impl_->run(); }
void Applier::stop() { impl_->stop(); }

void Applier::Impl::prepare() {
  order = order_changes(plan.changes);
  nodes.resize(plan.changes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    index.emplace(plan.changes[i].address, i);
    nodes[i].open = order.needs[i].size();
  }
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].open == 0) ready.insert(i);
}

/// What references give for a resource that this apply does not touch.
Value Applier::Impl::known_attributes(const Change& change) const {
  Value out = change.after.is_object() ? change.after : Value(Value::Object{});
  const auto fill = [&out](const Value& from) {
    if (!from.is_object()) return;
    for (const auto& [name, value] : from.as_object()) {
      const Value* have = out.find(name);
      if (have == nullptr || have->is_null() || have->is_unknown()) out.set(name, value);
    }
  };
  fill(change.approved.attributes);
  if (change.prior) fill(change.prior->attributes);
  return out;
}

Task<ApplyResult> Applier::Impl::run() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  wake = std::make_unique<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  if (!plan.recoveries.empty()) {
    const Result<void> kept = store.finish(plan.recoveries);
    if (!kept) {
      result.diagnostics = kept.failure();
      co_return std::move(result);
    }
  }
  prepare();
  Journal journal(executor, store);
  const AttributeLookup lookup = [this](const ResourceAddress& address) -> Value {
    const auto found = index.find(address);
    return found == index.end() ? Value() : nodes[found->second].attributes;
  };
  StepContext context{journal, configuration.get(), schemas, environment, options,
                      lookup,  plan.lineage};
  start_ready(context, executor);
  while (running > 0) {
    boost::system::error_code ignored;
    co_await wake->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    wake->expires_at(asio::steady_timer::time_point::max());
    start_ready(context, executor);
  }
  co_await clear_leftovers(context);
  broken = journal.broken();
  skip_rest();
  if (grace) grace->cancel();
  co_await last_look();
  keep_links();
  keep_outputs();
  result.interrupted = stops > 0;
  co_return std::move(result);
}

void Applier::Impl::start_ready(StepContext& context, const asio::any_io_executor& executor) {
  while (!ready.empty() && running < options.parallelism && stops == 0 &&
         !context.journal.broken()) {
    const std::size_t next = *ready.begin();
    ready.erase(ready.begin());
    const Change& change = plan.changes[next];
    Node& node = nodes[next];
    if (change.action == Action::no_op) {
      node.attributes = known_attributes(change);
      node.status = Status::done;
      release(next);
      continue;
    }
    node.status = Status::running;
    node.control = std::make_unique<StepControl>();
    node.began = environment.now();
    ++running;
    if (environment.events != nullptr) environment.events->started(change);
    asio::co_spawn(executor, run_node(next, context), asio::detached);
  }
}

Task<void> Applier::Impl::run_node(std::size_t at, StepContext& context) {
  StepEnd end;
  std::string broken_words;
  try {
    Step step(context, plan.changes[at], *nodes[at].control);
    end = co_await step.run();
  } catch (const std::exception& error) {
    broken_words = error.what();
  } catch (...) {
    broken_words = "something that is no exception of the standard library was thrown";
  }
  if (!broken_words.empty()) {
    end.ok = false;
    end.phase = "apply";
    end.diagnostics = {make_error("step ended unexpectedly", broken_words)};
  }
  finish_node(at, std::move(end));
  wake->expires_at(asio::steady_timer::time_point::min());  // also when nobody waits yet
}

void Applier::Impl::finish_node(std::size_t at, StepEnd end) {
  Node& node = nodes[at];
  const Change& change = plan.changes[at];
  --running;
  node.control.reset();
  result.something_written = result.something_written || end.wrote || end.perhaps_wrote ||
                             (!end.ok && end.phase == "ready");
  StepReport report;
  report.address = change.address;
  report.type = change.type;
  report.action = change.action;
  report.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(environment.now() - node.began);
  if (!end.ok) {
    node.status = Status::failed;
    node.phase = report.phase = end.phase;
    report.diagnostics = with_address(std::move(end.diagnostics), change.address.print());
    if (environment.events != nullptr) environment.events->failed(report);
    result.failed.push_back(std::move(report));
    skip_dependents(at);
    return;
  }
  node.status = Status::done;
  node.attributes = change.after.is_null() ? Value() : known_attributes(change);
  // The step's own answer wins over what was there before; arguments stay as they were evaluated.
  if (end.attributes.is_object())
    for (const auto& [name, value] : end.attributes.as_object()) {
      const Value* planned = change.after.find(name);
      if (planned == nullptr || planned->is_null() || planned->contains_unknown())
        node.attributes.set(name, value);
    }
  if (end.wrote && node.attributes.text("wait") == "none")
    result.not_waited.push_back(change.address);
  if (end.wrote || change.action == Action::remove) {
    result.added += change.action == Action::create || change.action == Action::replace ? 1 : 0;
    result.changed += change.action == Action::update ? 1 : 0;
    result.destroyed += change.action == Action::remove || change.action == Action::replace ? 1 : 0;
  }
  if (environment.events != nullptr) environment.events->completed(report);
  release(at);
}

void Applier::Impl::release(std::size_t at) {
  for (const std::size_t dependent : order.needed_by[at])
    if (--nodes[dependent].open == 0 && nodes[dependent].status == Status::waiting)
      ready.insert(dependent);
}

/// Marks everything after a failed step; each names the chain back to the failure.
void Applier::Impl::skip_dependents(std::size_t at) {
  std::vector<std::size_t> open{at};
  while (!open.empty()) {
    const std::size_t here = open.back();
    open.pop_back();
    std::string link = plan.changes[here].address.print();
    if (nodes[here].status == Status::failed)
      link += nodes[here].phase == "ready"  ? " (did not become ready)"
              : nodes[here].phase == "read" ? " (could not be read)"
                                            : " (failed)";
    std::vector<std::string> chain{link};
    chain.insert(chain.end(), nodes[here].blocked_by.begin(), nodes[here].blocked_by.end());
    for (const std::size_t dependent : order.needed_by[here]) {
      Node& node = nodes[dependent];
      if (node.status != Status::waiting) continue;
      node.status = Status::skipped;
      node.blocked_by = chain;
      open.push_back(dependent);
      if (plan.changes[dependent].action == Action::no_op) continue;
      StepReport report;
      report.address = plan.changes[dependent].address;
      report.type = plan.changes[dependent].type;
      report.action = plan.changes[dependent].action;
      report.blocked_by = chain;
      if (environment.events != nullptr) environment.events->skipped(report);
      result.skipped.push_back(std::move(report));
    }
  }
}

/// After an interrupt, or when the journal broke: what was never begun.
void Applier::Impl::skip_rest() {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].status != Status::waiting || plan.changes[i].action == Action::no_op) continue;
    nodes[i].status = Status::skipped;
    StepReport report;
    report.address = plan.changes[i].address;
    report.type = plan.changes[i].type;
    report.action = plan.changes[i].action;
    report.blocked_by = {stops > 0 ? "the interrupt" : "the journal"};
    if (environment.events != nullptr) environment.events->skipped(report);
    result.skipped.push_back(std::move(report));
  }
}

bool Applier::Impl::all_done_after(std::size_t at) const {
  std::vector<std::size_t> open{at};
  std::set<std::size_t> met{at};
  while (!open.empty()) {
    const std::size_t here = open.back();
    open.pop_back();
    if (nodes[here].status != Status::done) return false;
    for (const std::size_t next : order.needed_by[here])
      if (met.insert(next).second) open.push_back(next);
  }
  return true;
}

/// The old object of a replacement goes when everything that used it has the new one; after a
/// failure on the way it stays, and the next run takes it away.
Task<void> Applier::Impl::clear_leftovers(StepContext& context) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Change& change = plan.changes[i];
    const ResourceSchema* schema = schemas.find(change.type);
    const bool wrote = change.action == Action::create || change.action == Action::update ||
                       change.action == Action::replace;
    if (schema == nullptr || !schema->create_first || !wrote || !all_done_after(i)) continue;
    if (stops > 0 || context.journal.broken()) co_return;
    nodes[i].control = std::make_unique<StepControl>();
    Step step(context, change, *nodes[i].control);
    Value attributes = nodes[i].attributes;
    StepEnd end = co_await step.clear_leftovers(std::move(attributes));
    nodes[i].control.reset();
    if (end.ok) continue;
    StepReport report;
    report.address = change.address;
    report.type = change.type;
    report.action = change.action;
    report.phase = end.phase;
    report.diagnostics = with_address(std::move(end.diagnostics), change.address.print());
    if (environment.events != nullptr) environment.events->failed(report);
    result.failed.push_back(std::move(report));
  }
}

/// What was deleted is looked for once more; only what is seen absent is called gone.
Task<void> Applier::Impl::last_look() {
  if (stops > 0 || broken) co_return;
  std::map<std::string, std::vector<std::size_t>> by_connection;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (plan.changes[i].action == Action::remove && nodes[i].status == Status::done)
      by_connection[plan.changes[i].connection].push_back(i);
  for (const auto& [connection, indexes] : by_connection) {
    std::vector<ResourceRequest> batch;
    for (const std::size_t i : indexes) {
      ResourceRequest request;
      request.address = plan.changes[i].address;
      request.type = plan.changes[i].type;
      request.prior = plan.changes[i].prior;
      request.lineage = plan.lineage;
      batch.push_back(std::move(request));
    }
    const std::vector<Observation> seen =
        co_await observe_batch(*environment.provider(connection), std::move(batch));
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      const bool ours =
          seen[i].presence == Presence::present && seen[i].ownership == Ownership::ours;
      const bool gone =
          seen[i].presence == Presence::absent || (seen[i].presence == Presence::present && !ours);
      (gone ? result.verified_absent : result.still_there)
          .push_back(plan.changes[indexes[i]].address);
    }
  }
}

/// To which links a resource belongs changes also where nothing is written: a link that came or
/// went may need nothing else of what it shares.
void Applier::Impl::keep_links() {
  if (!result.ok() || stops > 0 || broken) return;
  std::vector<ResourceRecord> records;
  for (const Change& change : plan.changes)
    if (change.action == Action::no_op && change.prior && change.kind != ResourceKind::read &&
        change.links != change.recorded_links)
      records.push_back(record_again(change, options.run));
  if (records.empty()) return;  // no commit for nothing
  const Result<void> kept = store.put(records, {});
  if (!kept) append(result.diagnostics, kept.failure());
}

void Applier::Impl::keep_outputs() {
  if (!configuration || plan.destroy) {
    if (plan.destroy && result.ok()) {
      const Result<void> kept = store.set_outputs({});
      if (!kept) append(result.diagnostics, kept.failure());
    }
    return;
  }
  const AttributeLookup lookup = [this](const ResourceAddress& address) -> Value {
    const auto found = index.find(address);
    if (found == index.end()) return {};
    const Node& node = nodes[found->second];
    return node.status == Status::done ? node.attributes : Value::unknown(address.print());
  };
  for (const OutputConfig& output : configuration->outputs()) {
    Result<Value> value = configuration->evaluate_output(output, lookup);
    if (!value || value->contains_unknown()) continue;  // its step failed, which was told already
    if (output.sensitive) value->mark_sensitive();
    result.outputs[output.name] = Output{*value, std::string(kind_name(*value))};
  }
  const bool changed = std::any_of(plan.outputs.begin(), plan.outputs.end(),
                                   [](const auto& one) { return one.second.changed; });
  if (!changed) return;
  const Result<void> kept = store.set_outputs(result.outputs);
  if (!kept) append(result.diagnostics, kept.failure());
}

void Applier::Impl::stop() {
  ++stops;
  for (Node& node : nodes)
    if (node.control && (node.control->waiting || stops > 1))
      node.control->signal.emit(asio::cancellation_type::terminal);
  if (stops == 1 && wake) {
    grace = std::make_unique<asio::steady_timer>(wake->get_executor(), options.grace);
    grace->async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      for (Node& node : nodes)
        if (node.control) node.control->signal.emit(asio::cancellation_type::terminal);
    });
  }
  if (wake) wake->expires_at(asio::steady_timer::time_point::min());
}

}  // namespace crosstie
