#include "engine/plan.hpp"

#include <algorithm>
#include <string_view>

namespace crosstie {

std::string_view action_name(Action action) {
  switch (action) {
    case Action::no_op:
      return "no-op";
    case Action::create:
      return "create";
    case Action::read:
      return "read";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "delete";
    case Action::forget:
      return "forget";
  }
  return "no-op";
}

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "";
    case Reason::new_in_configuration:
      return "new in the configuration";
    case Reason::changed_arguments:
      return "the configuration asks for something else";
    case Reason::drift:
      return "changed outside crosstie";
    case Reason::gone:
      return "recorded, but gone";
    case Reason::cannot_be_updated:
      return "a field that only a new object can have";
    case Reason::lost_secret:
      return "exists, but its secret is lost";
    case Reason::tainted:
      return "recorded as unsound";
    case Reason::requested:
      return "asked for by --replace";
    case Reason::not_settled:
      return "written before, not seen ready; apply only waits";
    case Reason::adopted:
      return "exists already; adopted as the configuration allows";
    case Reason::removed_from_configuration:
      return "no longer in the configuration";
    case Reason::when_false:
      return "its `when` is false";
    case Reason::destroy:
      return "destroy";
    case Reason::already_absent:
      return "already gone";
    case Reason::deferred_read:
      return "can be read only during apply";
    case Reason::check:
      return "a proof to be run";
  }
  return "";
}

int Plan::count(Action action) const {
  return static_cast<int>(
      std::count_if(changes.begin(), changes.end(),
                    [action](const Change& change) { return change.action == action; }));
}

bool Plan::has_changes() const {
  const bool changed = std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    return change.action != Action::no_op && change.action != Action::read;
  });
  const bool output = std::any_of(outputs.begin(), outputs.end(),
                                  [](const auto& one) { return one.second.changed; });
  return changed || output || !recoveries.empty();
}

bool Plan::has_drift() const {
  return std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    return !change.drift.empty() || change.reason == Reason::gone;
  });
}

}  // namespace crosstie
