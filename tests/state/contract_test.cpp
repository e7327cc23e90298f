// What every StateStore promises, on each of them.
#include "state/store.hpp"

#include "tests/state/state_fixture.hpp"
#include "tests/support/memory_store.hpp"

namespace crosstie::testing {
namespace {

/// One state that can be opened again and again.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::unique_ptr<StateStore> open() = 0;
};

class SqliteBackend : public Backend {
 public:
  std::unique_ptr<StateStore> open() override { return open_or_die(options_in(folder_.path())); }

 private:
  TempFolder folder_;
};

class MemoryBackend : public Backend {
 public:
  std::unique_ptr<StateStore> open() override { return std::make_unique<MemoryStore>(state_); }

 private:
  std::shared_ptr<MemoryState> state_ = std::make_shared<MemoryState>();
};

class Contract : public ::testing::TestWithParam<std::string> {
 protected:
  Contract() {
    if (GetParam() == "sqlite")
      backend_ = std::make_unique<SqliteBackend>();
    else
      backend_ = std::make_unique<MemoryBackend>();
    store_ = backend_->open();
  }
  void reopen() {
    store_.reset();
    store_ = backend_->open();
  }
  StateSnapshot load() { return store_->load().value(); }
  std::int64_t begin_run() { return store_->begin_run("apply", own_lock()).value().id; }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<StateStore> store_;
};

TEST_P(Contract, a_new_state_is_empty_and_has_a_lineage) {
  const StateSnapshot snapshot = load();
  EXPECT_EQ(snapshot.lineage.size(), 36U);
  EXPECT_EQ(snapshot.serial, 0);
  EXPECT_TRUE(snapshot.resources.empty());
  EXPECT_TRUE(snapshot.pending.empty());
  EXPECT_TRUE(snapshot.outputs.empty());
}

TEST_P(Contract, lineage_stays_and_serial_grows_by_one_with_each_commit) {
  const std::string lineage = load().lineage;
  const std::int64_t run = begin_run();
  EXPECT_EQ(load().serial, 1);
  ASSERT_TRUE(
      store_->begin({operation_of("a", run, "resource.a"), operation_of("b", run, "resource.b")})
          .ok());
  EXPECT_EQ(load().serial, 2);
  ASSERT_TRUE(store_->finish({{"a", OperationState::succeeded, "", {}, false}}).ok());
  EXPECT_EQ(load().serial, 3);
  ASSERT_TRUE(store_->put({record_of("resource.c")}, {}).ok());
  ASSERT_TRUE(store_->set_outputs({}).ok());
  EXPECT_EQ(load().serial, 5);
  reopen();
  EXPECT_EQ(load().serial, 5);
  EXPECT_EQ(load().lineage, lineage);
}

TEST_P(Contract, empty_lists_and_lock_calls_leave_the_serial_alone) {
  ASSERT_TRUE(store_->begin({}).ok());
  ASSERT_TRUE(store_->finish({}).ok());
  ASSERT_TRUE(store_->put({}, {}).ok());
  ASSERT_TRUE(store_->lock(own_lock()).ok());
  ASSERT_TRUE(store_->unlock().ok());
  EXPECT_EQ(load().serial, 0);
}

TEST_P(Contract, a_record_comes_back_with_every_field_and_mark) {
  ResourceRecord record = record_of("link.logs[\"eu\"].ca_secret[\"a.b\"]");
  record.before = Value(Value::Object{{"data", Value(Value::List{1, 2.5, Value(), "x"})}});
  record.token = Value(Value::Object{{"generation", 7}});
  record.status = RecordStatus::settling;
  record.prevent_destroy = true;
  record.depends_on = {address_of("resource.a"), address_of("link.logs[\"eu\"].address")};
  record.links = {{"link.logs[\"eu\"]", "certificate"}, {"link.metrics", ""}};
  record.run = 4;
  record.attributes.set("later", Value::unknown("resource.a"));
  ASSERT_TRUE(store_->put({record}, {}).ok());
  reopen();
  ASSERT_EQ(load().resources.size(), 1U);
  EXPECT_EQ(describe(load().resources.front()), describe(record));
}

TEST_P(Contract, resources_come_in_address_order) {
  ASSERT_TRUE(
      store_
          ->put({record_of("resource.b[\"z\"]"), record_of("resource.b"), record_of("link.a.b"),
                 record_of("resource.a"), record_of("resource.b[\"a\"]")},
                {})
          .ok());
  const StateSnapshot snapshot = load();
  ASSERT_EQ(snapshot.resources.size(), 5U);
  for (std::size_t i = 1; i < snapshot.resources.size(); ++i)
    EXPECT_LT(snapshot.resources[i - 1].address, snapshot.resources[i].address);
}

TEST_P(Contract, put_replaces_and_forgets_in_one_commit) {
  ASSERT_TRUE(store_->put({record_of("resource.a", "one"), record_of("resource.b")}, {}).ok());
  ASSERT_TRUE(store_
                  ->put({record_of("resource.a", "two")},
                        {address_of("resource.b"), address_of("resource.none")})
                  .ok());
  const StateSnapshot snapshot = load();
  ASSERT_EQ(snapshot.resources.size(), 1U);
  EXPECT_EQ(snapshot.resources[0].desired.text("password"), "two");
  EXPECT_EQ(snapshot.serial, 2);
}

TEST_P(Contract, an_operation_that_began_is_pending_with_all_that_was_said) {
  const std::int64_t run = begin_run();
  Operation operation = operation_of("op-1", run, "resource.a");
  operation.action = OperationAction::replace_delete;
  operation.recorded_before = Value("as found");
  operation.depends_on = {address_of("resource.b")};
  operation.links = {{"link.logs", "api_key"}};
  operation.prevent_destroy = true;
  ASSERT_TRUE(store_->begin({operation}).ok());
  reopen();
  ASSERT_EQ(load().pending.size(), 1U);
  operation.sequence = 1;
  operation.started_at = "2026-01-01T00:00:00.000Z";
  EXPECT_EQ(describe(load().pending.front()), describe(operation));
}

TEST_P(Contract, sequence_counts_inside_each_run) {
  const std::int64_t first = begin_run();
  ASSERT_TRUE(
      store_
          ->begin({operation_of("a", first, "resource.a"), operation_of("b", first, "resource.b")})
          .ok());
  ASSERT_TRUE(store_->begin({operation_of("c", first, "resource.c")}).ok());
  const std::int64_t second = begin_run();
  ASSERT_TRUE(store_->begin({operation_of("d", second, "resource.d")}).ok());
  const auto pending = load().pending;
  ASSERT_EQ(pending.size(), 4U);
  EXPECT_EQ(pending[2].id, "c");
  EXPECT_EQ(pending[2].sequence, 3);
  EXPECT_EQ(pending[3].id, "d");
  EXPECT_EQ(pending[3].sequence, 1);
}

TEST_P(Contract, success_records_the_resource_in_the_same_commit) {
  const std::int64_t run = begin_run();
  ASSERT_TRUE(store_->begin({operation_of("a", run, "resource.a")}).ok());
  ASSERT_TRUE(
      store_->finish({{"a", OperationState::succeeded, "", record_of("resource.a"), false}}).ok());
  const StateSnapshot snapshot = load();
  EXPECT_TRUE(snapshot.pending.empty());
  ASSERT_EQ(snapshot.resources.size(), 1U);
  EXPECT_EQ(snapshot.serial, 3);
  const auto operations = store_->operations(run).value();
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations[0].state, OperationState::succeeded);
  EXPECT_EQ(operations[0].finished_at, "2026-01-01T00:00:00.000Z");
}

