#include "cmd/view/plan_human.hpp"

#include <algorithm>
#include <ostream>

namespace crosstie {
namespace {

constexpr std::size_t kFieldsShownMax = 40;  // of one resource; the rest is counted

std::string sentence(const Change& change) {
  switch (change.action) {
    case Action::create: return change.kind == ResourceKind::check ? "will be proven" : "will be created";
    case Action::read: return "will be read during apply";
    case Action::update: return change.kind == ResourceKind::check ? "will be proven again" : "will be updated in place";
    case Action::replace: return "must be replaced";
    case Action::remove: return "will be destroyed";
    case Action::forget: return "will be forgotten";
    case Action::no_op: return "stays";
  }
  return "";
}

void print_created(std::ostream& out, const Change& change, const Paint& paint) {
  if (!change.after.is_object()) return;
  std::size_t shown_fields = 0;
  for (const auto& [name, value] : change.after.as_object()) {
    if (value.is_null()) continue;
    if (++shown_fields > kFieldsShownMax) {
      out << "        ... more fields\n";
      return;
    }
    out << "      " << paint(Tone::green, "+") << ' ' << name << ": " << shown(value) << '\n';
  }
}

void print_fields(std::ostream& out, const std::vector<FieldDifference>& fields, const Paint& paint) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i == kFieldsShownMax) {
      out << "        ... and " << fields.size() - i << " more fields\n";
      return;
    }
    const FieldDifference& field = fields[i];
    out << "      " << paint(Tone::yellow, "~") << ' ' << print_path(field.path) << ": " << shown(field.before) << " -> "
        << shown(field.after);
    if (field.replace) out << paint(Tone::red, "  # forces replacement");
    if (!field.note.empty()) out << paint(Tone::dim, "  # " + field.note);
    out << '\n';
  }
}

void print_change(std::ostream& out, const Change& change, const Paint& paint) {
  out << "  " << paint(Tone::bold, "# " + change.address.print()) << ' ' << sentence(change);
  if (change.reason != Reason::none && change.reason != Reason::new_in_configuration) out << " (" << reason_name(change.reason) << ")";
  out << '\n';
  out << "  " << paint(action_tone(change.action), action_symbol(change.action)) << ' ' << change.type << '\n';
  if (change.action == Action::create) print_created(out, change, paint);
  if (change.action == Action::update || change.action == Action::replace) print_fields(out, change.fields, paint);
  if (change.unchecked) out << "      " << paint(Tone::dim, "unchecked: " + change.unchecked_reason) << '\n';
  if (!change.forecast.disruption.empty()) out << "      " << paint(Tone::yellow, "! " + change.forecast.disruption) << '\n';
  if (change.forecast.irreversible && !change.forecast.irreversible_reason.empty())
    out << "      " << paint(Tone::yellow, "! cannot be undone as it was: " + change.forecast.irreversible_reason) << '\n';
  if (!change.forecast.waits_for.empty()) out << "      " << paint(Tone::dim, "waits for: " + change.forecast.waits_for) << '\n';
  out << '\n';
}

bool is_shown(const Change& change) { return change.action != Action::no_op; }

void print_table(std::ostream& out, const Plan& plan, const Paint& paint) {
  std::size_t widest = 0;
  std::size_t rows = 0;
  for (const Change& change : plan.changes) {
    if (!is_shown(change)) continue;
    widest = std::max(widest, change.address.print().size());
    ++rows;
  }
  if (rows < 2) return;
  for (const Change& change : plan.changes) {
    if (!is_shown(change)) continue;
    const std::string address = change.address.print();
    const std::string symbol(action_symbol(change.action));
    out << "  " << std::string(3 - std::min<std::size_t>(3, symbol.size()), ' ') << paint(action_tone(change.action), symbol) << ' '
        << address << std::string(widest - address.size() + 2, ' ') << change.type;
    if (!change.forecast.waits_for.empty()) out << paint(Tone::dim, "  (" + change.forecast.waits_for + ")");
    out << '\n';
  }
  out << '\n';
}

void print_coverage(std::ostream& out, const Coverage& coverage) {
  out << "Looked at " << coverage.live << " live";
  if (coverage.recorded_only > 0) out << ", " << coverage.recorded_only << " from the record only";
  if (coverage.unchecked > 0) out << ", " << coverage.unchecked << " unchecked";
  if (coverage.unreadable > 0) out << ", " << coverage.unreadable << " unreadable";
  out << ".\n";
}

void print_outputs(std::ostream& out, const Plan& plan, const Paint& paint) {
  bool first = true;
  for (const auto& [name, planned] : plan.outputs) {
    if (!planned.changed) continue;
    if (first) out << "Changes to outputs:\n";
    first = false;
    out << "  " << paint(Tone::yellow, "~") << ' ' << name << " = " << shown(planned.output.value) << '\n';
  }
  if (!first) out << '\n';
}

}  // namespace

void print_warnings(std::ostream& out, const Diagnostics& warnings) {
  for (const Diagnostic& one : warnings) out << format_diagnostic(one);
}

void print_drift(std::ostream& out, const Plan& plan, const Paint& paint) {
  if (!plan.has_drift()) {
    out << "No drift: what is recorded is what is there.\n";
    print_coverage(out, plan.coverage);
    return;
  }
  out << "Changed outside crosstie:\n\n";
  for (const Change& change : plan.changes) {
    const bool gone = change.reason == Reason::gone;
    if (change.drift.empty() && !gone) continue;
    out << "  " << paint(Tone::bold, "# " + change.address.print()) << (gone ? " is gone" : " was changed") << '\n';
    for (const FieldDifference& field : change.drift) {
      // A difference is written from live to recorded; people read drift the other way around.
      out << "      " << paint(Tone::yellow, "~") << ' ' << print_path(field.path) << ": " << shown(field.after) << " -> "
          << shown(field.before) << '\n';
    }
    out << '\n';
  }
  print_coverage(out, plan.coverage);
}

void print_plan(std::ostream& out, const Plan& plan, const Paint& paint) {
  for (const std::string& note : plan.recovery_notes) out << paint(Tone::yellow, "! ") << note << '\n';
  if (!plan.recovery_notes.empty()) out << '\n';
  if (plan.has_drift() && !plan.destroy) {
    print_drift(out, plan, paint);
    out << '\n';
  }
  const bool anything = std::any_of(plan.changes.begin(), plan.changes.end(), is_shown);
  if (anything) out << "crosstie will do the following:\n\n";
  for (const Change& change : plan.changes)
    if (is_shown(change)) print_change(out, change, paint);
  print_outputs(out, plan, paint);
  if (!plan.has_changes()) {
    out << (plan.destroy ? "Nothing to destroy: no object is recorded.\n"
                         : "No changes. What is there is what the configuration asks for.\n");
    print_coverage(out, plan.coverage);
    return;
  }
  print_table(out, plan, paint);
  print_coverage(out, plan.coverage);
  out << paint(Tone::bold, "Plan: ") << plan.to_add() << " to add, " << plan.to_change() << " to change, " << plan.to_destroy()
      << " to destroy.\n";
}

}  // namespace crosstie
