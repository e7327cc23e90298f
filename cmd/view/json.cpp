#include "cmd/view/json.hpp"

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/session.hpp"
#include "engine/environment.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

using nlohmann::json;

/// Known values only, as Terraform does: unknown members are left out and stand in after_unknown;
/// sensitive ones are not shown.
json known_json(const Value& value) {
  if (value.sensitive()) return "(sensitive)";
  if (value.is_unknown()) return nullptr;
  if (value.is_list()) {
    json list = json::array();
    for (const Value& member : value.as_list()) list.push_back(known_json(member));
    return list;
  }
  if (value.is_object()) {
    json object = json::object();
    for (const auto& [name, member] : value.as_object())
      if (!member.is_unknown()) object[name] = known_json(member);
    return object;
  }
  return to_json(value);
}

json resource_json(const ResourceAddress& address, const std::string& type) {
  json out = {
      {"addr", address.print()},     {"module", address.link.empty() ? "" : "link." + address.link},
      {"resource", address.print()}, {"implied_provider", type.substr(0, type.find('.'))},
      {"resource_type", type},       {"resource_name", address.name}};
  out["resource_key"] = address.key ? json(*address.key) : json(nullptr);
  return out;
}

/// Terraform's two orders of a replacement: delete first, or create first.
json actions_json(const Change& change) {
  switch (change.action) {
    case Action::replace:
      return change.create_first ? json::array({"create", "delete"})
                                 : json::array({"delete", "create"});
    case Action::no_op:
      return json::array({"no-op"});
    default:
      return json::array({std::string(action_name(change.action))});
  }
}

json diagnostic_json(const Diagnostic& diagnostic) {
  json out = {{"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
              {"summary", diagnostic.summary},
              {"detail", diagnostic.fix.empty() ? diagnostic.detail
                                                : diagnostic.detail + "\n" + diagnostic.fix}};
  if (!diagnostic.address.empty()) out["address"] = diagnostic.address;
  if (diagnostic.where) {
    const SourceRange& where = *diagnostic.where;
    out["range"] = {{"filename", where.file},
                    {"start", {{"line", where.line}, {"column", where.column}}},
                    {"end", {{"line", where.line}, {"column", where.column + where.length}}}};
    if (!where.line_text.empty())
      out["snippet"] = {{"code", where.line_text}, {"start_line", where.line}};
  }
  return out;
}

json fields_json(const std::vector<FieldDifference>& fields) {
  json out = json::array();
  for (const FieldDifference& field : fields)
    out.push_back({{"path", print_path(field.path)},
                   {"before", known_json(field.before)},
                   {"after", known_json(field.after)}});
  return out;
}

/// The links that a shared resource belongs to.
json links_json(const Change& change) {
  json out = json::array();
  for (const auto& [link, model] : change.links) out.push_back(link);
  return out;
}

json change_json(const Change& change) {
  json out = {{"resource", resource_json(change.address, change.type)},
              {"action", std::string(action_name(change.action))}};
  if (change.reason != Reason::none) out["reason"] = std::string(reason_name(change.reason));
  if (change.address.shared) out["shared_by"] = links_json(change);
  if (!change.forecast.waits_for.empty()) out["waits_for"] = change.forecast.waits_for;
  if (!change.forecast.disruption.empty()) out["disruption"] = change.forecast.disruption;
  if (change.unchecked) out["unchecked"] = change.unchecked_reason;
  return out;
}

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

json hook_json(const StepReport& report) {
  return {{"resource", resource_json(report.address, report.type)},
          {"action", std::string(action_name(report.action))},
          {"elapsed_seconds", seconds(report.duration)}};
}

}  // namespace

void JsonLines::write(json message, const std::string& text, const char* level) {
  message["@level"] = level;
  message["@message"] = text;
  message["@module"] = "crosstie.ui";
  message["@timestamp"] = timestamp_now();
  out_ << message.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
}

void JsonLines::version() {
  write({{"type", "version"}, {"crosstie", CROSSTIE_VERSION}, {"ui", "1.2"}},
        "crosstie " CROSSTIE_VERSION);
}

void JsonLines::drift(const Plan& plan) {
  for (const Change& change : plan.changes) {
    const bool gone = change.reason == Reason::gone;
    if (change.drift.empty() && !gone) continue;
    json body = {{"resource", resource_json(change.address, change.type)},
                 {"action", gone ? "delete" : "update"}};
    json fields = json::array();
    for (const FieldDifference& field : change.drift)
      fields.push_back({{"path", print_path(field.path)},
                        {"before", known_json(field.after)},
                        {"after", known_json(field.before)}});
    body["fields"] = std::move(fields);
    write(
        {{"type", "resource_drift"}, {"change", std::move(body)}},
        change.address.print() + (gone ? ": Drift detected (gone)" : ": Drift detected (changed)"));
  }
}

