#include "engine/decide.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/model/address.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

bool is_prefix(const Path& prefix, const Path& path) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

void drop_ignored(std::vector<FieldDifference>& fields, const Lifecycle& lifecycle,
                  const std::string& today) {
  std::erase_if(fields, [&](const FieldDifference& field) {
    return std::any_of(lifecycle.ignore_changes.begin(), lifecycle.ignore_changes.end(),
                       [&](const IgnoredField& ignored) {
                         const bool in_force = ignored.until.empty() || today <= ignored.until;
                         return in_force && is_prefix(ignored.path, field.path);
                       });
  });
}

Diagnostic prevented(const ResourceAddress& address, const std::string& verb) {
  Diagnostic error =
      make_error("resource is protected",
                 "The plan would " + verb + " it, and its lifecycle says prevent_destroy.",
                 "To go on, take `prevent_destroy` off the resource, or change the configuration "
                 "so that it can stay.");
  error.address = address.print();
  return error;
}

/// What somebody else changed: the recorded arguments against what is there.
std::vector<FieldDifference> find_drift(const Provider& provider, const DecideInput& input) {
  if (input.record == nullptr || input.record->desired.is_null()) return {};
  ResourceRequest as_recorded = input.request;
  as_recorded.desired = input.record->desired;
  std::vector<FieldDifference> drift = provider.diff(as_recorded, input.observed).fields;
  drop_ignored(drift, input.lifecycle, input.today);
  return drift;
}

bool may_adopt(const DecideInput& input) {
  if (input.request.adoption == Adoption::take_over) return true;
  return input.request.adoption == Adoption::if_unowned &&
         input.observed.ownership == Ownership::unowned;
}

Decision decide_present(const Provider& provider, const DecideInput& input) {
  Decision decision;
  if (input.observed.ownership != Ownership::ours && !may_adopt(input)) {
    decision.diagnostics.push_back(not_ours_error(input.request.address, input.observed));
    return decision;
  }
  decision.diagnostics = with_address(input.observed.diagnostics, input.request.address.print());
  decision.fields = provider.diff(input.request, input.observed).fields;
  drop_ignored(decision.fields, input.lifecycle, input.today);
  // When the wish is the recorded one, all that differs is what somebody else changed.
  const bool same_wish = input.record != nullptr && input.record->desired == input.request.desired;
  decision.drift = same_wish ? decision.fields : find_drift(provider, input);
  const bool replace_field = std::any_of(decision.fields.begin(), decision.fields.end(),
                                         [](const FieldDifference& f) { return f.replace; });
  const bool unrecorded = input.record == nullptr || input.observed.ownership != Ownership::ours;

  if (input.observed.incomplete) {
    decision.action = Action::replace;
    decision.reason = Reason::lost_secret;
  } else if (input.record != nullptr && input.record->status == RecordStatus::tainted) {
    decision.action = Action::replace;
    decision.reason = Reason::tainted;
  } else if (input.replace_requested) {
    decision.action = Action::replace;
    decision.reason = Reason::requested;
  } else if (replace_field) {
    decision.action = Action::replace;
    decision.reason = Reason::cannot_be_updated;
  } else if (unrecorded) {
    decision.action = Action::update;
    decision.reason = input.kind == ResourceKind::check ? Reason::check : Reason::adopted;
  } else if (!decision.fields.empty()) {
    decision.action = Action::update;
    decision.reason = input.kind == ResourceKind::check ? Reason::check
                      : same_wish                       ? Reason::drift
                                                        : Reason::changed_arguments;
  } else if (input.record->status == RecordStatus::settling) {
    decision.action = Action::update;
    decision.reason = Reason::not_settled;
  }
  if (decision.action == Action::replace && input.lifecycle.prevent_destroy)
    decision.diagnostics.push_back(prevented(input.request.address, "replace"));
  return decision;
}

Decision unreadable(const DecideInput& input) {
  Decision decision;
  decision.diagnostics = with_address(input.observed.diagnostics, input.request.address.print());
  if (decision.diagnostics.empty()) {
    decision.diagnostics.push_back(
        make_error("object cannot be read", "The service gave no usable answer."));
    decision.diagnostics.back().address = input.request.address.print();
  }
  return decision;
}

ResourceRecord record_of(const Operation& operation, const Observation& observed) {
  ResourceRecord record;
  record.address = operation.address;
  record.type = operation.type;
  record.connection = operation.connection;
  record.desired = operation.desired;
  record.attributes = observed.attributes;
  record.before = operation.recorded_before;
  record.status = observed.incomplete ? RecordStatus::tainted : RecordStatus::settling;
  record.token.set("recovered", true);
  record.prevent_destroy = operation.prevent_destroy;
  record.depends_on = operation.depends_on;
  record.links = operation.links;
  record.run = operation.run;
  return record;
}

}  // namespace

