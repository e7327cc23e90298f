// SIGKILL right before and right after every commit of the state: of a first apply and a destroy,
// of an update there and back. The next command ends where an undisturbed one does.
#include <tuple>

#include "tests/crash/commits.hpp"
#include "tests/crash/rich_world.hpp"

namespace crosstie::testing {
namespace {

/// What the runs below commit: lock, begin of the run, intent and outcome of each write, the end of
/// each wait, outputs, end of the run, unlock; the first apply also makes the state.
constexpr int kApplyCommits = 28;
constexpr int kDestroyCommits = 22;
constexpr int kUpdateCommits = 27;

constexpr int kParts = 6;  // of each sweep, so that they run side by side

/// A side of the commit, and which of kParts.
class EveryCommit : public ::testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  static bool is_mine(int commit) { return commit % kParts == std::get<1>(GetParam()); }
  static int mine_of(int commits) {
    int mine = 0;
    for (int commit = 1; commit <= commits; ++commit) mine += is_mine(commit) ? 1 : 0;
    return mine;
  }

  /// Kills `verb` at the commit when it has so many, and runs it again to its end.
  void kill_and_finish(const std::string& verb, int commit, int commits) {
    SCOPED_TRACE(verb + " killed " + std::get<0>(GetParam()) + " commit " + std::to_string(commit));
    std::string broken;
    if (commit <= commits) {
      const Outcome killed =
          run_counted(project, verb, std::get<0>(GetParam()) + ":" + std::to_string(commit))
              .outcome;
      EXPECT_EQ(killed.code, -SIGKILL) << killed.all();
      broken = killed.all();
      ++visited;
    }
    const Outcome next = project.run({verb, "-auto-approve"});
    ASSERT_EQ(next.code, 0) << "broken run:\n" << broken << "next run:\n" << next.all();
  }

  /// The world is as an undisturbed run leaves it: nothing doubled, nothing orphaned.
  void expect_world(const json& undisturbed) {
    EXPECT_EQ(difference(undisturbed, without_history(project.world())), "");
    EXPECT_EQ(project.active_keys().size(), 1U);
    EXPECT_TRUE(project.connected("logs"));
  }

  const Project project{kRichWorld, kRichConfiguration};
  int visited = 0;
};

TEST_P(EveryCommit, of_a_first_apply_and_of_a_destroy) {
  const json before = project.world();
  const CountedRun applied = run_counted(project, "apply");
  ASSERT_EQ(applied.outcome.code, 0) << applied.outcome.all();
  const json undisturbed = without_history(project.world());
  const CountedRun destroyed = run_counted(project, "destroy");
  ASSERT_EQ(destroyed.outcome.code, 0) << destroyed.outcome.all();
  EXPECT_EQ(applied.commits, kApplyCommits);
  EXPECT_EQ(destroyed.commits, kDestroyCommits);

  for (int commit = 1; commit <= std::max(applied.commits, destroyed.commits); ++commit) {
    if (!is_mine(commit)) continue;
    std::filesystem::remove_all(project.folder() / ".crosstie");
    kill_and_finish("apply", commit, applied.commits);
    expect_world(undisturbed);
    kill_and_finish("destroy", commit, destroyed.commits);
    EXPECT_EQ(difference(before, project.world()), "") << "commit " << commit;
    EXPECT_EQ(project.run({"state", "list"}).out, "");
    if (HasFailure()) return;
  }
  EXPECT_EQ(visited, mine_of(kApplyCommits) + mine_of(kDestroyCommits));
}

TEST_P(EveryCommit, of_an_update_there_and_back) {
  ASSERT_EQ(run_counted(project, "apply").outcome.code, 0);
  const json one = without_history(project.world());
  project.write("crosstie.yaml", kRichUpdated);
  const CountedRun there = run_counted(project, "apply");
  ASSERT_EQ(there.outcome.code, 0) << there.outcome.all();
  const json other = without_history(project.world());
  EXPECT_NE(difference(one, other), "");
  project.write("crosstie.yaml", kRichConfiguration);
  const CountedRun back = run_counted(project, "apply");
  ASSERT_EQ(back.outcome.code, 0) << back.outcome.all();
  expect_world(one);
  EXPECT_EQ(there.commits, kUpdateCommits);
  EXPECT_EQ(back.commits, kUpdateCommits);

  for (int commit = 1; commit <= kUpdateCommits; ++commit) {
    if (!is_mine(commit)) continue;
    project.write("crosstie.yaml", kRichUpdated);
    kill_and_finish("apply", commit, there.commits);
    expect_world(other);
    project.write("crosstie.yaml", kRichConfiguration);
    kill_and_finish("apply", commit, back.commits);
    expect_world(one);
    if (HasFailure()) return;
  }
  EXPECT_EQ(visited, 2 * mine_of(kUpdateCommits));
}

INSTANTIATE_TEST_SUITE_P(, EveryCommit,
                         ::testing::Combine(::testing::Values("before", "after"),
                                            ::testing::Range(0, kParts)),
                         [](const auto& one) {
                           return std::get<0>(one.param) + "_part_" +
                                  std::to_string(std::get<1>(one.param) + 1);
                         });

/// The operator has seen the resource as it is, and is done with it.
bool is_settled(const Project& project) {
  const json server =
      project.world_with_server()["kubernetes"]
                                 ["elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/"
                                  "quickstart"]["server"];
  return server["status"]["phase"] == "Ready" &&
         server["status"]["observedGeneration"] == server["generation"];
}

TEST(crash, a_destroy_killed_after_it_released_the_patch_waits_for_that_restart_too) {
  constexpr double kTimeScale = 0.03;
  const Project project("", "", kTimeScale);
  const json before = project.world();
  ASSERT_EQ(project.apply().code, 0);
  for (const char* time : {"once", "twice"}) {  // the entry in the journal stays open
    SCOPED_TRACE(time);
    Process destroy(project.command({"destroy", "-auto-approve"}));
    const bool released = destroy.listen_until([&] {
      return destroy.out().find("link.logs.remote_server: waiting for") != std::string::npos;
    });
    EXPECT_TRUE(released) << destroy.out() << destroy.err();
    EXPECT_EQ(destroy.kill().code, -SIGKILL);
    EXPECT_FALSE(is_settled(project)) << "the restart is under way";
  }

  const Outcome last = project.destroy();
  EXPECT_EQ(last.code, 0) << last.all();
  EXPECT_TRUE(is_settled(project)) << last.all();
  EXPECT_EQ(difference(before, project.world()), "");
  EXPECT_EQ(project.run({"state", "list"}).out, "");
}

}  // namespace
}  // namespace crosstie::testing
