#pragma once
// The contract between the engine and whoever speaks to one API family. The engine knows nothing of
// Kubernetes, ECH or Elasticsearch; a provider knows nothing of links, plans or state.
//
// Rules that every provider keeps:
//  - observe sends read requests only (GET; never a write verb, not even a dry run).
//  - "does not exist" is an observation (absent); "cannot tell" is unreadable with its error, never
//  absent.
//  - create, update and remove are idempotent and safe to repeat after a crash: create of what is
//  already ours succeeds, remove of
//    what is absent succeeds.
//  - nothing that is not ours, and nothing that changed since `approved` was seen, is overwritten:
//  re-read, recompute the paths we own,
//    go on when the change is still the approved one, else fail and show both.
//  - a failure whose outcome is unknown (the request may have taken effect) says so:
//  WriteFailure::outcome_unknown.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie {

template <class T>
using Task = boost::asio::awaitable<T>;

/// What is recorded of a resource from earlier runs, or what a pending operation intended.
struct Recorded {
  Value desired;     // arguments of the last apply
  Value attributes;  // what the provider answered then
  Value before;      // before-image of an adopted object; null when we created it
};

/// One resource, as the engine sees it when it asks a provider to look or to act.
struct ResourceRequest {
  ResourceAddress address;
  std::string type;
  Value desired;  // evaluated arguments, defaults filled in; may hold unknowns while planning; null
                  // when only state has it
  std::optional<Recorded> prior;
  Adoption adoption = Adoption::never;
  std::string lineage;            // identity of this history; part of our mark on what we create
  std::string pending_operation;  // id of an operation that began and has no outcome, "" when none
};

enum class Presence {
  absent,
  present,
  unchecked,  // cannot be asked yet: its identity is unknown, or its namespace or kind comes first;
              // `reason` says which
  unreadable  // the service refused or could not be reached; `diagnostics` says why
};

enum class Ownership {
  ours,     // carries our mark, or is recorded with a matching identity
  unowned,  // exists, nobody claims it
  foreign   // exists and somebody claims it: `owner`
};

struct Observation {
  Presence presence = Presence::absent;
  Value attributes;  // as the schema names them; includes computed ones. For reads: the result.
  Ownership ownership = Ownership::ours;
  std::string owner;   // "field manager argocd-controller", "another crosstie state (lineage ...)"
  std::string reason;  // for unchecked; for reads that are not ready
  Diagnostics diagnostics;
  bool incomplete = false;  // present, but something that only its creation gave is lost (a key's
                            // secret): must be replaced
  Value before;  // of an object that is not ours: what destroy gives back once it was adopted; goes
                 // into the journal with the intent, so that a killed adoption can still be undone
  bool leftovers = false;  // objects of ours beside the recorded one (schema's create_first): an
                           // old one, or one whose answer was lost
  std::string version;     // opaque; differs when the object was changed (uid/resourceVersion, plan
                           // version); "" when there is none
};

/// One field that must change. `replace`: only a new object can have it.
struct FieldDifference {
  Path path;
  Value before;
  Value after;
  bool replace = false;
  std::string note;  // "value is not readable; compared with the recorded one"
};

struct Difference {
  std::vector<FieldDifference> fields;
  bool any() const { return !fields.empty(); }
  bool needs_replace() const {
    for (const FieldDifference& field : fields)
      if (field.replace) return true;
    return false;
  }
};

/// What apply will wait for and disturb, told by the plan: "roll 3 pods, green".
struct Forecast {
  std::string waits_for;  // "" = nothing
  std::string
      disruption;  // "restarts 3 pods of default/quickstart, one rolling restart", "" = none
  bool irreversible = false;
  std::string irreversible_reason;
};

class ProgressSink;

