#include "engine/planner.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/decide.hpp"
#include "engine/graph.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {

Planner::Planner(std::shared_ptr<const Configuration> configuration, StateSnapshot state,
                 const SchemaCatalog& schemas, PlanOptions options, ProviderLookup providers)
    : configuration_(std::move(configuration)),
      state_(std::move(state)),
      schemas_(schemas),
      options_(std::move(options)),
      providers_(std::move(providers)),
      replace_(options_.replace.begin(), options_.replace.end()) {
  plan_.lineage = state_.lineage;
  plan_.serial = state_.serial;
  plan_.destroy = options_.destroy;
}

Result<void> Planner::prepare() {
  if (configuration_ && !options_.destroy) {
    nodes_.reserve(configuration_->resources().size());
    for (const ResourceConfig& config : configuration_->resources()) {
      Node node;
      node.config = &config;
      node.kind = config.schema == nullptr ? ResourceKind::managed : config.schema->kind;
      node.change.address = config.address;
      node.change.type = config.type;
      node.change.connection = config.connection;
      nodes_.push_back(std::move(node));
    }
  }
  add_records();
  std::vector<GraphInput> inputs;
  inputs.reserve(nodes_.size());
  for (Node& node : nodes_) {
    const std::vector<ResourceAddress>& needs = node.config != nullptr   ? node.config->depends_on
                                                : node.record != nullptr ? node.record->depends_on
                                                                         : node.pending->depends_on;
    node.change.depends_on = needs;
    if (node.record != nullptr) {
      node.change.recorded_depends_on = node.record->depends_on;
      node.change.recorded_links = node.record->links;
    } else if (node.pending != nullptr) {
      node.change.recorded_depends_on = node.pending->depends_on;
      node.change.recorded_links = node.pending->links;
    }
    node.change.links = node.config != nullptr ? node.config->links : node.change.recorded_links;
    node.change.kind = node.kind;
    inputs.push_back(
        {node.change.address, needs,
         node.config != nullptr ? node.config->references : std::vector<SourceRange>{}});
  }
  Result<Graph> graph = Graph::build(std::move(inputs));
  if (!graph) return graph.failure();
  graph_ = std::move(*graph);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    nodes_[i].referenced = !graph_.needed_by(i).empty();
  if (configuration_) {
    for (const OutputConfig& output : configuration_->outputs())
      for (const ResourceAddress& address : output.depends_on)
        if (const std::size_t at = graph_.find(address); at != graph_.size())
          nodes_[at].referenced = true;
  }
  Diagnostics moved = changed_models();
  if (!moved.empty()) return moved;
  return apply_targets();
}

void Planner::add_records() {
  const std::size_t configured = nodes_.size();  // these are in address order
  std::map<ResourceAddress, std::size_t> others;
  const auto node_of = [&](const ResourceAddress& address, const std::string& type,
                           const std::string& connection) -> Node& {
    const auto end = nodes_.begin() + static_cast<std::ptrdiff_t>(configured);
    const auto wanted = std::lower_bound(
        nodes_.begin(), end, address,
        [](const Node& node, const ResourceAddress& one) { return node.change.address < one; });
    if (wanted != end && wanted->change.address == address) return *wanted;
    const auto [found, is_new] = others.emplace(address, nodes_.size());
    if (is_new) {
      Node node;
      node.change.address = address;
      node.change.type = type;
      node.change.connection = connection;
      const ResourceSchema* schema = schemas_.find(type);
      node.kind = schema == nullptr ? ResourceKind::managed : schema->kind;
      nodes_.push_back(std::move(node));
    }
    return nodes_[found->second];
  };
  for (ResourceRecord& record : state_.resources)
    node_of(record.address, record.type, record.connection).record = &record;
  for (const Operation& operation : state_.pending)
    node_of(operation.address, operation.type, operation.connection).pending = &operation;
}

AttributeLookup Planner::lookup(bool recorded_instead) const {
  return [this, recorded_instead](const ResourceAddress& address) -> Value {
    const std::size_t index = graph_.find(address);
    if (index == graph_.size()) return {};
    const Node& node = nodes_[index];
    if (node.done || !recorded_instead) return node.attributes;
    const ResourceRecord* record = node.record;
    if (record == nullptr)
      return node.attributes.is_object() ? node.attributes : Value::unknown(address.print());
    return merge_values(record->desired, record->attributes);
  };
}

