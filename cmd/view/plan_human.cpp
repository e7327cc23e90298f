#include "cmd/view/plan_human.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/view/certificates.hpp"
#include "cmd/view/paint.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

constexpr std::size_t kLinesShownMax = 60;  // of one resource; the rest is left out
constexpr std::size_t kInlineCharacters =
    84;  // a longer list or object is written over several lines
constexpr std::size_t kDepthMax = 8;
constexpr std::size_t kWaitCharacters = 44;  // in the table; the whole text stands with the change
constexpr std::size_t kWaitCharactersMin = 20;
constexpr std::size_t kTableIndent = 6;
constexpr std::size_t kDigestLine = 72;  // "SHA-256 " and 64 hex characters

std::string sentence(const Change& change) {
  switch (change.action) {
    case Action::create:
      return change.kind == ResourceKind::check ? "will be proven" : "will be created";
    case Action::read:
      return "will be read during apply";
    case Action::update:
      return change.kind == ResourceKind::check ? "will be proven again"
                                                : "will be updated in place";
    case Action::replace:
      return change.create_first ? "must be replaced; the old one goes when the new one is in use"
                                 : "must be replaced";
    case Action::remove:
      return "will be destroyed";
    case Action::forget:
      return change.kind == ResourceKind::check ? "will not be proven any more"
                                                : "will be forgotten; nothing is sent";
    case Action::no_op:
      return "stays";
  }
  return "";
}

/// Reasons that say no more than the sentence does are left out.
bool is_worth_saying(Reason reason) {
  return reason != Reason::none && reason != Reason::new_in_configuration &&
         reason != Reason::changed_arguments && reason != Reason::destroy &&
         reason != Reason::deferred_read && reason != Reason::check;
}

/// Which object an address stands for, where its fields are not all listed: "ConfigMap
/// default/settings", "crosstie-logs", "" when the arguments do not say.
std::string object_words(const Change& change) {
  const Value& all = change.after.is_object() ? change.after
                     : change.prior           ? change.prior->desired
                                              : change.before;
  const Value* manifest = all.find("manifest");
  const Value& object = manifest != nullptr ? *manifest : all;
  const Value* metadata = object.find("metadata");
  const Value& names = metadata != nullptr ? *metadata : object;
  const auto text = [](const Value* value) {
    return value != nullptr && value->is_string() && !value->sensitive() ? value->as_string() : "";
  };
  std::string name = text(names.find("name"));
  if (name.empty()) name = text(names.find("alias"));
  if (name.empty()) return "";
  const std::string space = text(names.find("namespace"));
  const std::string kind = text(object.find("kind"));
  const std::string shown = (space.empty() ? "" : space + "/") + name;
  return fit(kind.empty() ? shown : kind + " " + shown, kInlineCharacters);
}

/// The fields of one resource, a line each; long values over several lines; an end when there are
/// too many.
class FieldLines {
 public:
  FieldLines(std::ostream& out, const Paint& paint) : out_(out), paint_(paint) {}

  void created(const Value::Object& fields) {
    std::size_t widest = 0;
    for (const auto& [name, value] : fields)
      if (!value.is_null()) widest = std::max(widest, shown_name(name).size());
    for (const auto& [name, value] : fields)
      if (!value.is_null())
        member(kIndent, paint_(Tone::green, "+ "), shown_name(name), widest, value);
    end();
  }

  void changed(const std::vector<FieldDifference>& fields) {
    for (const FieldDifference& field : fields) {
      difference(print_path(field.path), field.before, field.after,
                 (field.replace ? paint_(Tone::red, "  # forces replacement") : "") +
                     (field.note.empty() ? "" : paint_(Tone::dim, "  # " + field.note)));
    }
    end();
  }

  void difference(const std::string& path, const Value& before, const Value& after,
                  const std::string& note) {
    if (full()) return;
    out_ << std::string(kIndent, ' ') << paint_(Tone::yellow, "~ ") << path << ": ";
    const std::string was = shown(before);
    const std::string is = shown(after);
    if (was.size() + is.size() <= kInlineCharacters &&
        paint_.has_room(kIndent + 8 + path.size() + was.size() + is.size())) {
      out_ << was << " -> " << is << note << '\n';
      return;
    }
    const std::string pad(kIndent + 4, ' ');
    out_ << note << '\n';
    long_value(pad, paint_(Tone::red, "- "), before, was);
    long_value(pad, paint_(Tone::green, "+ "), after, is);
  }

  void end() {
    if (left_out_ > 0)
      out_ << std::string(kIndent + 2, ' ') << "... and " << left_out_ << " more fields\n";
    left_out_ = 0;
  }

 private:
  static constexpr std::size_t kIndent = 6;

  bool full() {
    if (++lines_ <= kLinesShownMax) return false;
    ++left_out_;
    return true;
  }

  static std::vector<CertificateWords> certificates(const Value& value) {
    return value.is_string() && !value.sensitive() ? certificates_of(value.as_string())
                                                   : std::vector<CertificateWords>{};
  }