TEST_P(Contract, a_removal_takes_the_record_of_its_address) {
  ASSERT_TRUE(store_->put({record_of("resource.a"), record_of("resource.b")}, {}).ok());
  const std::int64_t run = begin_run();
  ASSERT_TRUE(store_->begin({operation_of("x", run, "resource.a")}).ok());
  ASSERT_TRUE(store_->finish({{"x", OperationState::succeeded, "", {}, true}}).ok());
  ASSERT_EQ(load().resources.size(), 1U);
  EXPECT_EQ(load().resources[0].address.print(), "resource.b");
}

TEST_P(Contract, an_unknown_outcome_stays_open_until_it_is_told) {
  const std::int64_t run = begin_run();
  ASSERT_TRUE(store_->begin({operation_of("a", run, "resource.a")}).ok());
  ASSERT_TRUE(store_->finish({{"a", OperationState::unknown, "no answer", {}, false}}).ok());
  ASSERT_EQ(load().pending.size(), 1U);
  EXPECT_EQ(load().pending[0].state, OperationState::unknown);
  EXPECT_EQ(load().pending[0].error, "no answer");
  ASSERT_TRUE(store_->finish({{"a", OperationState::failed, "absent", {}, false}}).ok());
  EXPECT_TRUE(load().pending.empty());
}

TEST_P(Contract, finish_of_a_closed_or_foreign_operation_fails_as_a_whole) {
  const std::int64_t run = begin_run();
  ASSERT_TRUE(
      store_->begin({operation_of("a", run, "resource.a"), operation_of("b", run, "resource.b")})
          .ok());
  ASSERT_TRUE(store_->finish({{"b", OperationState::succeeded, "", {}, false}}).ok());
  const auto before = describe(load());
  const auto closed =
      store_->finish({{"a", OperationState::succeeded, "", record_of("resource.a"), false},
                      {"b", OperationState::failed, "", {}, false}});
  EXPECT_EQ(failure_of(closed).summary, "operation is not open");
  EXPECT_EQ(failure_of(store_->finish({{"none", OperationState::failed, "", {}, false}})).summary,
            "operation is not open");
  EXPECT_EQ(describe(load()), before);
}