/// Before anything is known, wants everything whose arguments can be told from the record, or from
/// the arguments of what will be new, all at once. Where the guess turns out wrong, process() asks
/// again.
void Planner::guess_ahead(std::vector<Wanted>& wanted) {
  const AttributeLookup recorded = lookup(true);
  for (const std::size_t index : graph_.order()) {
    Node& node = nodes_[index];
    if (!node.included) continue;
    Value desired;
    if (node.config != nullptr) {
      if (node.kind == ResourceKind::read && !graph_.needs(index).empty()) continue;
      const Result<Value> when = configuration_->evaluate_when(*node.config, recorded);
      if (!when || !when->is_bool() || !when->as_bool()) continue;
      Result<Value> arguments = configuration_->evaluate_arguments(*node.config, recorded);
      if (!arguments || arguments->contains_unknown()) continue;
      desired = std::move(*arguments);
      if (node.record == nullptr && node.referenced)
        node.attributes = new_attributes(node.change, desired);
    }
    node.looked_with = desired;
    wanted.push_back({index, node.change.connection, request_for(node, std::move(desired))});
  }
  for (Node& node : nodes_) node.attributes = Value();  // they were guesses
}

std::vector<Wanted> Planner::advance() {
  std::vector<Wanted> wanted;
  if (!guessed_) {
    guessed_ = true;
    guess_ahead(wanted);
    if (!wanted.empty()) return wanted;
  }
  for (const std::size_t index : graph_.order())
    if (!nodes_[index].done) process(index, wanted);
  return wanted;
}

void Planner::supply(std::size_t node, Observation observation) {
  nodes_[node].observation = std::move(observation);
}

void Planner::process(std::size_t index, std::vector<Wanted>& wanted) {
  Node& node = nodes_[index];
  for (const std::size_t other : graph_.needs(index)) {
    if (!nodes_[other].done) return;
    // What needs a failed step cannot be decided; its own error would only repeat the news. Deletes
    // do not need anything.
    if (nodes_[other].failed && node.config != nullptr) {
      node.failed = node.done = true;
      return;
    }
  }
  if (!node.included) {
    keep_recorded(node);
  } else if (node.config == nullptr) {
    process_unwanted(index, node,
                     options_.destroy ? Reason::destroy : Reason::removed_from_configuration,
                     wanted);
  } else {
    process_wanted(index, node, wanted);
  }
}

/// The arguments. What needs nothing else is evaluated only once: the guess was no guess.
Result<Value> Planner::wish_of(std::size_t index, Node& node) {
  if (graph_.needs(index).empty() && node.looked_with) return *node.looked_with;
  Result<Value> arguments = configuration_->evaluate_arguments(*node.config, lookup(false));
  if (!arguments) return with_address(arguments.failure(), node.change.address.print());
  return arguments;
}

void Planner::process_wanted(std::size_t index, Node& node, std::vector<Wanted>& wanted) {
  const AttributeLookup planned = lookup(false);
  const Result<Value> when = configuration_->evaluate_when(*node.config, planned);
  if (!when) return fail(node, when.failure());
  if (when->is_unknown()) {
    Diagnostic error = make_error(
        "condition is not known yet",
        "Its `when` depends on " + when->unknown_source() + ", which is known only after apply.",
        "To go on, apply that part first:\n  crosstie apply --target " + when->unknown_source(),
        node.config->where);
    error.address = node.change.address.print();
    return fail(node, {std::move(error)});
  }
  if (!when->as_bool()) {
    if (node.record == nullptr && node.pending == nullptr) {
      node.done = true;  // not there and not wanted; references to it give null
      return;
    }
    return process_unwanted(index, node, Reason::when_false, wanted);
  }
  Result<Value> desired = wish_of(index, node);
  if (!desired) return fail(node, desired.failure());
  if (node.kind == ResourceKind::read)
    return process_read(index, node, std::move(*desired), wanted);

  ResourceRequest request = request_for(node, std::move(*desired));
  if (need_look(index, node, request, wanted)) return;
  settle_pending(node, request);
  const ResourceRecord* record = effective_record(node);
  find_token(node, record);
  DecideInput input{node.kind,
                    std::move(request),
                    record,
                    std::move(*node.observation),
                    lifecycle_of(node),
                    replace_.contains(node.change.address),
                    false,
                    options_.today};
  Decision decision = decide_wanted(*providers_(node.change.connection), input);
  if (node.kind == ResourceKind::check && decision.action == Action::no_op && rests_on_new(index)) {
    decision.action = Action::update;
    decision.reason = Reason::check;
  }
  take_decision(node, std::move(input), std::move(decision));
}

