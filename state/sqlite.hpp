#pragma once
// SQLite as three owning types: Database, Statement, Transaction. Errors are thrown as Failure with
// a diagnostic that helps.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "state/failure.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace crosstie::state_file {

/// How long a call waits for another process that writes at this moment.
inline constexpr std::chrono::milliseconds kBusyTimeout{5000};

enum class OpenMode {
  create,         // a new file, made by the caller beforehand with its mode
  read_write,     // an existing file
  query_only,     // as read_write, but refuses to write: the files beside the database vanish again
                  // when it is closed
  read_existing,  // no write right; what another process left in the -wal file is read with it
  immutable       // a file in a folder where nothing can be made
};

/// Bytes for a BLOB column; SQL NULL when there are none.
struct Blob {
  const std::optional<std::string>& bytes;
};

/// A use of a prepared statement. The statement stays prepared in its Database; the use resets it
/// at its end.
class Statement {
 public:
  Statement(class Database& database, sqlite3_stmt* handle)
      : database_(database), handle_(handle) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// Binds the arguments in order and runs to the end; rows are dropped. May be called again with
  /// other arguments.
  template <class... Arguments>
  void run(const Arguments&... arguments) {
    start(arguments...);
    while (step()) {
    }
    reset();
  }
  /// Binds the arguments, which must stay alive until the last step; rows come with step().
  template <class... Arguments>
  void start(const Arguments&... arguments) {
    reset();
    int index = 0;
    (bind(++index, arguments), ...);
    (void)index;
  }
  /// Moves to the next row; false at the end.
  bool step();

  /// Views are valid until the next step.
  std::string_view text(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  void reset();
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);
  void bind(int index, const Blob& blob);

  Database& database_;
  sqlite3_stmt* handle_;
};

/// One open database file. One thread at a time.
class Database {
 public:
  Database(const std::filesystem::path& file, OpenMode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const std::filesystem::path& file() const { return file_; }

  /// Kept in the file itself; to be called only when it is known to be ours.
  void use_write_ahead_log();
  /// A use of `sql`, prepared at the first use and kept.
  Statement use(std::string_view sql);
  /// Runs one or more statements without arguments and rows, not kept.
  void execute(std::string_view sql);
  /// First column of the first row, 0 when there is none.
  std::int64_t number(std::string_view sql);
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  std::int64_t changes() const;
  std::int64_t last_row_id() const;
  bool in_transaction() const;
  /// The first complaint of SQLite's own check of the file, "" when there is none. Reads the whole
  /// file.
  std::string quick_check();

  [[noreturn]] void fail(int code);

 private:
  friend class Statement;
  void configure(OpenMode mode);
  void close();

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> prepared_;
};

/// Rolled back at its end unless committed. `write` takes SQLite's write lock at once, so that what
/// is read in it stays true.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Database& database, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
};

/// What a SQLite result code means for the user. `system_error` is errno of the failed call, 0 when
/// none.
Diagnostic explain_sqlite_error(int code, int system_error, const std::string& message,
                                const std::filesystem::path& file);

}  // namespace crosstie::state_file
