#pragma once
// The state in memory, for tests of the engine: the same contract as the SQLite store
// (tests/state/contract_test.cpp runs on both). The data outlives a store, so that a test can drop
// the store in the middle of a run and "reopen" it.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "state/store.hpp"

namespace crosstie::testing {

/// What would be in the file.
struct MemoryState {
  std::string lineage = "00000000-0000-4000-8000-000000000001";
  std::int64_t serial = 0;
  std::map<ResourceAddress, ResourceRecord> resources;
  std::vector<Operation> operations;
  std::map<std::string, std::size_t> operation_index;  // by id
  std::map<std::int64_t, std::int64_t> last_sequence;  // by run
  std::vector<Run> runs;
  std::map<std::string, Output> outputs;
  std::optional<LockInfo> lock;
  int lock_token = 0;  // 0: nobody holds it
  int last_token = 0;
};

class MemoryStore : public StateStore {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryState> state = std::make_shared<MemoryState>())
      : state_(std::move(state)) {}

  /// Time of runs and operations.
  std::function<std::string()> now = [] { return std::string("2026-01-01T00:00:00.000Z"); };
  /// Whether the process that holds the lock is gone.
  std::function<bool(const LockInfo&)> is_gone = [](const LockInfo&) { return false; };
  /// Asked before every mutating call with its name ("begin", "finish", "put", ...); a diagnostic
  /// makes the call fail with nothing changed.
  std::function<std::optional<Diagnostic>(const std::string& call)> fault;

  const MemoryState& state() const { return *state_; }

  Result<StateSnapshot> load() override {
    StateSnapshot snapshot;
    snapshot.lineage = state_->lineage;
    snapshot.serial = state_->serial;
    for (const auto& [address, record] : state_->resources) snapshot.resources.push_back(record);
    for (const Operation& operation : state_->operations)
      if (is_open(operation.state)) snapshot.pending.push_back(operation);
    std::sort(snapshot.pending.begin(), snapshot.pending.end(),
              [](const Operation& a, const Operation& b) {
                return std::pair(a.run, a.sequence) < std::pair(b.run, b.sequence);
              });
    snapshot.outputs = state_->outputs;
    return snapshot;
  }

  Result<void> lock(const LockInfo& who) override {
    if (auto failure = injected("lock")) return *failure;
    if (state_->lock) {
      if (state_->lock->host != who.host || !is_gone(*state_->lock))
        return lock_held_error(*state_->lock, "(in memory)");
      mark_interrupted();
    }
    state_->lock = who;
    if (who.since.empty()) state_->lock->since = now();
    token_ = state_->lock_token = ++state_->last_token;
    return {};
  }

  Result<void> unlock() override {
    if (auto failure = injected("unlock")) return *failure;
    if (token_ == 0 || state_->lock_token != token_) return lock_lost_error();
    state_->lock.reset();
    token_ = state_->lock_token = 0;
    return {};
  }

  Result<std::optional<LockInfo>> lock_holder() override { return state_->lock; }

  Result<Run> begin_run(const std::string& command, const LockInfo& who) override {
    if (auto failure = refused("begin_run")) return *failure;
    mark_interrupted();
    Run run;
    run.id = static_cast<std::int64_t>(state_->runs.size()) + 1;
    run.command = command;
    run.owner = who.owner;
    run.host = who.host;
    run.pid = who.pid;
    run.started_at = now();
    state_->runs.push_back(run);
    ++state_->serial;
    return run;
  }

  Result<void> end_run(const Run& run) override {
    if (auto failure = refused("end_run")) return *failure;
    if (!has_run(run.id)) return no_such_run_error(run.id);
    Run& kept = state_->runs[static_cast<std::size_t>(run.id - 1)];
    kept.finished_at = run.finished_at.empty() ? now() : run.finished_at;
    kept.state = run.state;
    kept.added = run.added;
    kept.changed = run.changed;
    kept.destroyed = run.destroyed;
    kept.failed = run.failed;
    kept.summary = run.summary;
    ++state_->serial;
    return {};
  }