namespace {

json coverage_json(const Coverage& seen) {
  return {{"live", seen.live},
          {"recorded_only", seen.recorded_only},
          {"unreadable", seen.unreadable},
          {"unchecked", seen.unchecked}};
}

}  // namespace

void JsonLines::drift_summary(const Plan& plan) {
  int changed = 0;
  int gone = 0;
  for (const Change& change : plan.changes) {
    gone += change.reason == Reason::gone ? 1 : 0;
    changed += change.reason != Reason::gone && !change.drift.empty() ? 1 : 0;
  }
  write(
      {{"type", "change_summary"},
       {"changes",
        {{"add", 0}, {"change", changed}, {"import", 0}, {"remove", gone}, {"operation", "drift"}}},
       {"coverage", coverage_json(plan.coverage)}},
      "Drift: " + std::to_string(changed) + " changed, " + std::to_string(gone) + " gone.");
}

void JsonLines::planned(const Plan& plan) {
  drift(plan);
  for (const Change& change : plan.changes) {
    if (change.action == Action::no_op) continue;
    json body = change_json(change);
    if (!change.fields.empty()) body["fields"] = fields_json(change.fields);
    write({{"type", "planned_change"}, {"change", std::move(body)}},
          change.address.print() + ": Plan to " + std::string(action_name(change.action)));
  }
  diagnostics(plan.warnings);
  const std::string words = "Plan: " + std::to_string(plan.to_add()) + " to add, " +
                            std::to_string(plan.to_change()) + " to change, " +
                            std::to_string(plan.to_destroy()) + " to destroy.";
  write({{"type", "change_summary"},
         {"changes",
          {{"add", plan.to_add()},
           {"change", plan.to_change()},
           {"import", 0},
           {"remove", plan.to_destroy()},
           {"operation", plan.destroy ? "destroy" : "plan"}}},
         {"coverage", coverage_json(plan.coverage)}},
        words);
  if (plan.outputs.empty()) return;
  json all = json::object();
  for (const auto& [name, planned] : plan.outputs) {
    all[name] = {{"sensitive", planned.output.value.contains_sensitive()},
                 {"action", !planned.changed ? "noop"
                            : planned.before ? "update"
                                             : "create"}};
  }
  write({{"type", "outputs"}, {"outputs", std::move(all)}},
        "Outputs: " + std::to_string(plan.outputs.size()));
}

void JsonLines::summary(int add, int change, int remove, const std::string& operation) {
  const std::string words =
      operation == "destroy"
          ? "Destroy complete! Resources: " + std::to_string(remove) + " destroyed."
          : "Apply complete! Resources: " + std::to_string(add) + " added, " +
                std::to_string(change) + " changed, " + std::to_string(remove) + " destroyed.";
  write({{"type", "change_summary"},
         {"changes",
          {{"add", add},
           {"change", change},
           {"import", 0},
           {"remove", remove},
           {"operation", operation}}}},
        words);
}

void JsonLines::diagnostics(const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics) {
    const bool error = one.severity == Severity::error;
    write({{"type", "diagnostic"}, {"diagnostic", diagnostic_json(one)}},
          (error ? "Error: " : "Warning: ") + one.summary, error ? "error" : "warn");
  }
}

void JsonLines::outputs(const std::map<std::string, Output>& outputs) {
  json all = json::object();
  for (const auto& [name, output] : outputs) all[name] = output_json(output);
  write({{"type", "outputs"}, {"outputs", std::move(all)}},
        "Outputs: " + std::to_string(outputs.size()));
}

json output_json(const Output& output) {
  return {{"sensitive", output.value.contains_sensitive()},
          {"type", output.type},
          {"value", known_json(output.value)}};
}

void JsonProgress::started(const Change& change) {
  lines_.write({{"type", "apply_start"},
                {"hook",
                 {{"resource", resource_json(change.address, change.type)},
                  {"action", std::string(action_name(change.action))}}}},
               change.address.print() + ": " + std::string(action_name(change.action)) + " ...");
}

void JsonProgress::waiting(const Change& change, const WaitState& state,
                           std::chrono::milliseconds elapsed) {
  std::string& last = last_wait_[change.address.print()];
  const std::string now =
      state.condition + '\n' + state.value + '\n' + state.detail + '\n' + state.last_warning;
  if (now == last) return;
  last = now;
  json hook = {{"resource", resource_json(change.address, change.type)},
               {"action", std::string(action_name(change.action))},
               {"elapsed_seconds", seconds(elapsed)},
               {"waiting_for",
                {{"condition", state.condition},
                 {"value", state.value},
                 {"detail", state.detail},
                 {"last_warning", state.last_warning}}}};
  lines_.write({{"type", "apply_progress"}, {"hook", std::move(hook)}},
               change.address.print() + ": waiting for " + state.condition);
}