Diagnostic not_ours_error(const ResourceAddress& address, const Observation& observed) {
  const bool foreign = observed.ownership == Ownership::foreign;
  std::string detail = "An object of this name exists and crosstie did not make it";
  detail += observed.owner.empty() ? "." : "; it belongs to " + observed.owner + ".";
  // The resources of links stand in blueprints, where the user cannot write without a copy.
  const std::string ways =
      address.link.empty() && !address.shared
          ? "To go on, give the resource another name, or let crosstie use the object; destroy "
            "gives it back as it was found:\n"
          : "To go on, give the object another name by the link's inputs, or let crosstie use the "
            "object, in a copy of the blueprint (`crosstie blueprint show`) that the link names; "
            "destroy gives it back as it was found:\n";
  Diagnostic error = make_error("object exists and is not ours", std::move(detail),
                                ways + (foreign ? "  adopt: take_over" : "  adopt: if_unowned"));
  error.address = address.print();
  return error;
}

Decision decide_wanted(const Provider& provider, const DecideInput& input) {
  Decision decision;
  switch (input.observed.presence) {
    case Presence::unreadable:
      return unreadable(input);
    case Presence::present:
      return decide_present(provider, input);
    case Presence::unchecked:
    case Presence::absent:
      decision.action = Action::create;
      decision.reason = Reason::new_in_configuration;
      if (input.kind == ResourceKind::check) {
        decision.reason = Reason::check;
      } else if (input.record != nullptr && input.observed.presence == Presence::absent) {
        decision.reason = Reason::gone;
      }
      // What is to be made may stand inside something that is there: warnings about that.
      decision.diagnostics =
          with_address(input.observed.diagnostics, input.request.address.print());
      return decision;
  }
  return decision;
}

Decision decide_unwanted(const Provider& provider, const DecideInput& input, Reason why) {
  Decision decision;
  decision.reason = why;
  if (input.kind != ResourceKind::managed) {
    decision.action = Action::forget;
    return decision;
  }
  switch (input.observed.presence) {
    case Presence::unreadable:
      return unreadable(input);
    case Presence::absent:
      // Gone, and perhaps still at work: only the provider can tell what the removal disturbed, and
      // wait for it.
      if (input.removal_began) break;
      decision.action = Action::forget;
      decision.reason = Reason::already_absent;
      return decision;
    case Presence::unchecked:
    case Presence::present:
      break;
  }
  if (input.observed.presence == Presence::present && input.observed.ownership != Ownership::ours) {
    decision.action = Action::forget;
    Diagnostic warning = make_warning(
        "object is left alone",
        "An object of this name is there, but it is not the one that crosstie made" +
            (input.observed.owner.empty() ? "." : "; it belongs to " + input.observed.owner + "."),
        "Its record goes; delete the object by hand if it should not be there.");
    warning.address = input.request.address.print();
    decision.diagnostics.push_back(std::move(warning));
    return decision;
  }
  decision.action = Action::remove;
  if (input.observed.presence == Presence::present) decision.drift = find_drift(provider, input);
  if (input.lifecycle.prevent_destroy)
    decision.diagnostics.push_back(prevented(input.request.address, "delete"));
  return decision;
}

std::optional<OperationEnd> recover(const Provider& provider, const Operation& operation,
                                    const ResourceRequest& request, const Observation& observed) {
  if (observed.presence == Presence::unreadable || observed.presence == Presence::unchecked)
    return std::nullopt;
  const bool present =
      observed.presence == Presence::present && observed.ownership == Ownership::ours;
  OperationEnd end;
  end.id = operation.id;
  end.state = OperationState::failed;
  end.error = "did not take effect; found by a later run";
  switch (operation.action) {
    case OperationAction::replace_create:
      // The old object is still the recorded one; the new one, if it was made, is a leftover.
      if (request.prior && !request.prior->attributes.is_null()) break;
      [[fallthrough]];
    case OperationAction::create:
      if (present) {
        end.state = OperationState::succeeded;
        end.record = record_of(operation, observed);
      }
      break;
    case OperationAction::update: {
      if (!present) break;
      ResourceRequest intended = request;
      intended.desired = operation.desired;
      if (!provider.diff(intended, observed).any()) {
        end.state = OperationState::succeeded;
        end.record = record_of(operation, observed);
      }
      break;
    }
    case OperationAction::remove:
    case OperationAction::replace_delete:
      if (!present) {
        end.state = OperationState::succeeded;
        end.remove_record = true;
      }
      break;
  }
  if (end.state == OperationState::succeeded) end.error.clear();
  return end;
}

}  // namespace crosstie
