#include "state/lock.hpp"

#include "state/process.hpp"
#include "tests/state/child_process.hpp"
#include "tests/state/state_fixture.hpp"

namespace crosstie::testing {
namespace {

using state_file::Database;
using state_file::OpenMode;

class Lock : public ::testing::Test {
 protected:
  Lock() : store_(open_or_die(options_in(folder_.path()))) {}
  void change_row(const std::string& sql) {
    Database(options_in(folder_.path()).file, OpenMode::read_write).execute(sql);
  }

  TempFolder folder_;
  std::unique_ptr<StateStore> store_;
};

/// Takes the lock in a child that then waits to be killed, begins a run, and says so.
std::unique_ptr<ChildProcess> holder_in(const TempFolder& folder, Signal& ready, Signal& never) {
  auto child = std::make_unique<ChildProcess>([&] {
    const auto store = open_or_die(options_in(folder.path()));
    if (!store->lock(own_lock("child")).ok()) return 1;
    if (!store->begin_run("apply", own_lock("child")).ok()) return 2;
    ready.send();
    never.receive();
    return 0;
  });
  EXPECT_EQ(ready.receive(), '.');
  return child;
}

TEST_F(Lock, a_living_holder_in_another_process_keeps_it) {
  Signal ready, never;
  const auto child = holder_in(folder_, ready, never);
  const Diagnostic failure = failure_of(store_->lock(own_lock()));
  EXPECT_EQ(failure.summary, kLockHeldSummary);
  EXPECT_NE(failure.detail.find("process " + std::to_string(child->pid())), std::string::npos)
      << failure.detail;
  EXPECT_NE(failure.fix.find("DELETE FROM lock"), std::string::npos);
}

TEST_F(Lock, a_killed_holder_on_this_host_is_replaced_and_its_run_interrupted) {
  Signal ready, never;
  auto child = holder_in(folder_, ready, never);
  ::kill(child->pid(), SIGKILL);
  EXPECT_EQ(child->wait(), -SIGKILL);
  const std::int64_t serial = store_->load().value().serial;
  ASSERT_TRUE(store_->lock(own_lock("alice")).ok());
  EXPECT_EQ(store_->lock_holder().value()->owner, "alice");
  EXPECT_EQ(store_->history(1).value()[0].state, RunState::interrupted);
  EXPECT_EQ(store_->load().value().serial, serial);
}

TEST_F(Lock, a_gone_process_of_another_host_keeps_it) {
  Signal ready, never;
  auto child = holder_in(folder_, ready, never);
  ::kill(child->pid(), SIGKILL);
  child->wait();
  LockInfo elsewhere = own_lock();
  elsewhere.host = "host-2";
  EXPECT_EQ(failure_of(store_->lock(elsewhere)).summary, kLockHeldSummary);
}

TEST_F(Lock, a_pid_that_was_given_out_again_is_not_mistaken_for_the_holder) {
  ASSERT_TRUE(store_->lock(own_lock()).ok());
  const auto other = open_or_die(options_in(folder_.path()));
  EXPECT_FALSE(other->lock(own_lock("bob")).ok());
  // The same living pid, but started at another time than the holder was.
  change_row("UPDATE lock SET process = process || '9'");
  EXPECT_TRUE(other->lock(own_lock("bob")).ok());
}

TEST_F(Lock, a_holder_whose_lock_was_taken_away_writes_no_more) {
  ASSERT_TRUE(store_->lock(own_lock()).ok());
  const std::int64_t run = store_->begin_run("apply", own_lock()).value().id;
  change_row("DELETE FROM lock");
  EXPECT_EQ(failure_of(store_->begin({operation_of("a", run, "resource.a")})).summary,
            "lock on the state is not held");
  const auto other = open_or_die(options_in(folder_.path()));
  ASSERT_TRUE(other->lock(own_lock("bob")).ok());
  EXPECT_EQ(failure_of(store_->put({record_of("resource.a")}, {})).summary,
            "lock on the state is not held");
  EXPECT_EQ(failure_of(store_->unlock()).summary, "lock on the state is not held");
  EXPECT_EQ(other->lock_holder().value()->owner, "bob");
}

TEST_F(Lock, of_many_processes_that_try_at_once_one_gets_it) {
  constexpr int kProcesses = 6;
  Signal start, answers, never;
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < kProcesses; ++i)
    children.push_back(std::make_unique<ChildProcess>([&] {
      start.receive();
      const auto store = open_sqlite_store(options_in(folder_.path()));
      if (!store.ok())
        answers.send('e');
      else
        answers.send((*store)->lock(own_lock()).ok() ? 'y' : 'n');
      never.receive();
      return 0;
    }));
  for (int i = 0; i < kProcesses; ++i) start.send();
  std::string got;
  for (int i = 0; i < kProcesses; ++i) got += answers.receive();
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, "nnnnny");
}

