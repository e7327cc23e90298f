#include "state/sqlite_store.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "tests/state/state_fixture.hpp"

namespace crosstie::testing {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

class SqliteStore : public ::testing::Test {
 protected:
  StateOptions options() const { return options_in(folder_.path()); }
  fs::path file() const { return options().file; }
  fs::path only_key() const { return *fs::directory_iterator(folder_.path() / "keys"); }
  void make() { ASSERT_TRUE(open_or_die(options())->put({record_of("resource.a")}, {}).ok()); }
  Diagnostic open_failure(const StateOptions& with) { return failure_of(open_sqlite_store(with)); }

  TempFolder folder_;
};

TEST_F(SqliteStore, file_folder_and_key_are_for_the_owner_only) {
  const auto store = open_or_die(options());
  ASSERT_TRUE(store->put({record_of("resource.a")}, {}).ok());
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(mode_of(file().string() + "-wal"), 0600U);
  EXPECT_EQ(mode_of(file().string() + "-shm"), 0600U);
  EXPECT_EQ(mode_of(file().parent_path()), 0700U);
  EXPECT_EQ(mode_of(folder_.path() / "keys"), 0700U);
  EXPECT_EQ(mode_of(only_key()), 0600U);
}

TEST_F(SqliteStore, a_closed_state_is_one_file) {
  make();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(file().parent_path()))
    names.push_back(entry.path().filename());
  EXPECT_EQ(names, std::vector<std::string>{"state.db"});
}

TEST_F(SqliteStore, lineage_and_time_come_from_the_caller_and_name_the_key_file) {
  StateOptions with = options();
  with.random_bytes = [](std::size_t size) { return std::string(size, '\x11'); };
  EXPECT_EQ(open_or_die(with)->load().value().lineage, "11111111-1111-4111-9111-111111111111");
  EXPECT_EQ(only_key().filename(), "11111111-1111-4111-9111-111111111111.key");
}

