#include "state/open.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/secret.hpp"
#include "state/context.hpp"
#include "state/failure.hpp"
#include "state/key.hpp"
#include "state/migrate.hpp"
#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "state/sqlite_store.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::string_view kKeyCheckText = "crosstie";
constexpr Cell kKeyCheckCell{"meta", "key_check", "1"};
constexpr std::size_t kUuidBytes = 16;

std::string system_time() {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::string fraction = std::to_string(1000 + milliseconds % 1000);
  fraction[0] = '.';
  return std::string(text, size) + fraction + "Z";
}

std::string make_uuid(const StateOptions& options) {
  std::string bytes =
      options.random_bytes ? options.random_bytes(kUuidBytes) : secure_random(kUuidBytes);
  bytes.resize(kUuidBytes);
  // RFC 9562: version 4, variant 10.
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

Failure cannot_make(const std::filesystem::path& file) {
  return Failure(
      make_error("state file cannot be made",
                 "The state file " + file.string() + " cannot be made: " + std::strerror(errno) +
                     ". Nothing was changed.",
                 "To fix it, make its folder writable for you, or run the command elsewhere."));
}

/// Removes what is left of a state that was not finished.
class Draft {
 public:
  explicit Draft(std::filesystem::path file) : file_(std::move(file)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((file_.string() + suffix).c_str());
  }
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

void fill_new(const std::filesystem::path& file, const StateOptions& options,
              const std::string& lineage, const Secret& key) {
  Database database(file, OpenMode::create);
  Sealer sealer(key, lineage);
  const std::optional<std::string> key_check = sealer.seal(kKeyCheckText, kKeyCheckCell);
  const std::string now = options.now ? options.now() : system_time();
  Transaction transaction(database, Transaction::Kind::write);
  database.execute(schema_sql());
  database
      .use("INSERT INTO meta (id, lineage, serial, created_at, key_check) VALUES (1, ?, 0, ?, ?)")
      .run(lineage, now, Blob{key_check});
  transaction.commit();
}

/// The whole file is made under another name and then linked to its own, so that nobody ever sees
/// half a state, and of two processes that make it at once one wins.
void make_state(const StateOptions& options) {
  make_private_folder(folder_of(options.file), "the state");
  const std::string lineage = make_uuid(options);
  const Draft draft(options.file.string() + ".new-" + to_hex(secure_random(8)));
  const int descriptor =
      ::open(draft.file().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw cannot_make(options.file);
  ::close(descriptor);
  const Secret key = make_key(options.key, lineage);
  try {
    fill_new(draft.file(), options, lineage, key);
    if (::link(draft.file().c_str(), options.file.c_str()) != 0) {
      if (errno != EEXIST) throw cannot_make(options.file);
      discard_key(options.key, lineage);  // the other process's state is the one that is opened
    }
  } catch (...) {
    discard_key(options.key, lineage);
    throw;
  }
  sync_folder(folder_of(options.file));
}

OpenMode choose_mode(const StateOptions& options) {
  if (!options.read_only) return OpenMode::read_write;
  std::error_code error;
  const auto log_bytes = std::filesystem::file_size(options.file.string() + "-wal", error);
  if (!error && log_bytes > 0) return OpenMode::read_existing;
  const bool writable = ::access(folder_of(options.file).c_str(), W_OK) == 0 &&
                        ::access(options.file.c_str(), W_OK) == 0;
  return writable ? OpenMode::query_only : OpenMode::immutable;
}

void check_file(Database& database) {
  std::error_code error;
  const auto size = std::filesystem::file_size(database.file(), error);
  if (!error && size == 0)
    throw Failure(damaged(database.file(), "It is empty, and crosstie never leaves it so."));
  if (error || size > kQuickCheckBytesMax) return;
  const std::string complaint = database.quick_check();
  if (!complaint.empty())
    throw Failure(damaged(database.file(), "SQLite says: " + complaint + "."));
}

void check_key(Database& database, Sealer& sealer, const StateOptions& options,
               const std::string& lineage) {
  Statement row = database.use("SELECT key_check FROM meta");
  row.start();
  if (row.step() && sealer.open(row.text(0), kKeyCheckCell) == kKeyCheckText) return;
  const std::string source = options.key.given.empty()
                                 ? "The key in " + key_file(options.key, lineage).string()
                                 : std::string("The key in CROSSTIE_STATE_KEY");
  throw Failure(make_error(
      "sealing key is not the one of this state",
      source + " does not open the state " + options.file.string() + ". The state was not changed.",
      "To fix it, give the key that this state was made with; without it, sealed values stay "
      "closed "
      "for ever."));
}

std::string read_lineage(Database& database) {
  Statement row = database.use("SELECT lineage FROM meta");
  row.start();
  if (!row.step()) throw Failure(damaged(database.file(), "Table meta has no row."));
  return std::string(row.text(0));
}

void require_format_for_reading(Database& database) {
  if (read_format(database) == kFormat) return;
  throw Failure(make_error("state has an older format",
                           "The state " + database.file().string() +
                               " must be brought to the format of this crosstie first, which a "
                               "command that only reads does "
                               "not do. Nothing was changed.",
                           "To fix it, run a command that may write, such as apply."));
}

}  // namespace

std::optional<Context> open_state(const StateOptions& options) {
  std::error_code error;
  const bool exists = std::filesystem::exists(options.file, error);
  if (error)
    throw Failure(
        explain_sqlite_error(SQLITE_CANTOPEN, error.value(), "cannot be looked at", options.file));
  if (!exists) {
    if (!options.create || options.read_only) return std::nullopt;
    make_state(options);
  }
  auto database = std::make_unique<Database>(options.file, choose_mode(options));
  check_file(*database);
  // The key comes before a migration: with a wrong one nothing is changed.
  read_format(*database);
  std::string lineage = read_lineage(*database);
  Sealer sealer(load_key(options.key, lineage), lineage);
  check_key(*database, sealer, options, lineage);
  if (options.read_only) {
    require_format_for_reading(*database);
  } else {
    database->use_write_ahead_log();  // a copy made by `sqlite3 .dump` or `.recover` has lost it
    migrate(*database, migrations());
    if (options.pages_max > 0)
      database->execute("PRAGMA max_page_count = " + std::to_string(options.pages_max));
  }
  auto now = options.now ? options.now : std::function<std::string()>(system_time);
  return Context{std::move(database), std::move(sealer), std::move(now)};
}

}  // namespace crosstie::state_file