TEST(StateFile, made_by_many_processes_at_once_is_one_state_with_one_key) {
  constexpr int kProcesses = 6;
  TempFolder folder;
  Signal start, answers;
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < kProcesses; ++i)
    children.push_back(std::make_unique<ChildProcess>([&, i] {
      start.receive();
      const auto store = open_sqlite_store(options_in(folder.path()));
      const bool wrote =
          store.ok() && (*store)->put({record_of("resource.r" + std::to_string(i))}, {}).ok();
      answers.send(wrote ? 'y' : 'n');
      return 0;
    }));
  for (int i = 0; i < kProcesses; ++i) start.send();
  std::string got;
  for (int i = 0; i < kProcesses; ++i) got += answers.receive();
  EXPECT_EQ(got, std::string(kProcesses, 'y'));
  for (auto& child : children) EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(open_or_die(options_in(folder.path()))->load().value().resources.size(),
            std::size_t{kProcesses});
  const auto count = [](const std::filesystem::path& path) {
    return std::distance(std::filesystem::directory_iterator(path),
                         std::filesystem::directory_iterator());
  };
  EXPECT_EQ(count(folder.path() / "keys"), 1);
  EXPECT_EQ(count(folder.path() / "project" / ".crosstie"), 1);
}

TEST(Process, knows_itself_as_living) {
  const std::string self = state_file::describe_process(::getpid());
  ASSERT_FALSE(self.empty());
  EXPECT_FALSE(state_file::process_is_gone(::getpid(), self));
  EXPECT_FALSE(state_file::process_is_gone(::getpid(), ""));
}

TEST(Process, a_zombie_and_a_reaped_child_are_gone) {
  Signal never;
  ChildProcess child([&] { return static_cast<int>(never.receive()); });
  const pid_t pid = child.pid();
  const std::string described = state_file::describe_process(pid);
  EXPECT_FALSE(state_file::process_is_gone(pid, described));
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(state_file::process_is_gone(pid, described));
  child.wait();
  EXPECT_TRUE(state_file::process_is_gone(pid, described));
  EXPECT_TRUE(state_file::process_is_gone(pid, ""));
}

TEST(Process, of_an_earlier_boot_is_gone_and_of_another_container_cannot_be_told) {
  const std::string self = state_file::describe_process(::getpid());
  const std::size_t boot_end = self.find(' ');
  EXPECT_TRUE(state_file::process_is_gone(::getpid(), "other-boot" + self.substr(boot_end)));
  EXPECT_FALSE(state_file::process_is_gone(999'999'999, self.substr(0, boot_end) + " pid:[1] 5"));
}

TEST(Process, a_pid_that_is_no_pid_says_nothing) {
  EXPECT_FALSE(state_file::process_is_gone(0, ""));
  EXPECT_FALSE(state_file::process_is_gone(-1, ""));
  EXPECT_EQ(state_file::describe_process(-1), "");
}

}  // namespace
}  // namespace crosstie::testing
