#pragma once
// Recorded truth: what exists because of us, the journal of every write, runs, outputs, and the
// lock. The engine sees only this interface; SQLite (sqlite_store.hpp) is one way to keep it.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie {

/// ready: written and settled. settling: written, not seen ready yet (the next run waits again).
/// tainted: recorded as unsound, the next plan replaces it.
enum class RecordStatus { ready, settling, tainted };

/// One resource as recorded. Sensitive parts of the values are sealed at rest.
struct ResourceRecord {
  ResourceAddress address;
  std::string type;
  std::string connection;  // "kubernetes", "kubernetes.west"
  Value desired;           // arguments of the last apply
  Value attributes;        // answered by the provider
  Value before;            // before-image of an adopted object, null when we created it
  Value token;             // what `settle` still waits for, null when ready
  RecordStatus status = RecordStatus::ready;
  bool prevent_destroy = false;
  std::vector<ResourceAddress>
      depends_on;  // for the reverse order of destroy when the configuration is gone
  /// The links that it belongs to (`link.logs["eu"]`), each with the model that it was made with.
  std::map<std::string, std::string> links;
  std::int64_t run = 0;  // run that wrote it last
};

enum class OperationAction { create, update, replace_create, replace_delete, remove };
enum class OperationState {
  pending,
  succeeded,
  failed,
  unknown
};  // unknown: the request may have taken effect

/// One journal entry: the intent, committed before the remote write; the outcome after it.
struct Operation {
  std::string id;  // uuid, also in the mark of what is created
  std::int64_t run = 0;
  std::int64_t sequence = 0;  // order inside the run, set by the store
  ResourceAddress address;
  std::string type;
  std::string connection;
  OperationAction action = OperationAction::create;
  Value desired;          // what will be written
  Value before_image;     // the object as it was seen right before (sealed)
  Value recorded_before;  // before-image kept in the record (adopted objects)
  std::vector<ResourceAddress> depends_on;
  std::map<std::string, std::string> links;  // as in the record
  bool prevent_destroy = false;
  OperationState state = OperationState::pending;
  std::string error;                    // summary of a failure; never holds a secret
  std::string started_at, finished_at;  // RFC 3339 UTC, milliseconds
};

/// What became of one operation.
struct OperationEnd {
  std::string id;
  OperationState state = OperationState::succeeded;
  std::string error;
  std::optional<ResourceRecord> record;  // upserted in the same commit
  bool remove_record = false;  // the record of the operation's address goes in the same commit
};

enum class RunState {
  running,
  succeeded,
  failed,
  cancelled,
  interrupted
};  // interrupted: found without an end by a later run

struct Run {
  std::int64_t id = 0;      // 1, 2, 3 ...
  std::string command;      // "apply", "destroy"
  std::string owner, host;  // user and machine
  std::int64_t pid = 0;
  std::string started_at, finished_at;
  RunState state = RunState::running;
  int added = 0, changed = 0, destroyed = 0, failed = 0;
  std::string summary;
};

struct LockInfo {
  std::string owner, host, command;
  std::int64_t pid = 0;
  std::string since;  // RFC 3339 UTC
};

struct Output {
  Value value;
  std::string type;  // Terraform's type word: "string", "number", "bool", "list", "object"
};

/// Everything that a plan needs, read in one consistent look.
struct StateSnapshot {
  std::string lineage;
  std::int64_t serial = 0;
  std::vector<ResourceRecord> resources;  // in address order
  std::vector<Operation> pending;         // began, no outcome (or outcome unknown), oldest first
  std::map<std::string, Output> outputs;
};

/// Summary of the diagnostic for a lock that somebody else holds (exit code 7).
inline constexpr std::string_view kLockHeldSummary = "state is locked by another run";

/// Diagnostics that every store gives alike. `release_command` is how to take away the lock of a
/// process that is gone.
Diagnostic lock_held_error(const LockInfo& holder, const std::string& release_command);
Diagnostic lock_lost_error();
Diagnostic not_open_error(const std::string& operation_id);
Diagnostic no_such_run_error(std::int64_t run);

/// Synchronous; one thread at a time. Every mutating call is one commit that is on disk when it
/// returns, and raises the serial (lock calls aside). Errors: lock held, disk full, read-only
/// folder, newer format, wrong or missing key, corrupted file; each a Diagnostic that says what was
/// not changed.
class StateStore {
 public:
  virtual ~StateStore() = default;

  virtual Result<StateSnapshot> load() = 0;

  /// Takes the exclusive right to write; fails naming the holder. A holder on this host whose
  /// process is gone is replaced, and its run becomes interrupted. While somebody holds the lock,
  /// every other store refuses to write.
  virtual Result<void> lock(const LockInfo& who) = 0;
  /// Fails when this store does not hold the lock (any more).
  virtual Result<void> unlock() = 0;
  virtual Result<std::optional<LockInfo>> lock_holder() = 0;

  /// Opens a run; runs found without an end become interrupted.
  virtual Result<Run> begin_run(const std::string& command, const LockInfo& who) = 0;
  virtual Result<void> end_run(const Run& run) = 0;

  /// Commits the intents of all operations that are about to start, together. Empty lists change
  /// nothing, here and below.
  virtual Result<void> begin(const std::vector<Operation>& operations) = 0;
  /// Commits outcomes together. Fails as a whole when one of the operations is not open (pending or
  /// unknown).
  virtual Result<void> finish(const std::vector<OperationEnd>& ends) = 0;
  /// Records without a remote write: reads of a pending operation's end, forget, refreshed
  /// attributes.
  virtual Result<void> put(const std::vector<ResourceRecord>& records,
                           const std::vector<ResourceAddress>& forget) = 0;
  virtual Result<void> set_outputs(const std::map<std::string, Output>& outputs) = 0;

  /// Encrypts text for a file beside the state (a saved plan) with the state's key; `purpose` is
  /// bound to it. Writes nothing.
  virtual Result<std::string> seal(const std::string& plain, const std::string& purpose) = 0;
  /// Fails when the text was sealed for another state or purpose, or was changed.
  virtual Result<std::string> unseal(const std::string& sealed, const std::string& purpose) = 0;

  virtual Result<std::vector<Run>> history(int limit) = 0;  // newest first
  virtual Result<std::vector<Operation>> operations(std::int64_t run) = 0;
};

}  // namespace crosstie
