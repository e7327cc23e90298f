#include "state/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/model/diagnostic.hpp"
#include "state/failure.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::string_view kUnchanged = " Nothing was changed by this step.";

/// `file:` URI of a path; only what a URI would read differently is escaped.
std::string file_uri(const std::filesystem::path& file) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

Diagnostic damaged(const std::filesystem::path& file, const std::string& found) {
  return make_error(
      "state file is damaged",
      "The state file " + file.string() + " cannot be trusted. " + found + std::string(kUnchanged),
      "To fix it, put back a copy of the file from a backup (with its -wal file, if the backup has "
      "one). "
      "Without a backup, SQLite can save what is readable:\n  sqlite3 " +
          file.string() + " .recover");
}

Diagnostic explain_sqlite_error(int code, int system_error, const std::string& message,
                                const std::filesystem::path& file) {
  const std::string name = file.string();
  const std::string unchanged(kUnchanged);
  const std::string cause =
      system_error != 0 ? std::string(" (") + std::strerror(system_error) + ")" : std::string();
  const int kind = code & 0xff;
  if (kind == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT)
    return make_error("no space left for the state",
                      "The state file " + name + " cannot grow" + cause + "." + unchanged,
                      "To fix it, free space on that disk, then run the command again.");
  switch (kind) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make_error(
          "state file is busy",
          "Another process has been writing to " + name + " for longer than " +
              std::to_string(kBusyTimeout.count() / 1000) + " seconds." + unchanged,
          "To fix it, wait for the other process to end, then run the command again.");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make_error(
          "state file cannot be opened for writing",
          "The state file " + name + " or its folder may not be written or does not exist" + cause +
              ": " + message + "." + unchanged,
          "To fix it, run as the owner of the folder, or make the file and its folder "
          "writable for you; SQLite keeps two more files beside it.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(file, "SQLite says: " + message + ".");
    case SQLITE_CONSTRAINT:
      return make_error("state refuses an entry that does not fit",
                        "The state file " + name + " says: " + message + "." + unchanged,
                        "To fix it, report this as a bug of crosstie.");
    case SQLITE_TOOBIG:
      return make_error("value is too large for the state",
                        "A value is larger than a field of " + name + " may be." + unchanged,
                        "To fix it, make the resource smaller, or split it.");
    default:
      return make_error(
          "state file cannot be used",
          "Reading or writing " + name + " failed" + cause + ": " + message + "." + unchanged,
          "To fix it, check the disk and the rights of the folder, then run the command again.");
  }
}

Database::Database(const std::filesystem::path& file, OpenMode mode) : file_(file) {
  int flags = SQLITE_OPEN_READWRITE;
  std::string name = std::filesystem::absolute(file).string();
  if (mode == OpenMode::read_existing) flags = SQLITE_OPEN_READONLY;
  if (mode == OpenMode::immutable) {
    flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    name = file_uri(file) + "?immutable=1";
  }
  const int code = sqlite3_open_v2(name.c_str(), &handle_,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    configure(mode);
  } catch (...) {
    close();
    throw;
  }
}

Database::~Database() { close(); }

void Database::close() {
  for (auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  prepared_.clear();
  sqlite3_close(handle_);
  handle_ = nullptr;
}

void Database::configure(OpenMode mode) {
  sqlite3_busy_timeout(handle_, static_cast<int>(kBusyTimeout.count()));
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Nothing that a file brings along is run, and nothing is written to a place of SQLite's own
  // choice.
  execute("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON");
  if (mode == OpenMode::read_existing || mode == OpenMode::immutable) return;
  if (sqlite3_db_readonly(handle_, "main") == 1) fail(SQLITE_READONLY);
  if (mode == OpenMode::query_only) {
    execute("PRAGMA query_only = ON");
    return;
  }
  execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  if (mode == OpenMode::create) use_write_ahead_log();
}

void Database::use_write_ahead_log() { execute("PRAGMA journal_mode = WAL"); }

Statement Database::use(std::string_view sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return {*this, found->second};
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code);
  prepared_.emplace(std::string(sql), statement);
  return {*this, statement};
}

void Database::execute(std::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::number(std::string_view sql) {
  Statement query = use(sql);
  query.start();
  return query.step() ? query.integer(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(handle_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::string Database::quick_check() {
  try {
    Statement query = use("PRAGMA quick_check(1)");
    query.start();
    const std::string answer = query.step() ? std::string(query.text(0)) : std::string();
    return answer == "ok" ? std::string() : answer;
  } catch (const Failure& failure) {
    return failure.diagnostic().detail;
  }
}

void Database::fail(int code) {
  const std::string message = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const int kind = code & 0xff;
  // errno is of meaning after failed calls to the system only; elsewhere it is left over from
  // something else.
  const bool from_system = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL;
  const int system_error = from_system && handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  throw Failure(explain_sqlite_error(code, system_error, message, file_));
}

Statement::~Statement() { reset(); }

void Statement::reset() {
  // The code of a reset repeats the failure of the last step, which was reported then.
  (void)sqlite3_reset(handle_);
  (void)sqlite3_clear_bindings(handle_);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.fail(code);
}

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind SQL NULL; an empty view may hold one.
  const char* data = text.data() != nullptr ? text.data() : "";
  const int code =
      sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind(int index, std::int64_t number) {
  const int code = sqlite3_bind_int64(handle_, index, number);
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind(int index, const Blob& blob) {
  const int code = blob.bytes ? sqlite3_bind_blob64(handle_, index, blob.bytes->data(),
                                                    blob.bytes->size(), SQLITE_STATIC)
                              : sqlite3_bind_null(handle_, index);
  if (code != SQLITE_OK) database_.fail(code);
}

std::string_view Statement::text(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(data != nullptr ? size : 0)};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.use(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN").run();
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some failures (a full disk is one).
  if (!database_.in_transaction()) return;
  try {
    database_.use("ROLLBACK").run();
  } catch (const Failure&) {  // NOLINT(bugprone-empty-catch)
    // The file is as it was: what is not committed does not count for the next reader.
  }
}

void Transaction::commit() { database_.use("COMMIT").run(); }

}  // namespace crosstie::state_file