void JsonProgress::completed(const StepReport& report) {
  lines_.write({{"type", "apply_complete"}, {"hook", hook_json(report)}},
               report.address.print() + ": complete after " +
                   std::to_string(report.duration.count()) + " ms");
}

void JsonProgress::failed(const StepReport& report) {
  json hook = hook_json(report);
  hook["phase"] = report.phase;
  lines_.write({{"type", "apply_errored"}, {"hook", std::move(hook)}},
               report.address.print() + ": failed", "error");
  lines_.diagnostics(report.diagnostics);
}

void JsonProgress::skipped(const StepReport& report) {
  json hook = hook_json(report);
  hook["blocked_by"] = report.blocked_by;
  lines_.write({{"type", "apply_skipped"}, {"hook", std::move(hook)}},
               report.address.print() + ": not begun", "warn");
}

void JsonProgress::note(const Diagnostic& diagnostic) { lines_.diagnostics({diagnostic}); }

namespace {

/// What changes and planned values have in common.
json identity_json(const Change& change) {
  json one = {{"address", change.address.print()},
              {"mode", change.kind == ResourceKind::read ? "data" : "managed"},
              {"type", change.type},
              {"name", change.address.name},
              {"provider_name", change.connection}};
  if (change.address.key) one["index"] = *change.address.key;
  return one;
}

/// What stays is the same before and after, computed attributes too.
const Value& after_of(const Change& change) {
  return change.action == Action::no_op ? change.before : change.after;
}

std::string module_of(const ResourceAddress& address) {
  return address.link.empty() ? "" : "link." + address.link;
}

/// What there will be: Terraform's root module, and each link as a child module.
json planned_values_json(const Plan& plan) {
  std::map<std::string, json> modules = {{"", json::array()}};
  for (const Change& change : plan.changes) {
    if (change.action == Action::remove || change.action == Action::forget) continue;
    json one = identity_json(change);
    one["values"] = known_json(after_of(change));
    one["sensitive_values"] = sensitive_shape(after_of(change));
    modules.try_emplace(module_of(change.address), json::array())
        .first->second.push_back(std::move(one));
  }
  json root = {{"resources", std::move(modules[""])}};
  modules.erase("");
  for (auto& [address, resources] : modules)
    root["child_modules"].push_back({{"address", address}, {"resources", std::move(resources)}});
  json outputs = json::object();
  for (const auto& [name, planned] : plan.outputs) {
    outputs[name] = {{"sensitive", planned.output.value.contains_sensitive()}};
    if (!planned.output.value.is_unknown())
      outputs[name]["value"] = known_json(planned.output.value);
  }
  return {{"outputs", std::move(outputs)}, {"root_module", std::move(root)}};
}

}  // namespace

json plan_json(const Plan& plan) {
  json changes = json::array();
  for (const Change& change : plan.changes) {
    const Value& after = after_of(change);
    json one = identity_json(change);
    one["change"] = {{"actions", actions_json(change)},
                     {"before", known_json(change.before)},
                     {"after", known_json(after)},
                     {"after_unknown", unknown_shape(after)},
                     {"before_sensitive", sensitive_shape(change.before)},
                     {"after_sensitive", sensitive_shape(after)}};
    if (!change.address.link.empty()) one["module_address"] = module_of(change.address);
    if (change.address.shared) one["shared_by"] = links_json(change);
    if (change.reason != Reason::none)
      one["action_reason"] = std::string(reason_name(change.reason));
    changes.push_back(std::move(one));
  }
  json outputs = json::object();
  for (const auto& [name, planned] : plan.outputs) {
    const Value& value = planned.output.value;
    const char* action = !planned.changed ? "no-op" : planned.before ? "update" : "create";
    outputs[name] = {
        {"actions", json::array({action})},
        {"before", planned.before ? known_json(*planned.before) : json(nullptr)},
        {"after", known_json(value)},
        {"after_unknown", unknown_shape(value)},
        {"before_sensitive", planned.before ? sensitive_shape(*planned.before) : json(false)},
        {"after_sensitive", sensitive_shape(value)}};
  }
  return {{"format_version", "1.2"},
          {"crosstie_version", CROSSTIE_VERSION},
          {"planned_values", planned_values_json(plan)},
          {"resource_changes", std::move(changes)},
          {"output_changes", std::move(outputs)},
          {"complete", true},
          {"errored", false},
          {"applyable", plan.has_changes()}};
}

}  // namespace crosstie
