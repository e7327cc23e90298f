// What others notice of a running apply: the lock, Ctrl-C, and that looking goes on meanwhile.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

const json kKeystoreWrite = {
    {"api", "ech"}, {"method", "PATCH"}, {"path", "*/keystore"}, {"kind", "delay:1h"}};

bool hangs_at_the_keystore(const Project& project) {
  for (const json& request : project.writes())
    if (request["method"] == "PATCH" &&
        sandbox::matches_pattern("*/keystore", request["path"].get<std::string>()))
      return true;
  return false;
}

TEST(lock, a_second_apply_is_told_who_holds_it_and_looking_goes_on) {
  const Project project;
  project.fault(kKeystoreWrite);
  Process first(project.command({"apply", "-auto-approve"}));
  ASSERT_TRUE(first.listen_until([&] { return hangs_at_the_keystore(project); })) << first.err();
  for (const char* command : {"apply", "destroy"}) {
    const Outcome second = project.run({command, "-auto-approve"});
    EXPECT_EQ(second.code, 7) << second.all();
    EXPECT_NE(second.err.find(std::to_string(first.pid())), std::string::npos) << second.err;
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    EXPECT_NE(second.err.find(host.data()), std::string::npos) << second.err;
    EXPECT_NE(second.err.find("apply"), std::string::npos) << second.err;
  }
  const Outcome as_json = project.run({"apply", "-auto-approve", "-json"});
  EXPECT_EQ(as_json.code, 7) << as_json.all();
  EXPECT_NE(as_json.out.find(std::to_string(first.pid())), std::string::npos) << as_json.all();
  for (const std::vector<std::string>& look :
       {std::vector<std::string>{"plan"}, {"drift"}, {"show"}, {"state", "list"}, {"history"}}) {
    const Outcome seen = project.run(look);
    EXPECT_EQ(seen.code, 0) << look[0] << seen.all();
  }
  EXPECT_EQ(first.kill().code, -SIGKILL);
  project.clear_faults();
  const Outcome next = project.apply();
  EXPECT_EQ(next.code, 0) << next.all();
  EXPECT_TRUE(project.connected("logs"));
}

TEST(interrupt, during_a_wait_ends_with_130_and_the_next_apply_goes_on) {
  const Project project("", "", 0.03);
  Process apply(project.command({"apply", "-auto-approve"}));
  ASSERT_TRUE(apply.listen_until([&] {
    return apply.out().find("link.logs.remote_server: waiting for") != std::string::npos;
  })) << apply.out()
      << apply.err();
  apply.signal(SIGINT);
  const Outcome stopped = apply.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.all();
  EXPECT_NE(stopped.err.find("Stopping"), std::string::npos) << stopped.err;
  const Outcome history = project.run({"history"});
  EXPECT_NE(history.out.find("cancelled"), std::string::npos) << history.all();
  const Outcome next = project.apply();
  EXPECT_EQ(next.code, 0) << next.all();
  EXPECT_TRUE(project.connected("logs"));
  const json writes = project.writes();
  EXPECT_EQ(writes.size(), 5U) << "nothing is written twice: " << writes.dump(1);
}

TEST(interrupt, a_run_that_is_out_of_time_says_so_and_the_next_apply_goes_on) {
  const Project project("", "", 0.03);
  const Outcome stopped = project.run({"apply", "-auto-approve", "-timeout=300ms"});
  EXPECT_TRUE(stopped.code == 1 || stopped.code == 6) << stopped.all();
  EXPECT_NE(stopped.err.find("run took too long"), std::string::npos) << stopped.all();
  const Outcome next = project.run({"apply", "-auto-approve", "-timeout=10m"});
  EXPECT_EQ(next.code, 0) << next.all();
  EXPECT_TRUE(project.connected("logs"));
  const Outcome wrong = project.run({"apply", "-auto-approve", "-timeout=soon"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("-timeout takes a length of time, not \"soon\""), std::string::npos)
      << wrong.err;
  const Outcome destroyed = project.run({"destroy", "-auto-approve", "-timeout=1ms"});
  EXPECT_NE(destroyed.err.find("run took too long"), std::string::npos) << destroyed.all();
  EXPECT_EQ(project.run({"destroy", "-auto-approve"}).code, 0);
}

TEST(interrupt, twice_ends_at_once_and_the_next_apply_goes_on) {
  const Project project;
  project.fault(kKeystoreWrite);
  Process apply(project.command({"apply", "-auto-approve"}));
  ASSERT_TRUE(apply.listen_until([&] { return hangs_at_the_keystore(project); })) << apply.err();
  apply.signal(SIGINT);
  ASSERT_TRUE(apply.listen_until([&] { return !apply.err().empty(); })) << apply.out();
  const auto asked = std::chrono::steady_clock::now();
  apply.signal(SIGINT);
  const Outcome stopped = apply.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.all();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
  project.clear_faults();
  const Outcome next = project.apply();
  EXPECT_EQ(next.code, 0) << next.all();
  EXPECT_EQ(project.active_keys().size(), 1U);
  EXPECT_TRUE(project.connected("logs"));
}

}  // namespace
}  // namespace crosstie::testing