  /// A certificate's digest in full, so that it can be compared with another tool's.
  void certificate_lines(const std::vector<CertificateWords>& all, const std::string& pad,
                         std::string before) {
    for (const CertificateWords& one : all) {
      out_ << before << one.subject << ", until " << one.until << '\n'
           << pad << paint_(Tone::dim, "SHA-256 " + one.sha256) << '\n';
      before = pad;
    }
  }

  void long_value(const std::string& pad, const std::string& mark, const Value& value,
                  const std::string& text) {
    const std::vector<CertificateWords> all = certificates(value);
    if (all.empty()) {
      out_ << pad << mark << text << '\n';
    } else {
      certificate_lines(all, pad + "  ", pad + mark);
    }
  }

  void member(std::size_t indent, const std::string& mark, const std::string& name,
              std::size_t widest, const Value& value) {
    if (full()) return;
    const std::string start = std::string(indent, ' ') + mark + name + ":";
    const std::size_t column = indent + (mark.empty() ? 0 : 2) + std::max(widest, name.size()) + 2;
    const std::string gap(widest - std::min(widest, name.size()), ' ');
    if (const std::vector<CertificateWords> all = certificates(value); !all.empty()) {
      if (paint_.has_room(column + kDigestLine)) {
        certificate_lines(all, std::string(column, ' '), start + gap + ' ');
      } else {
        const std::string pad(indent + 2, ' ');
        out_ << start << '\n';
        certificate_lines(all, pad, pad);
      }
      return;
    }
    const std::string text = shown(value);
    const bool fits = text.size() <= kInlineCharacters && paint_.has_room(column + text.size());
    if (fits || !nested(indent, value)) {
      out_ << start << gap << ' ' << text << '\n';
      return;
    }
    out_ << start << '\n';
    members(indent + (mark.empty() ? 2 : 4), value);
  }

  static bool nested(std::size_t indent, const Value& value) {
    if (value.sensitive() || indent > kIndent + 4 * kDepthMax) return false;
    return value.is_object() || value.is_list();
  }

  void members(std::size_t indent, const Value& value) {
    if (value.is_object()) {
      for (const auto& [name, inner] : value.as_object())
        member(indent, "", shown_name(name), 0, inner);
      return;
    }
    for (const Value& inner : value.as_list())
      if (!full()) out_ << std::string(indent, ' ') << "- " << shown(inner) << '\n';
  }

  std::ostream& out_;
  const Paint& paint_;
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0;
};

/// As Terraform writes it: what is made first stands first.
std::string_view symbol_of(const Change& change) {
  return change.create_first ? "+/-" : action_symbol(change.action);
}

std::string list_links(const Change& change) {
  std::string out;
  for (const auto& [link, model] : change.links) out += (out.empty() ? "" : ", ") + link;
  return out;
}

void print_change(std::ostream& out, const Change& change, const Paint& paint) {
  out << "  " << paint(Tone::bold, "# " + change.address.print()) << ' ' << sentence(change);
  if (is_worth_saying(change.reason)) out << " (" << reason_name(change.reason) << ")";
  out << '\n';
  out << "  " << paint(action_tone(change.action), symbol_of(change)) << ' ' << change.type;
  const std::string object = change.action == Action::create ? std::string() : object_words(change);
  if (!object.empty()) out << ' ' << paint(Tone::dim, object);
  out << '\n';
  if (change.address.shared)
    out << "      " << paint(Tone::dim, "shared by " + list_links(change)) << '\n';
  FieldLines fields(out, paint);
  if (change.action == Action::create && change.after.is_object())
    fields.created(change.after.as_object());
  if (change.action == Action::update || change.action == Action::replace)
    fields.changed(change.fields);
  if (change.unchecked)
    out << "      " << paint(Tone::dim, "unchecked: " + change.unchecked_reason) << '\n';
  if (!change.forecast.disruption.empty())
    out << "      " << paint(Tone::yellow, "! " + change.forecast.disruption) << '\n';
  if (change.forecast.irreversible && !change.forecast.irreversible_reason.empty())
    out << "      "
        << paint(Tone::yellow,
                 "! cannot be undone as it was: " + change.forecast.irreversible_reason)
        << '\n';
  if (!change.forecast.waits_for.empty())
    out << "      " << paint(Tone::dim, "waits for: " + change.forecast.waits_for) << '\n';
  out << '\n';
}

/// What the plan touches, in the order in which apply goes about it.
std::vector<const Change*> touched(const Plan& plan) {
  std::vector<const Change*> out;
  for (const Change& change : plan.changes)
    if (change.action != Action::no_op) out.push_back(&change);
  if (plan.destroy) std::reverse(out.begin(), out.end());
  return out;
}