void Planner::process_unwanted(std::size_t index, Node& node, Reason why,
                               std::vector<Wanted>& wanted) {
  ResourceRequest request = request_for(node, {});
  if (node.kind == ResourceKind::managed && need_look(index, node, request, wanted)) return;
  if (!take_up_removal(node)) settle_pending(node, request);
  const ResourceRecord* record = effective_record(node);
  const bool resumes = !node.change.resumes.empty();
  if (record == nullptr &&
      !resumes) {  // a pending create that did not take effect, or a delete that did
    node.done = true;
    return;
  }
  DecideInput input{node.kind, std::move(request), record, {}, lifecycle_of(node), false,
                    resumes,   options_.today};
  if (node.observation) input.observed = std::move(*node.observation);
  Decision decision = decide_unwanted(*providers_(node.change.connection), input, why);
  take_decision(node, std::move(input), std::move(decision));
}

void Planner::process_read(std::size_t index, Node& node, Value desired,
                           std::vector<Wanted>& wanted) {
  const auto needs = graph_.needs(index);
  const bool disturbed = std::any_of(needs.begin(), needs.end(),
                                     [this](std::size_t n) { return nodes_[n].disturbed; });
  DecideInput input;
  input.request = request_for(node, std::move(desired));
  if (!disturbed && !input.request.desired.contains_unknown()) {
    if (need_look(index, node, input.request, wanted)) return;
    Observation& seen = *node.observation;
    if (seen.presence == Presence::unreadable) {
      ++plan_.coverage.unreadable;
      return fail(node, with_address(seen.diagnostics, node.change.address.print()));
    }
    if (seen.presence == Presence::absent) {
      Diagnostic error = make_error(
          "object to be read does not exist",
          seen.reason.empty() ? "The service knows nothing of this name." : seen.reason + ".",
          "Check the name and the connection it is looked for with.", node.config->where);
      error.address = node.change.address.print();
      return fail(node, {std::move(error)});
    }
    if (seen.presence == Presence::present) {
      ++plan_.coverage.live;
      append(plan_.warnings, with_address(seen.diagnostics, node.change.address.print()));
      input.observed = std::move(seen);
      return take_decision(node, std::move(input), Decision{});
    }
    input.observed = std::move(seen);
  }
  Decision decision;
  decision.action = Action::read;
  decision.reason = Reason::deferred_read;
  take_decision(node, std::move(input), std::move(decision));
}

/// True when the service must be asked first; the answer that a guess brought is used when the
/// guess was right. Takes the request when it must.
bool Planner::need_look(std::size_t index, Node& node, ResourceRequest& request,
                        std::vector<Wanted>& wanted) {
  if (node.observation && node.looked_with && *node.looked_with == request.desired) return false;
  node.observation.reset();
  node.looked_with = request.desired;
  wanted.push_back({index, node.change.connection, std::move(request)});
  return true;
}

/// Finds out what became of an operation that was cut off; `request` then goes by the record as it
/// is now.
void Planner::settle_pending(Node& node, ResourceRequest& request) {
  if (node.pending == nullptr || !node.observation) return;
  const std::optional<OperationEnd> end =
      recover(*providers_(node.change.connection), *node.pending, request, *node.observation);
  if (!end) return;
  if (end->record) node.recovered = std::make_unique<ResourceRecord>(*end->record);
  if (end->remove_record) node.record = nullptr;
  plan_.recovery_notes.push_back(
      node.change.address.print() + ": an earlier run was cut off; its operation " +
      (end->state == OperationState::succeeded ? "took effect" : "did not take effect"));
  plan_.recoveries.push_back(*end);
  node.pending = nullptr;
  request.pending_operation.clear();
  request.prior.reset();  // without a record what the operation intended counts for nothing
  if (const ResourceRecord* record = effective_record(node))
    request.prior = Recorded{record->desired, record->attributes, record->before};
}

