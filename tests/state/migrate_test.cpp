#include "state/migrate.hpp"

#include "state/seal.hpp"
#include "tests/state/state_fixture.hpp"

namespace crosstie::state_file {
namespace {

namespace fs = std::filesystem;
using testing::TempFolder;

const fs::path kKept = fs::path(CROSSTIE_SOURCE_DIR) / "tests" / "data" / "state";

/// The key that every kept file was made with.
StateOptions kept_options(const fs::path& file) {
  StateOptions options;
  options.file = file;
  options.key.given = Secret(to_base64("a key of the kept files 32 bytes"));
  return options;
}

class Migrate : public ::testing::Test {
 protected:
  fs::path copy_of(int format) {
    const fs::path copy = folder_.path() / ("v" + std::to_string(format) + ".db");
    fs::copy_file(kKept / ("v" + std::to_string(format) + ".db"), copy);
    fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
    return copy;
  }
  /// Tables with their columns, and the names of everything.
  static std::string tables(Database& database) {
    std::string all;
    auto rows = database.use(
        "SELECT line FROM (SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" "
        "|| ' ' || "
        "coalesce(c.dflt_value, '-') || ' ' || c.pk AS line FROM sqlite_schema AS t, "
        "pragma_table_info(t.name) AS c WHERE t.type = 'table' "
        "UNION ALL SELECT type || ' ' || name FROM sqlite_schema) ORDER BY 1");
    rows.start();
    while (rows.step()) all += std::string(rows.text(0)) + "\n";
    return all;
  }
  TempFolder folder_;
};

TEST_F(Migrate, schema_file_carries_the_format_and_the_mark_that_the_program_expects) {
  const fs::path file = folder_.path() / "new.db";
  testing::write_bytes(file, "");
  Database database(file, OpenMode::create);
  database.execute(schema_sql());
  EXPECT_EQ(read_format(database), kFormat);
}

TEST_F(Migrate, steps_lead_from_one_format_to_the_next_up_to_the_programs_own) {
  int format = 1;
  for (const Migration& step : migrations()) EXPECT_EQ(step.to, ++format);
  EXPECT_EQ(format, kFormat);
}

TEST_F(Migrate, a_kept_file_of_every_format_opens_with_all_that_it_holds) {
  for (int format = 1; format <= kFormat; ++format) {
    SCOPED_TRACE(format);
    const auto store = testing::open_or_die(kept_options(copy_of(format)));
    const StateSnapshot snapshot = store->load().value();
    EXPECT_EQ(snapshot.lineage, "11111111-1111-4111-9111-111111111111");
    ASSERT_EQ(snapshot.resources.size(), 2U);
    EXPECT_EQ(snapshot.resources[0].address.print(), "resource.a");
    EXPECT_EQ(snapshot.resources[1].address.print(), "link.logs[\"eu\"].ca_secret");
    EXPECT_EQ(snapshot.resources[1].desired.text("password"), "kept secret");
    EXPECT_EQ(snapshot.resources[1].before.text("data"), "as found");
    EXPECT_EQ(snapshot.resources[1].status, RecordStatus::settling);
    ASSERT_EQ(snapshot.pending.size(), 1U);
    EXPECT_EQ(snapshot.pending[0].desired.text("password"), "s3cr3t-desired");
    EXPECT_EQ(snapshot.outputs.at("address").value.as_string(), "10.0.0.1");
    EXPECT_EQ(store->history(5).value().size(), 1U);
    EXPECT_TRUE(store->put({testing::record_of("resource.new")}, {}).ok());
  }
}

TEST_F(Migrate, every_kept_file_ends_with_the_tables_of_the_schema_file) {
  const fs::path file = folder_.path() / "new.db";
  testing::write_bytes(file, "");
  Database fresh(file, OpenMode::create);
  fresh.execute(schema_sql());
  for (int format = 1; format <= kFormat; ++format) {
    Database kept(copy_of(format), OpenMode::read_write);
    migrate(kept, migrations());
    EXPECT_EQ(tables(kept), tables(fresh)) << format;
    EXPECT_NE(tables(kept).find("resources address TEXT"), std::string::npos);
  }
}

TEST_F(Migrate, takes_all_steps_in_order_and_only_once) {
  Database database(copy_of(1), OpenMode::read_write);
  const Migration steps[] = {{2, "CREATE TABLE second (a)"},
                             {3, "ALTER TABLE second ADD COLUMN b"}};
  migrate(database, steps);
  EXPECT_EQ(read_format(database, 3), 3);
  migrate(database, steps);
  EXPECT_EQ(database.number("SELECT count(*) FROM pragma_table_info('second')"), 2);
}

TEST_F(Migrate, a_step_that_fails_leaves_the_old_format) {
  Database database(copy_of(1), OpenMode::read_write);
  const Migration steps[] = {{2, "CREATE TABLE second (a)"}, {3, "ALTER TABLE none ADD COLUMN b"}};
  EXPECT_THROW(migrate(database, steps), Failure);
  EXPECT_EQ(read_format(database), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'second'"), 0);
}

TEST_F(Migrate, a_newer_file_is_refused) {
  Database database(copy_of(1), OpenMode::read_write);
  database.execute("PRAGMA user_version = 7");
  const Migration steps[] = {{2, "CREATE TABLE second (a)"}};
  EXPECT_THROW(migrate(database, steps), Failure);
  EXPECT_EQ(database.number("PRAGMA user_version"), 7);
}

/// Makes the kept file of the current format, when it is asked for:
///   CROSSTIE_KEEP_STATE=FILE state_tests --gtest_filter='*can_write_a_kept_file*'
TEST_F(Migrate, can_write_a_kept_file_of_this_format) {
  const char* wanted = std::getenv("CROSSTIE_KEEP_STATE");
  const fs::path file = wanted != nullptr ? fs::path(wanted) : folder_.path() / "kept.db";
  StateOptions options = kept_options(file);
  options.random_bytes = [](std::size_t size) { return std::string(size, '\x11'); };
  options.now = [] { return std::string("2026-01-01T00:00:00.000Z"); };
  const auto store = testing::open_or_die(options);
  ResourceRecord record = testing::record_of("link.logs[\"eu\"].ca_secret", "kept secret");
  record.before = Value(Value::Object{{"data", "as found"}});
  record.token = Value(Value::Object{{"generation", 3}});
  record.status = RecordStatus::settling;
  record.depends_on = {testing::address_of("resource.a")};
  ASSERT_TRUE(store->put({record, testing::record_of("resource.a")}, {}).ok());
  const crosstie::Run run = store->begin_run("apply", {"alice", "host-1", "apply", 1, ""}).value();
  ASSERT_TRUE(store->begin({testing::operation_of("op-1", run.id, "resource.a")}).ok());
  ASSERT_TRUE(store->set_outputs({{"address", {"10.0.0.1", "string"}}}).ok());
}

}  // namespace
}  // namespace crosstie::state_file
