#include "state/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>

#include "tests/state/state_fixture.hpp"

namespace crosstie::state_file {
namespace {

using testing::TempFolder;

class Sqlite : public ::testing::Test {
 protected:
  Sqlite() {
    testing::write_bytes(file_, "");
    database_ = std::make_unique<Database>(file_, OpenMode::create);
    database_->execute("CREATE TABLE t (a TEXT, b BLOB, n INTEGER) STRICT");
  }
  TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "odd %name?#.db";
  std::unique_ptr<Database> database_;
};

TEST_F(Sqlite, is_set_up_to_survive_a_power_cut) {
  auto mode = database_->use("PRAGMA journal_mode");
  mode.start();
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
  EXPECT_EQ(database_->number("PRAGMA synchronous"), 2);
  EXPECT_EQ(database_->number("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(database_->number("PRAGMA busy_timeout"), kBusyTimeout.count());
}

TEST_F(Sqlite, keeps_text_bytes_and_numbers_as_they_are) {
  const std::optional<std::string> bytes = std::string("a\0b", 3);
  const std::optional<std::string> none;
  auto insert = database_->use("INSERT INTO t VALUES (?, ?, ?)");
  insert.run("text", Blob{bytes}, std::int64_t{1} << 60);
  insert.run("", Blob{none}, -1);
  auto rows = database_->use("SELECT a, b, n FROM t ORDER BY rowid");
  rows.start();
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0), "text");
  EXPECT_EQ(rows.text(1), *bytes);
  EXPECT_EQ(rows.integer(2), std::int64_t{1} << 60);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0), "");
  EXPECT_FALSE(rows.is_null(0));
  EXPECT_TRUE(rows.is_null(1));
  EXPECT_EQ(rows.integer(2), -1);
  EXPECT_FALSE(rows.step());
}

TEST_F(Sqlite, a_transaction_counts_only_when_it_was_committed) {
  {
    Transaction transaction(*database_, Transaction::Kind::write);
    database_->execute("INSERT INTO t (a) VALUES ('x')");
  }
  EXPECT_EQ(database_->number("SELECT count(*) FROM t"), 0);
  {
    Transaction transaction(*database_, Transaction::Kind::write);
    database_->execute("INSERT INTO t (a) VALUES ('x')");
    transaction.commit();
  }
  EXPECT_EQ(database_->number("SELECT count(*) FROM t"), 1);
}

TEST_F(Sqlite, a_failed_statement_can_be_used_again) {
  auto insert = database_->use("INSERT INTO t (n) VALUES (?)");
  EXPECT_THROW(insert.run("no number"), Failure);
  insert.run(5);
  EXPECT_EQ(database_->number("SELECT n FROM t"), 5);
}

TEST_F(Sqlite, query_only_and_immutable_refuse_to_write) {
  database_.reset();
  for (const OpenMode mode : {OpenMode::query_only, OpenMode::immutable, OpenMode::read_existing}) {
    Database reader(file_, mode);
    EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 0);
    EXPECT_THROW(reader.execute("INSERT INTO t (a) VALUES ('x')"), Failure);
  }
}

TEST_F(Sqlite, a_missing_file_is_not_made) {
  const auto missing = folder_.path() / "missing.db";
  EXPECT_THROW(Database(missing, OpenMode::read_write), Failure);
  EXPECT_FALSE(std::filesystem::exists(missing));
}

TEST(SqliteErrors, each_has_its_sentence) {
  const struct {
    int code, system_error;
    const char* summary;
  } cases[] = {
      {SQLITE_FULL, 0, "no space left for the state"},
      {SQLITE_IOERR_WRITE, ENOSPC, "no space left for the state"},
      {SQLITE_IOERR_FSYNC, EDQUOT, "no space left for the state"},
      {SQLITE_IOERR_READ, EIO, "state file cannot be used"},
      {SQLITE_BUSY, 0, "state file is busy"},
      {SQLITE_BUSY_SNAPSHOT, 0, "state file is busy"},
      {SQLITE_READONLY, 0, "state file cannot be opened for writing"},
      {SQLITE_READONLY_DIRECTORY, 0, "state file cannot be opened for writing"},
      {SQLITE_CANTOPEN, EACCES, "state file cannot be opened for writing"},
      {SQLITE_CORRUPT, 0, "state file is damaged"},
      {SQLITE_NOTADB, 0, "state file is damaged"},
      {SQLITE_CONSTRAINT_CHECK, 0, "state refuses an entry that does not fit"},
      {SQLITE_TOOBIG, 0, "value is too large for the state"},
      {SQLITE_INTERNAL, 0, "state file cannot be used"},
  };
  for (const auto& [code, system_error, summary] : cases) {
    const Diagnostic told = explain_sqlite_error(code, system_error, "message", "/p/state.db");
    EXPECT_EQ(told.summary, summary) << code;
    EXPECT_NE(told.detail.find("/p/state.db"), std::string::npos) << code;
    EXPECT_FALSE(told.fix.empty()) << code;
  }
}

}  // namespace
}  // namespace crosstie::state_file