/// A removal that took effect and whose end nobody saw is taken up where it was cut off: its
/// journal entry stays open until the provider waited for what it disturbed.
bool Planner::take_up_removal(Node& node) {
  const bool gone = node.pending != nullptr && node.observation &&
                    node.pending->action == OperationAction::remove &&
                    node.observation->presence == Presence::absent;
  if (!gone) return false;
  node.change.resumes = node.pending->id;
  plan_.recovery_notes.push_back(
      node.change.address.print() +
      ": an earlier run was cut off while it deleted this; the deletion took effect and is brought "
      "to its end");
  return true;
}

const ResourceRecord* Planner::effective_record(const Node& node) const {
  return node.recovered ? node.recovered.get() : node.record;
}

void Planner::find_token(Node& node, const ResourceRecord* record) {
  if (record != nullptr && record->status == RecordStatus::settling)
    node.change.token = record->token;
}

void Planner::take_decision(Node& node, DecideInput input, Decision decision) {
  node.done = true;
  node.looked_with.reset();
  ResourceRequest& request = input.request;
  Change& change = node.change;
  change.action = decision.action;
  change.reason = decision.reason;
  change.fields = std::move(decision.fields);
  change.drift = std::move(decision.drift);
  change.adoption = request.adoption;
  change.prevent_destroy = lifecycle_of(node).prevent_destroy;
  change.approved = std::move(input.observed);
  const bool gone = change.action == Action::remove || change.action == Action::forget;
  change.before =
      change.approved.presence == Presence::present ? change.approved.attributes : Value();
  if (change.approved.presence == Presence::unchecked && node.kind != ResourceKind::read) {
    change.unchecked = true;
    change.unchecked_reason = change.approved.reason;
  }
  if (change.action != Action::no_op && change.action != Action::forget) {
    const std::string verb(action_name(change.action));
    change.forecast = providers_(change.connection)->forecast(request, change.approved, verb);
  }
  change.create_first = change.action == Action::replace && creates_first(change);
  change.prior = std::move(request.prior);
  if (!gone) change.after = std::move(request.desired);
  if (node.kind != ResourceKind::read) count_coverage(node);
  node.disturbed = change.action != Action::no_op;
  if (node.referenced && !gone) node.attributes = planned_attributes(node, change);
  if (node.record != nullptr)
    node.record->desired = node.record->attributes = node.record->before = Value();
  for (Diagnostic& one : decision.diagnostics) {
    if (one.severity == Severity::error) {
      node.failed = true;
      errors_.push_back(std::move(one));
    } else {
      plan_.warnings.push_back(std::move(one));
    }
  }
}

/// What was proven once says nothing about a new object below it, such as a key made anew.
bool Planner::rests_on_new(std::size_t index) const {
  std::vector<std::size_t> open{index};
  std::set<std::size_t> met;
  while (!open.empty()) {
    const std::size_t here = open.back();
    open.pop_back();
    for (const std::size_t need : graph_.needs(here)) {
      if (!met.insert(need).second) continue;
      const Action action = nodes_[need].change.action;
      const bool managed = nodes_[need].kind == ResourceKind::managed;
      if (managed && (action == Action::create || action == Action::replace)) return true;
      open.push_back(need);
    }
  }
  return false;
}

/// Old and new can stand side by side when the type says so and both bear the same identity.
bool Planner::creates_first(const Change& change) const {
  const ResourceSchema* schema = schemas_.find(change.type);
  if (schema == nullptr || !schema->create_first) return false;
  return std::none_of(change.fields.begin(), change.fields.end(), [&](const FieldDifference& one) {
    const auto* name =
        one.path.empty() ? nullptr : std::get_if<std::string>(&one.path.front().step);
    const AttributeSchema* attribute = name == nullptr ? nullptr : schema->find(*name);
    return attribute != nullptr && attribute->identity;
  });
}

/// What references to the resource give: arguments as wanted, the rest as seen or recorded, or
/// unknown when it is to be made.
Value Planner::planned_attributes(const Node& node, const Change& change) const {
  const bool made_new = change.action == Action::create || change.action == Action::replace ||
                        change.action == Action::read;
  Value out = change.after.is_object() ? change.after : Value(Value::Object{});
  if (made_new) return new_attributes(change, std::move(out));
  const auto fill = [&out](const Value& from) {
    if (!from.is_object()) return;
    for (const auto& [name, value] : from.as_object()) {
      const Value* have = out.find(name);
      if (have == nullptr || have->is_null()) out.set(name, value);
    }
  };
  fill(change.approved.attributes);
  if (const ResourceRecord* record = effective_record(node)) fill(record->attributes);
  return out;
}