TEST_F(SqliteStore, without_a_clock_the_time_is_utc_with_milliseconds) {
  StateOptions with = options();
  with.now = nullptr;
  const auto store = open_or_die(with);
  const std::string time = store->begin_run("apply", own_lock()).value().started_at;
  ASSERT_EQ(time.size(), 24U) << time;
  EXPECT_EQ(time[10], 'T');
  EXPECT_EQ(time[19], '.');
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(SqliteStore, a_missing_file_without_create_is_an_empty_state_and_makes_nothing) {
  for (const bool read_only : {false, true}) {
    StateOptions with = options();
    with.create = read_only;
    with.read_only = read_only;
    const auto store = open_or_die(with);
    const StateSnapshot snapshot = store->load().value();
    EXPECT_EQ(snapshot.lineage, "");
    EXPECT_EQ(snapshot.serial, 0);
    EXPECT_TRUE(store->history(5).value().empty());
    EXPECT_EQ(failure_of(store->put({record_of("resource.a")}, {})).summary,
              "state is open for reading only");
    EXPECT_TRUE(fs::is_empty(folder_.path()));
  }
}

TEST_F(SqliteStore, read_only_reads_and_leaves_no_byte_changed) {
  make();
  const std::string before = read_bytes(file());
  StateOptions with = options();
  with.read_only = true;
  {
    const auto store = open_or_die(with);
    EXPECT_EQ(store->load().value().resources.size(), 1U);
    EXPECT_EQ(failure_of(store->set_outputs({})).summary, "state is open for reading only");
    EXPECT_EQ(failure_of(store->lock(own_lock())).summary, "state is open for reading only");
  }
  EXPECT_EQ(read_bytes(file()), before);
  EXPECT_FALSE(fs::exists(file().string() + "-wal"));
  EXPECT_FALSE(fs::exists(file().string() + "-shm"));
}

TEST_F(SqliteStore, read_only_sees_what_a_writer_has_in_its_log) {
  const auto writer = open_or_die(options());
  ASSERT_TRUE(writer->put({record_of("resource.a")}, {}).ok());
  StateOptions with = options();
  with.read_only = true;
  const auto reader = open_or_die(with);
  EXPECT_EQ(reader->load().value().resources.size(), 1U);
  ASSERT_TRUE(writer->put({record_of("resource.b")}, {}).ok());
  EXPECT_EQ(reader->load().value().resources.size(), 2U);
}

/// Runs `body` as the user nobody, to whom `folder` is given, so that modes count although tests
/// may run as root.
int run_as_nobody(const fs::path& folder, const std::function<int()>& body) {
  constexpr uid_t kNobody = 65534;
  const bool is_root = ::geteuid() == 0;
  std::vector<fs::path> all = {folder};
  for (const auto& entry : fs::recursive_directory_iterator(folder)) all.push_back(entry.path());
  for (const fs::path& path : all) {
    if (is_root && ::chown(path.c_str(), kNobody, kNobody) != 0) return -2;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (is_root && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(100);
    ::_exit(body());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SqliteStore, a_read_only_folder_can_be_read_and_refuses_writers_with_a_word) {
  make();
  fs::permissions(file().parent_path(), fs::perms::owner_read | fs::perms::owner_exec);
  const int code = run_as_nobody(folder_.path(), [this] {
    StateOptions with = options();
    with.read_only = true;
    const auto reader = open_sqlite_store(with);
    if (!reader.ok()) return 1;
    if ((*reader)->load().value().resources.size() != 1) return 2;
    const auto writer = open_sqlite_store(options());
    if (writer.ok()) return 3;
    if (writer.failure()[0].summary != "state file cannot be opened for writing") return 4;
    StateOptions fresh = options();
    fresh.file = file().parent_path() / "other.db";
    const auto maker = open_sqlite_store(fresh);
    if (maker.ok()) return 5;
    if (maker.failure()[0].summary != "state file cannot be made") return 6;
    fresh.file = file().parent_path() / "sub" / "other.db";
    const auto folder_maker = open_sqlite_store(fresh);
    if (folder_maker.ok()) return 7;
    return folder_maker.failure()[0].summary == "folder for the state cannot be made" ? 0 : 8;
  });
  fs::permissions(file().parent_path(), fs::perms::owner_all);
  EXPECT_EQ(code, 0);
}

TEST_F(SqliteStore, a_given_key_is_used_and_no_key_file_is_made) {
  StateOptions with = options();
  with.key.given = Secret(state_file::to_base64(std::string(32, 'k')));
  ASSERT_TRUE(open_or_die(with)->put({record_of("resource.a")}, {}).ok());
  EXPECT_FALSE(fs::exists(folder_.path() / "keys"));
  EXPECT_EQ(open_or_die(with)->load().value().resources[0].desired.text("password"),
            "s3cr3t-value");
}

TEST_F(SqliteStore, a_missing_key_is_told_with_its_place_and_nothing_is_changed) {
  make();
  const fs::path key = only_key();
  fs::remove(key);
  const std::string before = read_bytes(file());
  const Diagnostic failure = open_failure(options());
  EXPECT_EQ(failure.summary, "sealing key is missing");
  EXPECT_NE(failure.detail.find(key.string()), std::string::npos);
  EXPECT_NE(failure.fix.find("CROSSTIE_STATE_KEY"), std::string::npos);
  EXPECT_EQ(read_bytes(file()), before);
  EXPECT_FALSE(fs::exists(key));
}

TEST_F(SqliteStore, a_wrong_key_is_told_at_open_and_nothing_is_changed) {
  make();
  const std::string before = read_bytes(file());
  StateOptions with = options();
  const std::string wrong = state_file::to_base64(std::string(32, 'w'));
  with.key.given = Secret(wrong);
  const Diagnostic failure = open_failure(with);
  EXPECT_EQ(failure.summary, "sealing key is not the one of this state");
  EXPECT_EQ(format_diagnostic(failure).find(wrong), std::string::npos);
  EXPECT_EQ(read_bytes(file()), before);
}

TEST_F(SqliteStore, a_key_that_is_none_is_told_without_its_text) {
  for (const std::string text : {"not base64!", "c2hvcnQ=", ""}) {
    SCOPED_TRACE(text);
    StateOptions with = options();
    with.file = folder_.path() / ("state" + std::to_string(text.size()) + ".db");
    if (text.empty()) {
      open_or_die(with);
      write_bytes(only_key(), "");
    } else {
      with.key.given = Secret(text);
    }
    const Diagnostic failure = open_failure(with);
    EXPECT_EQ(failure.summary, "sealing key is not valid");
    if (text.empty()) continue;
    EXPECT_EQ(format_diagnostic(failure).find(text), std::string::npos);
    EXPECT_FALSE(fs::exists(with.file));
  }
}

TEST_F(SqliteStore, a_key_file_that_others_can_read_is_refused) {
  make();
  fs::permissions(only_key(), fs::perms::group_read, fs::perm_options::add);
  const Diagnostic failure = open_failure(options());
  EXPECT_EQ(failure.summary, "sealing key can be read by others");
  EXPECT_NE(failure.fix.find("chmod 600"), std::string::npos);
}

TEST_F(SqliteStore, a_key_that_cannot_be_stored_leaves_no_state) {
  write_bytes(folder_.path() / "keys", "a file where the folder should be");
  EXPECT_EQ(open_failure(options()).summary, "sealing key cannot be stored");
  EXPECT_TRUE(fs::is_empty(file().parent_path()));
}

TEST_F(SqliteStore, a_newer_format_is_refused_and_not_changed) {
  make();
  state_file::Database(file(), state_file::OpenMode::read_write)
      .execute("PRAGMA user_version = 99");
  const std::string before = read_bytes(file());
  const Diagnostic failure = open_failure(options());
  EXPECT_EQ(failure.summary, "state was written by a newer crosstie");
  EXPECT_NE(failure.detail.find("format 99"), std::string::npos);
  EXPECT_EQ(read_bytes(file()), before);
}

TEST_F(SqliteStore, a_database_of_something_else_is_refused_and_not_changed) {
  fs::create_directories(file().parent_path());
  write_bytes(file(), "");
  {
    // A database in SQLite's default journal mode, as another program would make it.
    TempFolder other;
    const fs::path made = other.path() / "x.db";
    write_bytes(made, "");
    state_file::Database(made, state_file::OpenMode::read_write).execute("CREATE TABLE theirs (a)");
    fs::copy_file(made, file(), fs::copy_options::overwrite_existing);
  }
  const std::string before = read_bytes(file());
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(open_failure(options()).summary, "file is not a crosstie state");
  EXPECT_EQ(read_bytes(file()), before);
}

TEST_F(SqliteStore, a_damaged_file_is_told_and_not_changed) {
  make();
  const std::string whole = read_bytes(file());
  std::string broken_page = whole;
  broken_page.replace(4096, 512, std::string(512, '\x5a'));
  std::string no_header = whole;
  no_header.replace(0, 100, std::string(100, 'x'));
  for (const std::string& bytes : {broken_page, no_header, whole.substr(0, 6000), std::string()}) {
    SCOPED_TRACE(bytes.size());
    write_bytes(file(), bytes);
    const Diagnostic failure = open_failure(options());
    EXPECT_EQ(failure.summary, "state file is damaged");
    EXPECT_NE(failure.fix.find("backup"), std::string::npos);
    EXPECT_EQ(read_bytes(file()), bytes);
  }
}

TEST_F(SqliteStore, a_large_file_is_not_checked_at_open_and_its_damage_is_told_by_load) {
  {
    const auto store = open_or_die(options());
    std::vector<ResourceRecord> records;
    for (int i = 0; i < 4000; ++i) {
      records.push_back(record_of("resource.r" + std::to_string(i)));
      records.back().attributes.set("text", std::string(400, 'x'));
    }
    ASSERT_TRUE(store->put(records, {}).ok());
  }
  std::string bytes = read_bytes(file());
  ASSERT_GT(bytes.size(), std::size_t{1} << 20);
  bytes.replace(4096 * 100, 4096 * 50, std::string(4096 * 50, '\x5a'));
  write_bytes(file(), bytes);
  const auto store = open_or_die(options());
  EXPECT_EQ(failure_of(store->load()).summary, "state file is damaged");
}

TEST_F(SqliteStore, a_full_disk_leaves_the_state_as_it_was_and_usable) {
  make();
  StateOptions with = options();
  with.pages_max = 30;
  const auto store = open_or_die(with);
  const auto before = describe(store->load().value());
  ResourceRecord large = record_of("resource.large");
  large.attributes.set("text", std::string(200'000, 'x'));
  const auto full = store->put({record_of("resource.b"), large}, {});
  EXPECT_EQ(failure_of(full).summary, "no space left for the state");
  EXPECT_EQ(describe(store->load().value()), before);
  EXPECT_TRUE(store->put({record_of("resource.b")}, {}).ok());
  EXPECT_EQ(store->load().value().resources.size(), 2U);
}

TEST_F(SqliteStore, bytes_that_are_no_text_are_refused_with_a_word) {
  const auto store = open_or_die(options());
  ResourceRecord record = record_of("resource.a", "\xff\xfe");
  EXPECT_EQ(failure_of(store->put({record}, {})).summary, "value cannot be recorded");
  EXPECT_EQ(store->load().value().serial, 0);
}

TEST_F(SqliteStore, a_sealed_value_that_was_moved_to_another_row_is_damage) {
  {
    const auto store = open_or_die(options());
    ASSERT_TRUE(
        store->put({record_of("resource.a", "one"), record_of("resource.b", "two")}, {}).ok());
  }
  state_file::Database(file(), state_file::OpenMode::read_write)
      .execute(
          "UPDATE resources SET desired = (SELECT desired FROM resources WHERE address = "
          "'resource.a') "
          "WHERE address = 'resource.b'");
  const Diagnostic failure = failure_of(open_or_die(options())->load());
  EXPECT_EQ(failure.summary, "state file is damaged");
  EXPECT_NE(failure.detail.find("resource.b"), std::string::npos) << failure.detail;
}

TEST_F(SqliteStore, values_without_meaning_are_told_with_their_place) {
  const std::pair<const char*, const char*> cases[] = {
      {"UPDATE resources SET attributes = '[]'", "attributes"},
      {"UPDATE resources SET attributes = '{\"v\":{},\"s\":[\"/none\"]}'", "attributes"},
      {"UPDATE resources SET depends_on = '[1]'", "depends_on"},
      {"UPDATE resources SET links = '[]'", "links"},
      {"UPDATE resources SET links = '{\"link.a\": 1}'", "links"},
      {"UPDATE resources SET token = x'00'", "token"},
      {"UPDATE resources SET address = 'nonsense'", "address"},
  };
  for (const auto& [sql, column] : cases) {
    SCOPED_TRACE(sql);
    make();
    state_file::Database(file(), state_file::OpenMode::read_write).execute(sql);
    const Diagnostic failure = failure_of(open_or_die(options())->load());
    EXPECT_EQ(failure.summary, "state file is damaged");
    EXPECT_NE(failure.detail.find(column), std::string::npos) << failure.detail;
    state_file::Database(file(), state_file::OpenMode::read_write).execute("DELETE FROM resources");
  }
}

TEST_F(SqliteStore, what_is_not_secret_can_be_read_with_sqlite) {
  make();
  state_file::Database database(file(), state_file::OpenMode::query_only);
  auto row = database.use(
      "SELECT desired ->> '$.v.name', desired ->> '$.v.password', desired ->> '$.s[0]' FROM "
      "resources");
  row.start();
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0), "logs");
  EXPECT_TRUE(row.is_null(1));
  EXPECT_EQ(row.text(2), "/password");
}

}  // namespace
}  // namespace crosstie::testing