TEST_P(Contract, begin_with_a_used_id_or_without_its_run_changes_nothing) {
  const std::int64_t run = begin_run();
  ASSERT_TRUE(store_->begin({operation_of("a", run, "resource.a")}).ok());
  const auto before = describe(load());
  EXPECT_FALSE(
      store_->begin({operation_of("b", run, "resource.b"), operation_of("a", run, "resource.a")})
          .ok());
  EXPECT_FALSE(store_->begin({operation_of("c", run + 1, "resource.c")}).ok());
  EXPECT_EQ(describe(load()), before);
}

TEST_P(Contract, outputs_are_replaced_as_a_whole) {
  ASSERT_TRUE(
      store_->set_outputs({{"a", {"x", "string"}}, {"b", {secret_value("s"), "string"}}}).ok());
  ASSERT_TRUE(
      store_->set_outputs({{"b", {secret_value("t"), "string"}}, {"c", {3, "number"}}}).ok());
  reopen();
  const auto outputs = load().outputs;
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs.at("b").value.as_string(), "t");
  EXPECT_TRUE(outputs.at("b").value.sensitive());
  EXPECT_EQ(outputs.at("c").type, "number");
}

TEST_P(Contract, history_has_the_newest_run_first_with_its_counts) {
  crosstie::Run run = store_->begin_run("apply", own_lock()).value();
  EXPECT_EQ(run.id, 1);
  run.state = RunState::failed;
  run.added = 1;
  run.changed = 2;
  run.destroyed = 3;
  run.failed = 4;
  run.summary = "one step failed";
  run.finished_at = "2026-01-01T00:00:05.000Z";
  ASSERT_TRUE(store_->end_run(run).ok());
  ASSERT_EQ(store_->begin_run("destroy", own_lock()).value().id, 2);
  const auto history = store_->history(10).value();
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].command, "destroy");
  EXPECT_EQ(describe(history[1]), describe(run));
  EXPECT_EQ(store_->history(1).value().size(), 1U);
  EXPECT_TRUE(store_->history(0).value().empty());
}

TEST_P(Contract, a_run_without_an_end_becomes_interrupted_when_the_next_begins) {
  begin_run();
  begin_run();
  const auto history = store_->history(10).value();
  EXPECT_EQ(history[0].state, RunState::running);
  EXPECT_EQ(history[1].state, RunState::interrupted);
}

TEST_P(Contract, the_end_of_an_absent_run_is_refused) {
  crosstie::Run run;
  run.id = 9;
  EXPECT_EQ(failure_of(store_->end_run(run)).summary, "run is not in the state");
  EXPECT_EQ(load().serial, 0);
}

TEST_P(Contract, a_held_lock_is_refused_with_the_name_of_its_holder) {
  ASSERT_TRUE(store_->lock(own_lock("alice")).ok());
  const auto other = backend_->open();
  const Diagnostic failure = failure_of(other->lock(own_lock("bob")));
  EXPECT_EQ(failure.summary, kLockHeldSummary);
  EXPECT_NE(failure.detail.find("alice on host-1"), std::string::npos) << failure.detail;
  EXPECT_NE(failure.detail.find("`apply`"), std::string::npos) << failure.detail;
  EXPECT_EQ(other->lock_holder().value()->owner, "alice");
}

TEST_P(Contract, a_released_lock_can_be_taken) {
  ASSERT_TRUE(store_->lock(own_lock("alice")).ok());
  ASSERT_TRUE(store_->unlock().ok());
  EXPECT_FALSE(store_->lock_holder().value().has_value());
  const auto other = backend_->open();
  EXPECT_TRUE(other->lock(own_lock("bob")).ok());
}

TEST_P(Contract, only_the_holder_writes_and_unlocks) {
  ASSERT_TRUE(store_->lock(own_lock("alice")).ok());
  const auto other = backend_->open();
  EXPECT_EQ(failure_of(other->put({record_of("resource.a")}, {})).summary, kLockHeldSummary);
  EXPECT_EQ(failure_of(other->begin_run("apply", own_lock())).summary, kLockHeldSummary);
  EXPECT_EQ(failure_of(other->unlock()).summary, "lock on the state is not held");
  EXPECT_TRUE(other->load().ok());
  EXPECT_TRUE(store_->put({record_of("resource.a")}, {}).ok());
  EXPECT_EQ(load().serial, 1);
}

INSTANTIATE_TEST_SUITE_P(stores, Contract, ::testing::Values("sqlite", "memory"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace crosstie::testing