struct WriteRequest {
  ResourceRequest resource;
  /// Id of the journal entry; put into the mark where the API has room for it.
  std::string operation;
  Observation approved;   // what the plan was made from
  Difference difference;  // the approved change (empty for create and remove)
  /// Remove: what is ours beside the recorded object goes, and the object stays.
  bool leftovers_only = false;
  bool dry_run = false;  // only a provider's own server_check sets it
  /// Where a write that has to wait its turn says so; never a null pointer while an apply runs.
  ProgressSink* progress = nullptr;
};

/// What a write gave. `token` is handed to `settle`: the generation, uid or plan attempt that this
/// very write produced.
struct Outcome {
  Value attributes;
  Value
      before;   // before-image of an adopted object, to be given back on destroy; null when created
  Value token;  // null: nothing to wait for
};

struct WriteFailure {
  Diagnostics diagnostics;
  bool outcome_unknown = false;  // the request may have taken effect: the operation stays pending
};

/// A write's end: an outcome or a failure.
struct WriteResult {
  std::optional<Outcome> outcome;
  WriteFailure failure;
  static WriteResult done(Outcome value) { return {std::move(value), {}}; }
  static WriteResult failed(Diagnostics why, bool unknown = false) {
    return {std::nullopt, {std::move(why), unknown}};
  }
  static WriteResult failed(Diagnostic why, bool unknown = false) {
    return failed(Diagnostics{std::move(why)}, unknown);
  }
};

/// What a wait sees now; shown on the terminal and as apply_progress.
struct WaitState {
  std::string condition;     // "status.phase"
  std::string value;         // "ApplyingChanges"
  std::string detail;        // "1 of 3 nodes done, quickstart-es-default-1 now"
  std::string last_warning;  // last warning event seen
};
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void waiting(const ResourceAddress& address, const WaitState& state) = 0;
};

/// The three clocks of a wait. The run's own deadline is the caller's (it cancels the coroutine).
struct WaitLimits {
  std::chrono::milliseconds object{std::chrono::minutes(60)};       // this object, whatever happens
  std::chrono::milliseconds no_activity{std::chrono::minutes(15)};  // nothing about it changed
  std::chrono::milliseconds failure_holds{
      std::chrono::seconds(30)};  // a state that looks failed must hold this long
};

struct WaitRequest {
  ResourceRequest resource;
  Value
      attributes;  // of the outcome (or of the record, when a killed run's wait is taken up again)
  Value token;
  WaitLimits limits;
};

class Provider {
 public:
  virtual ~Provider() = default;

  /// Types that this provider serves. Pure.
  virtual const std::vector<ResourceSchema>& schema() const = 0;

  /// What must change so that `observed` becomes `request.desired`; unknown desired fields count as
  /// a change of that field. Pure. The one comparison: plan, apply, drift and the look before a
  /// write all use it.
  virtual Difference diff(const ResourceRequest& request, const Observation& observed) const = 0;

  /// What apply of this action would wait for. Pure. `action` is "create", "update", "replace",
  /// "delete".
  virtual Forecast forecast(const ResourceRequest& request, const Observation& observed,
                            const std::string& action) const;

  /// Looks at a batch, in the order given, with as few requests as the API allows (LIST pages, one
  /// settings read a cluster). For reads the attributes are the result; a read that would have to
  /// wait is `unchecked` here and `settle`d at apply.
  virtual Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) = 0;

  virtual Task<WriteResult> create(WriteRequest request) = 0;
  virtual Task<WriteResult> update(WriteRequest request) = 0;
  virtual Task<WriteResult> remove(WriteRequest request) = 0;

  /// Asks the service whether it would take this create or update, and changes nothing: a dry run.
  /// Only `plan -server-check` calls it, for what is fully known. No diagnostics: the service would
  /// take it, or cannot be asked about this type.
  virtual Task<Diagnostics> server_check(WriteRequest request);

  /// Waits until the write (or, for a read, the object) is ready; gives the final attributes.
  /// Counts readiness only for our own change
  /// (`token`). Cancellation by the caller ends it at once.
  virtual Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress);
};

}  // namespace crosstie