  Result<void> begin(const std::vector<Operation>& operations) override {
    if (operations.empty()) return {};
    if (auto failure = refused("begin")) return *failure;
    std::set<std::string> ids;
    for (const Operation& operation : operations)
      if (!has_run(operation.run) || state_->operation_index.contains(operation.id) ||
          !ids.insert(operation.id).second)
        return make_error("state refuses an entry that does not fit",
                          "Operation " + operation.id + " is there already, or its run is not.",
                          "To fix it, report this as a bug of crosstie.");
    for (Operation operation : operations) {
      operation.sequence = ++state_->last_sequence[operation.run];
      operation.state = OperationState::pending;
      operation.error.clear();
      operation.finished_at.clear();
      if (operation.started_at.empty()) operation.started_at = now();
      state_->operation_index[operation.id] = state_->operations.size();
      state_->operations.push_back(std::move(operation));
    }
    ++state_->serial;
    return {};
  }

  Result<void> finish(const std::vector<OperationEnd>& ends) override {
    if (ends.empty()) return {};
    if (auto failure = refused("finish")) return *failure;
    std::map<std::string, OperationState> states;  // as they are after the ends so far
    for (const OperationEnd& end : ends) {
      const auto index = state_->operation_index.find(end.id);
      if (index == state_->operation_index.end()) return not_open_error(end.id);
      const auto state = states.emplace(end.id, state_->operations[index->second].state).first;
      if (!is_open(state->second)) return not_open_error(end.id);
      state->second = end.state;
    }
    for (const OperationEnd& end : ends) {
      Operation& operation = state_->operations[state_->operation_index.at(end.id)];
      operation.state = end.state;
      operation.error = end.error;
      operation.finished_at = now();
      if (end.remove_record) state_->resources.erase(operation.address);
      if (end.record) state_->resources.insert_or_assign(end.record->address, *end.record);
    }
    ++state_->serial;
    return {};
  }

  Result<void> put(const std::vector<ResourceRecord>& records,
                   const std::vector<ResourceAddress>& forget) override {
    if (records.empty() && forget.empty()) return {};
    if (auto failure = refused("put")) return *failure;
    for (const ResourceRecord& record : records)
      state_->resources.insert_or_assign(record.address, record);
    for (const ResourceAddress& address : forget) state_->resources.erase(address);
    ++state_->serial;
    return {};
  }

  Result<void> set_outputs(const std::map<std::string, Output>& outputs) override {
    if (auto failure = refused("set_outputs")) return *failure;
    state_->outputs = outputs;
    ++state_->serial;
    return {};
  }

  Result<std::string> seal(const std::string& plain, const std::string& purpose) override {
    return purpose + ":" + plain;
  }
  Result<std::string> unseal(const std::string& sealed, const std::string& purpose) override {
    if (!sealed.starts_with(purpose + ":")) return make_error("sealed text cannot be opened", "");
    return sealed.substr(purpose.size() + 1);
  }

  Result<std::vector<Run>> history(int limit) override {
    std::vector<Run> runs(state_->runs.rbegin(), state_->runs.rend());
    if (runs.size() > static_cast<std::size_t>(std::max(limit, 0)))
      runs.resize(static_cast<std::size_t>(std::max(limit, 0)));
    return runs;
  }

  Result<std::vector<Operation>> operations(std::int64_t run) override {
    std::vector<Operation> found;
    for (const Operation& operation : state_->operations)
      if (operation.run == run) found.push_back(operation);
    return found;
  }

 private:
  static bool is_open(OperationState state) {
    return state == OperationState::pending || state == OperationState::unknown;
  }
  bool has_run(std::int64_t id) const {
    return id >= 1 && id <= static_cast<std::int64_t>(state_->runs.size());
  }
  void mark_interrupted() {
    for (Run& run : state_->runs)
      if (run.state == RunState::running) run.state = RunState::interrupted;
  }
  std::optional<Diagnostic> injected(const std::string& call) {
    return fault ? fault(call) : std::nullopt;
  }
  /// Why a call that changes records may not be made.
  std::optional<Diagnostic> refused(const std::string& call) {
    if (auto failure = injected(call)) return failure;
    if (state_->lock_token == token_) return std::nullopt;
    if (token_ == 0) return lock_held_error(*state_->lock, "(in memory)");
    return lock_lost_error();
  }

  std::shared_ptr<MemoryState> state_;
  int token_ = 0;
};

}  // namespace crosstie::testing
