// The state after a process was killed, and after its last write was torn.
#include "state/sqlite.hpp"
#include "tests/state/child_process.hpp"
#include "tests/state/state_fixture.hpp"

namespace crosstie::testing {
namespace {

namespace fs = std::filesystem;

/// The steps of a small run, in order; each is one commit.
constexpr int kSteps = 8;

bool do_step(StateStore& store, int step) {
  const Run run{1, "apply", "alice", "host-1", 1, "", "", RunState::succeeded, 2, 0, 0, 0, "done"};
  switch (step) {
    case 0:
      return store.lock(own_lock()).ok();
    case 1:
      return store.begin_run("apply", own_lock()).ok();
    case 2:
      return store.begin({operation_of("a", 1, "resource.a"), operation_of("b", 1, "resource.b")})
          .ok();
    case 3:
      return store.finish({{"a", OperationState::succeeded, "", record_of("resource.a"), false}})
          .ok();
    case 4:
      return store.finish({{"b", OperationState::unknown, "reset", {}, false}}).ok();
    case 5:
      return store.finish({{"b", OperationState::succeeded, "", record_of("resource.b"), false}})
          .ok();
    case 6:
      return store.set_outputs({{"address", {"10.0.0.1", "string"}}}).ok();
    default:
      return store.end_run(run).ok();
  }
}

/// What an undisturbed store says after the first `steps` steps.
nlohmann::json undisturbed(int steps) {
  TempFolder folder;
  const auto store = open_or_die(options_in(folder.path()));
  for (int step = 0; step < steps; ++step) EXPECT_TRUE(do_step(*store, step)) << step;
  return describe(store->load().value());
}

void kill_after(const TempFolder& folder, int steps) {
  ChildProcess child([&] {
    const auto store = open_or_die(options_in(folder.path()));
    for (int step = 0; step < steps; ++step)
      if (!do_step(*store, step)) return 1;
    ::raise(SIGKILL);
    return 2;
  });
  ASSERT_EQ(child.wait(), -SIGKILL);
}

TEST(Crash, a_process_killed_after_any_step_leaves_all_that_was_committed) {
  int visited = 0;
  for (int steps = 0; steps <= kSteps; ++steps) {
    SCOPED_TRACE(steps);
    TempFolder folder;
    kill_after(folder, steps);
    const auto store = open_or_die(options_in(folder.path()));
    EXPECT_EQ(describe(store->load().value()), undisturbed(steps));
    ++visited;
  }
  EXPECT_EQ(visited, kSteps + 1);
}

TEST(Crash, what_began_is_pending_and_can_be_settled_by_the_next_process) {
  TempFolder folder;
  kill_after(folder, 3);
  const auto store = open_or_die(options_in(folder.path()));
  ASSERT_TRUE(store->lock(own_lock("next")).ok());
  const auto pending = store->load().value().pending;
  ASSERT_EQ(pending.size(), 2U);
  EXPECT_EQ(pending[0].id, "a");
  EXPECT_EQ(pending[0].desired.text("password"), "s3cr3t-desired");
  EXPECT_EQ(pending[0].before_image.text("data"), "s3cr3t-before");
  for (const Operation& operation : pending)
    ASSERT_TRUE(store
                    ->finish({{operation.id, OperationState::succeeded, "",
                               record_of(operation.address.print()), false}})
                    .ok());
  EXPECT_EQ(store->history(1).value()[0].state, RunState::interrupted);
  EXPECT_EQ(store->load().value().resources.size(), 2U);
}

TEST(Crash, a_killed_process_does_not_stop_a_reader_without_write_rights) {
  TempFolder folder;
  kill_after(folder, 4);
  StateOptions options = options_in(folder.path());
  options.read_only = true;
  const std::string before = read_bytes(options.file);
  EXPECT_EQ(describe(open_or_die(options)->load().value()), undisturbed(4));
  EXPECT_EQ(read_bytes(options.file), before);
}

/// The files as a power cut leaves them: database and log, without the shared memory.
void copy_files(const TempFolder& from, const TempFolder& to, const std::string& log) {
  const fs::path file = options_in(to.path()).file;
  fs::create_directories(file.parent_path());
  fs::copy_file(options_in(from.path()).file, file, fs::copy_options::overwrite_existing);
  fs::copy(from.path() / "keys", to.path() / "keys", fs::copy_options::recursive);
  write_bytes(file.string() + "-wal", log);
}

TEST(Crash, a_log_cut_anywhere_gives_the_state_after_one_of_the_commits) {
  TempFolder folder;
  std::vector<nlohmann::json> states;
  std::string log;
  {
    // Kept open, so that the log is not written back into the file.
    const auto store = open_or_die(options_in(folder.path()));
    states.push_back(describe(store->load().value()));
    for (int step = 0; step < kSteps; ++step) {
      ASSERT_TRUE(do_step(*store, step));
      states.push_back(describe(store->load().value()));
    }
    log = read_bytes(options_in(folder.path()).file.string() + "-wal");
    ASSERT_GT(log.size(), 20'000U);
    std::size_t reached = 0;
    int visited = 0;
    constexpr std::size_t kStride = 1031;  // a prime, so that cuts fall everywhere in a frame
    for (std::size_t size = 0; size <= log.size(); size += kStride, ++visited) {
      SCOPED_TRACE(size);
      TempFolder copy;
      copy_files(folder, copy, log.substr(0, size));
      const auto found = describe(open_or_die(options_in(copy.path()))->load().value());
      const auto at =
          std::find(states.begin() + static_cast<std::ptrdiff_t>(reached), states.end(), found);
      ASSERT_NE(at, states.end()) << found.dump(1);
      reached = static_cast<std::size_t>(at - states.begin());
    }
    EXPECT_GT(visited, 20);
    EXPECT_GE(reached, states.size() - 2);
  }
}

TEST(Crash, a_torn_page_at_the_end_of_the_log_costs_only_the_last_commit) {
  TempFolder folder;
  TempFolder copy;
  const auto store = open_or_die(options_in(folder.path()));
  ASSERT_TRUE(store->put({record_of("resource.a")}, {}).ok());
  const auto before = describe(store->load().value());
  ASSERT_TRUE(store->put({record_of("resource.b")}, {}).ok());
  std::string log = read_bytes(options_in(folder.path()).file.string() + "-wal");
  log.replace(log.size() - 100, 50, std::string(50, '\x5a'));
  copy_files(folder, copy, log);
  const auto reopened = open_or_die(options_in(copy.path()));
  EXPECT_EQ(describe(reopened->load().value()), before);
  EXPECT_TRUE(reopened->put({record_of("resource.b")}, {}).ok());
}

TEST(Crash, a_process_killed_while_it_makes_the_state_leaves_none) {
  TempFolder folder;
  ChildProcess child([&] {
    StateOptions options = options_in(folder.path());
    options.now = []() -> std::string {
      ::raise(SIGKILL);  // asked for in the middle of the first transaction
      return {};
    };
    (void)open_sqlite_store(options);
    return 1;
  });
  ASSERT_EQ(child.wait(), -SIGKILL);
  EXPECT_FALSE(fs::exists(options_in(folder.path()).file));
  EXPECT_EQ(open_or_die(options_in(folder.path()))->load().value().serial, 0);
}

}  // namespace
}  // namespace crosstie::testing