/// What the symbols mean that this plan uses.
std::string legend(const std::vector<const Change*>& changes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords = {
      {{"+", "create"},
       {"~", "update in place"},
       {"+/-", "replace, the new one first"},
       {"-/+", "replace"},
       {"-", "destroy"},
       {"<=", "read during apply"},
       {"#", "forget"}}};
  std::string out;
  for (const auto& [symbol, words] : kWords) {
    const std::string_view wanted = symbol;
    const bool used = std::any_of(changes.begin(), changes.end(), [wanted](const Change* change) {
      return symbol_of(*change) == wanted;
    });
    if (used) out += (out.empty() ? " (" : ", ") + std::string(symbol) + " " + std::string(words);
  }
  return out + ")";
}

void print_table(std::ostream& out, const std::vector<const Change*>& changes, const Paint& paint) {
  if (changes.size() < 2) return;
  std::size_t widest_address = 0;
  std::size_t widest_type = 0;
  std::size_t widest_wait = 0;
  for (const Change* change : changes) {
    widest_address = std::max(widest_address, change->address.print().size());
    widest_type = std::max(widest_type, change->type.size());
    widest_wait = std::max(widest_wait, change->forecast.waits_for.size());
  }
  widest_wait = std::min(widest_wait, kWaitCharacters);
  // A narrow terminal shortens the waits, then does without the types; both stand above.
  std::size_t used = kTableIndent + widest_address + 2;
  const bool with_type =
      paint.has_room(used + widest_type + 2 + std::min(widest_wait, kWaitCharactersMin));
  if (with_type) used += widest_type + 2;
  if (!paint.has_room(used + widest_wait))
    widest_wait = std::max(kWaitCharactersMin, paint.columns() - std::min(paint.columns(), used));
  for (const Change* change : changes) {
    const std::string address = change->address.print();
    const std::string symbol(symbol_of(*change));
    out << "  " << std::string(3 - std::min<std::size_t>(3, symbol.size()), ' ')
        << paint(action_tone(change->action), symbol) << ' ' << address;
    const std::string& wait = change->forecast.waits_for;
    const std::string gap(widest_address - address.size() + 2, ' ');
    if (with_type) out << gap << change->type;
    if (!wait.empty())
      out << (with_type ? std::string(widest_type - change->type.size() + 2, ' ') : gap)
          << paint(Tone::dim, fit(wait, widest_wait));
    out << '\n';
  }
  out << '\n';
}

void print_coverage(std::ostream& out, const Coverage& coverage) {
  out << "Looked at " << coverage.live << (coverage.live == 1 ? " object" : " objects");
  if (coverage.recorded_only > 0)
    out << ", " << coverage.recorded_only << " known from the record only";
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
    out << "  " << (planned.before ? paint(Tone::yellow, "~ ") : paint(Tone::green, "+ ")) << name
        << " = ";
    if (planned.before) out << shown(*planned.before) << " -> ";
    out << shown(planned.output.value) << '\n';
  }
  if (!first) out << '\n';
}

/// Each object that somebody else changed, with the fields: what was recorded, and what is there.
void print_drifted(std::ostream& out, const Plan& plan, const Paint& paint) {
  out << "Changed outside crosstie since the last apply:\n\n";
  for (const Change& change : plan.changes) {
    const bool gone = change.reason == Reason::gone;
    if (change.drift.empty() && !gone) continue;
    out << "  " << paint(Tone::bold, "# " + change.address.print())
        << (gone ? " is gone" : " was changed") << '\n';
    FieldLines fields(out, paint);
    // A difference is written from live to recorded; people read drift the other way around.
    for (const FieldDifference& field : change.drift)
      fields.difference(print_path(field.path), field.after, field.before, "");
    fields.end();
    out << '\n';
  }
}

}  // namespace

void print_warnings(std::ostream& out, const Diagnostics& warnings) {
  for (const Diagnostic& one : warnings) out << format_diagnostic(one);
}

void print_drift(std::ostream& out, const Plan& plan, const Paint& paint) {
  if (plan.has_drift()) {
    print_drifted(out, plan, paint);
  } else {
    out << "No drift: what is recorded is what is there.\n";
  }
  print_coverage(out, plan.coverage);
}

void print_plan(std::ostream& out, const Plan& plan, const Paint& paint) {
  for (const std::string& note : plan.recovery_notes)
    out << paint(Tone::yellow, "! ") << note << '\n';
  if (!plan.recovery_notes.empty()) out << '\n';
  if (plan.has_drift()) print_drifted(out, plan, paint);
  const std::vector<const Change*> changes = touched(plan);
  if (!changes.empty()) out << "crosstie will do the following" << legend(changes) << ":\n\n";
  for (const Change* change : changes) print_change(out, *change, paint);
  print_outputs(out, plan, paint);
  if (!plan.has_changes()) {
    out << (plan.destroy ? "Nothing to destroy: no object is recorded.\n"
                         : "No changes. What is there is what the configuration asks for.\n");
    print_coverage(out, plan.coverage);
    return;
  }
  print_table(out, changes, paint);
  print_coverage(out, plan.coverage);
  out << paint(Tone::bold, "Plan: ") << plan.to_add() << " to add, " << plan.to_change()
      << " to change, " << plan.to_destroy() << " to destroy.\n";
}

}  // namespace crosstie