/// Of an object that is to be made: its arguments, and what only the service can tell as unknown.
Value Planner::new_attributes(const Change& change, Value arguments) const {
  Value out = std::move(arguments);
  if (const ResourceSchema* schema = schemas_.find(change.type)) {
    for (const AttributeSchema& attribute : schema->attributes) {
      if (!attribute.computed) continue;
      Value unknown = Value::unknown(change.address.print());
      unknown.mark_sensitive(attribute.sensitive);
      out.set(attribute.name, std::move(unknown));
    }
  }
  return out;
}

void Planner::keep_recorded(Node& node) {
  node.done = true;
  if (node.record == nullptr) {
    node.attributes =
        node.config != nullptr ? Value::unknown(node.change.address.print()) : Value();
    return;
  }
  node.change.after = node.change.before = node.record->desired;
  leave_targeted_links(node);
  node.attributes = merge_values(node.record->desired, node.record->attributes);
  ++plan_.coverage.recorded_only;
}

void Planner::fail(Node& node, Diagnostics why) {
  node.done = node.failed = true;
  append(errors_, why);
}

ResourceRequest Planner::request_for(const Node& node, Value desired) const {
  ResourceRequest request;
  request.address = node.change.address;
  request.type = node.change.type;
  request.desired = std::move(desired);
  request.lineage = state_.lineage;
  if (const ResourceRecord* record = effective_record(node)) {
    request.prior = Recorded{record->desired, record->attributes, record->before};
  } else if (node.pending != nullptr) {
    request.prior = Recorded{node.pending->desired, {}, node.pending->recorded_before};
  }
  if (node.config != nullptr) request.adoption = node.config->adoption;
  if (node.pending != nullptr) request.pending_operation = node.pending->id;
  return request;
}

Lifecycle Planner::lifecycle_of(const Node& node) const {
  if (node.config != nullptr) return node.config->lifecycle;
  Lifecycle lifecycle;
  lifecycle.prevent_destroy = node.record != nullptr && node.record->prevent_destroy;
  return lifecycle;
}

void Planner::count_coverage(const Node& node) {
  switch (node.change.approved.presence) {
    case Presence::unreadable:
      ++plan_.coverage.unreadable;
      break;
    case Presence::unchecked:
      ++plan_.coverage.unchecked;
      break;
    case Presence::absent:
    case Presence::present:
      if (node.observation) {
        ++plan_.coverage.live;
      } else {
        ++plan_.coverage.recorded_only;
      }
      break;
  }
}

void Planner::plan_outputs(Plan& plan) {
  if (!configuration_ || options_.destroy) return;
  const AttributeLookup planned = lookup(false);
  for (const OutputConfig& output : configuration_->outputs()) {
    Result<Value> value = configuration_->evaluate_output(output, planned);
    if (!value) {
      append(errors_, value.failure());
      continue;
    }
    if (output.sensitive) value->mark_sensitive();
    PlannedOutput planned_output;
    planned_output.output.type = std::string(kind_name(*value));
    const auto old = state_.outputs.find(output.name);
    if (old != state_.outputs.end()) planned_output.before = old->second.value;
    planned_output.changed = !planned_output.before || !(*planned_output.before == *value);
    planned_output.output.value = std::move(*value);
    plan.outputs.emplace(output.name, std::move(planned_output));
  }
}

Result<Plan> Planner::finish() {
  if (!has_errors(errors_)) plan_outputs(plan_);
  if (has_errors(errors_)) {
    append(errors_, plan_.warnings);
    return errors_;
  }
  plan_.changes.reserve(nodes_.size());
  for (const std::size_t index : graph_.order()) {
    Node& node = nodes_[index];
    const bool absent_on_purpose = node.change.action == Action::no_op &&
                                   node.change.before.is_null() && node.change.after.is_null();
    if (!absent_on_purpose) plan_.changes.push_back(std::move(node.change));
  }
  return std::move(plan_);
}

}  // namespace crosstie
