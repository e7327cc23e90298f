#pragma once
// What apply would do, and why. Data only: made by Planner, shown by views, saved by plan_file, run
// by Applier.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {

/// before and after of a Change, by action:
///   no_op    both are what is there        read    before null, after the arguments of the look
///   create   before null, after desired    update  before what is there, after desired
///   replace  as update                     remove  before what is there, after null
///   forget   before the record, after null: nothing is sent, the record goes
enum class Action { no_op, create, read, update, replace, remove, forget };
std::string_view action_name(
    Action action);  // "no-op", "create", "read", "update", "replace", "delete", "forget"

/// Why the action was chosen. For display; apply never looks at it.
enum class Reason {
  none,
  new_in_configuration,
  changed_arguments,  // the configuration asks for something else
  drift,              // somebody changed the object
  gone,               // recorded, but not there any more
  cannot_be_updated,  // a field that only a new object can have
  lost_secret,        // exists, but what only its creation gave is lost
  tainted,
  requested,    // --replace
  not_settled,  // written by an earlier run, not seen ready: apply only waits
  adopted,      // exists without our mark, taken as the configuration allows
  removed_from_configuration,
  when_false,
  destroy,
  already_absent,
  deferred_read,  // its inputs are known only after another step
  check           // a proof to be run
};
std::string_view reason_name(Reason reason);

struct Change {
  ResourceAddress address;
  std::string type;
  std::string connection;
  ResourceKind kind = ResourceKind::managed;
  Action action = Action::no_op;
  Reason reason = Reason::none;
  Value before;
  Value after;  // planned arguments; unknowns inside say which step they wait for
  std::vector<FieldDifference> fields;  // what update or replace will change
  std::vector<FieldDifference> drift;   // what somebody else changed since it was recorded
  Forecast forecast;
  bool unchecked = false;  // could not be looked at yet
  std::string unchecked_reason;
  Observation approved;  // what the decision was made from
  std::optional<Recorded> prior;
  Value token;          // of a record that is not settled
  std::string resumes;  // removal that an earlier run left without an outcome: this one ends it
  Adoption adoption = Adoption::never;
  bool prevent_destroy = false;
  bool create_first = false;  // of a replace: the old object goes last
  std::vector<ResourceAddress> depends_on;
  std::vector<ResourceAddress>
      recorded_depends_on;  // of the last apply; what goes must wait for these dependents
  /// The links that it belongs to, each with its model; what is recorded of that.
  std::map<std::string, std::string> links;
  std::map<std::string, std::string> recorded_links;
};

/// How much of the world this plan has seen.
struct Coverage {
  int live = 0;           // looked at
  int recorded_only = 0;  // believed from the record
  int unreadable = 0;     // the service refused or could not be reached
  int unchecked = 0;      // cannot be asked yet
};

struct PlannedOutput {
  Output output;
  bool changed = false;
  std::optional<Value> before;  // of the last apply; none for a new output
};

struct Plan {
  std::string lineage;
  std::int64_t serial = 0;
  bool destroy = false;
  std::vector<Change> changes;  // dependency order, no-ops included
  std::vector<OperationEnd>
      recoveries;  // what became of operations that an earlier run left without an outcome
  std::vector<std::string> recovery_notes;  // the same in words, for people
  std::map<std::string, PlannedOutput> outputs;
  Coverage coverage;
  Diagnostics warnings;

  int count(Action action) const;
  /// Terraform's numbers: replace counts as one to add and one to destroy.
  int to_add() const { return count(Action::create) + count(Action::replace); }
  int to_change() const { return count(Action::update); }
  int to_destroy() const { return count(Action::remove) + count(Action::replace); }
  /// Whether apply would do anything at all, output changes included.
  bool has_changes() const;
  bool has_drift() const;
};

}  // namespace crosstie
