#include "state/sqlite_store.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "state/context.hpp"
#include "state/failure.hpp"
#include "state/journal.hpp"
#include "state/lock.hpp"
#include "state/open.hpp"
#include "state/records.hpp"
#include "state/runs.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

using state_file::Context;
using state_file::Failure;
using state_file::guarded;
using state_file::Transaction;

Diagnostic not_writable_error(const std::filesystem::path& file) {
  return make_error(
      "state is open for reading only",
      "This command only looks at the state " + file.string() + ". Nothing was changed.",
      "To fix it, run a command that may write, such as apply.");
}

/// No file yet: nothing is recorded, and nothing can be.
class EmptyStore : public StateStore {
 public:
  explicit EmptyStore(std::filesystem::path file) : file_(std::move(file)) {}
  Result<StateSnapshot> load() override { return StateSnapshot{}; }
  Result<void> lock(const LockInfo&) override { return refuse(); }
  Result<void> unlock() override { return refuse(); }
  Result<std::optional<LockInfo>> lock_holder() override { return std::optional<LockInfo>(); }
  Result<Run> begin_run(const std::string&, const LockInfo&) override {
    return not_writable_error(file_);
  }
  Result<void> end_run(const Run&) override { return refuse(); }
  Result<void> begin(const std::vector<Operation>&) override { return refuse(); }
  Result<void> finish(const std::vector<OperationEnd>&) override { return refuse(); }
  Result<void> put(const std::vector<ResourceRecord>&,
                   const std::vector<ResourceAddress>&) override {
    return refuse();
  }
  Result<void> set_outputs(const std::map<std::string, Output>&) override { return refuse(); }
  Result<std::string> seal(const std::string&, const std::string&) override {
    return not_writable_error(file_);
  }
  Result<std::string> unseal(const std::string&, const std::string&) override {
    return not_writable_error(file_);
  }
  Result<std::vector<Run>> history(int) override { return std::vector<Run>(); }
  Result<std::vector<Operation>> operations(std::int64_t) override {
    return std::vector<Operation>();
  }

 private:
  Result<void> refuse() const { return not_writable_error(file_); }
  std::filesystem::path file_;
};

class SqliteStore : public StateStore {
 public:
  SqliteStore(Context context, bool read_only)
      : context_(std::move(context)), read_only_(read_only) {}

  Result<StateSnapshot> load() override {
    return read<StateSnapshot>([this] {
      StateSnapshot snapshot;
      {
        state_file::Statement meta = context_.database->use("SELECT lineage, serial FROM meta");
        meta.start();
        if (meta.step()) {
          snapshot.lineage = meta.text(0);
          snapshot.serial = meta.integer(1);
        }
      }
      snapshot.resources = read_records(context_);
      snapshot.pending = read_open_operations(context_);
      snapshot.outputs = read_outputs(context_);
      return snapshot;
    });
  }

  Result<void> lock(const LockInfo& who) override {
    std::string token;
    Result<void> taken = write([&] { token = take_lock(context_, who); });
    if (taken.ok()) token_ = token;
    return taken;
  }

  Result<void> unlock() override {
    Result<void> released = write([&] { release_lock(context_, token_); });
    if (released.ok()) token_.clear();
    return released;
  }

  Result<std::optional<LockInfo>> lock_holder() override {
    return read<std::optional<LockInfo>>([this] { return read_lock(context_); });
  }

  Result<Run> begin_run(const std::string& command, const LockInfo& who) override {
    Run run;
    Result<void> begun = commit([&] {
      mark_interrupted(context_);
      run = insert_run(context_, command, who);
    });
    if (!begun.ok()) return begun.failure();
    return run;
  }

  Result<void> end_run(const Run& run) override {
    return commit([&] { update_run(context_, run); });
  }

  Result<void> begin(const std::vector<Operation>& operations) override {
    if (operations.empty()) return {};
    return commit([&] { begin_operations(context_, operations); });
  }

  Result<void> finish(const std::vector<OperationEnd>& ends) override {
    if (ends.empty()) return {};
    return commit([&] { finish_operations(context_, ends); });
  }

  Result<void> put(const std::vector<ResourceRecord>& records,
                   const std::vector<ResourceAddress>& forget) override {
    if (records.empty() && forget.empty()) return {};
    return commit([&] {
      for (const ResourceRecord& record : records) write_record(context_, record);
      for (const ResourceAddress& address : forget) delete_record(context_, address.print());
    });
  }

  Result<void> set_outputs(const std::map<std::string, Output>& outputs) override {
    return commit([&] { write_outputs(context_, outputs); });
  }

  Result<std::string> seal(const std::string& plain, const std::string& purpose) override {
    return context_.sealer.seal(plain, {.table = "file", .column = purpose, .row = ""});
  }

  Result<std::string> unseal(const std::string& sealed, const std::string& purpose) override {
    std::optional<std::string> plain =
        context_.sealer.open(sealed, {.table = "file", .column = purpose, .row = ""});
    if (plain) return std::move(*plain);
    return make_error("sealed text cannot be opened",
                      "It was not sealed with this state's key, or it was changed since.");
  }

  Result<std::vector<Run>> history(int limit) override {
    return read<std::vector<Run>>([&] { return read_runs(context_, limit); });
  }

  Result<std::vector<Operation>> operations(std::int64_t run) override {
    return read<std::vector<Operation>>([&] { return read_operations(context_, run); });
  }

 private:
  /// One consistent look.
  template <class T, class Body>
  Result<T> read(Body&& body) {
    return guarded<T>([&] {
      Transaction transaction(*context_.database, Transaction::Kind::read);
      T result = body();
      transaction.commit();
      return result;
    });
  }

  /// One commit of the lock table, on disk at the end.
  template <class Body>
  Result<void> write(Body&& body) {
    if (read_only_) return not_writable_error(context_.database->file());
    return guarded<void>([&] {
      Transaction transaction(*context_.database, Transaction::Kind::write);
      body();
      transaction.commit();
    });
  }

  /// One commit of what is recorded: only with the right to write, and with the next serial.
  template <class Body>
  Result<void> commit(Body&& body) {
    return write([&] {
      require_write_right(context_, token_);
      body();
      context_.database->use("UPDATE meta SET serial = serial + 1").run();
    });
  }

  Context context_;
  bool read_only_;
  std::string token_;  // proves our lock, "" without one
};

}  // namespace

Result<std::unique_ptr<StateStore>> open_sqlite_store(StateOptions options) {
  return guarded<std::unique_ptr<StateStore>>([&]() -> std::unique_ptr<StateStore> {
    auto context = state_file::open_state(options);
    if (!context) return std::make_unique<EmptyStore>(options.file);
    return std::make_unique<SqliteStore>(*std::move(context), options.read_only);
  });
}

}  // namespace crosstie
