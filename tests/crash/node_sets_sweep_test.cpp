// Entries in every nodeSet, with the run broken at each of its writes.
#include "tests/crash/sweep.hpp"
#include "tests/support/node_sets_world.hpp"

namespace crosstie::testing {
namespace {

constexpr std::size_t kMakes = 2;  // the guarded patch, and the apply
constexpr std::size_t kTakes = 1;  // fields that a patch took out have no owner to let go of them
constexpr const char* kCluster = "elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart";

json spec_of(const json& world) { return world["kubernetes"][kCluster]["spec"]; }

class NodeSetsSweep : public ::testing::TestWithParam<Cut> {
 protected:
  const Project project{kTwoNodeSets, kPatchedNodeSets};
};

TEST_P(NodeSetsSweep, of_apply_and_destroy_ends_as_an_undisturbed_run) {
  const json before = project.world();
  ASSERT_EQ(project.apply().code, 0);
  const json linked = spec_of(project.world());
  EXPECT_EQ(linked["nodeSets"][1]["config"]["node.attr.link"], "logs");
  const std::vector<json> makes = faults_of(project.writes());
  ASSERT_EQ(makes.size(), kMakes) << project.writes().dump(1);
  const std::uint64_t mark = project.last_request();
  ASSERT_EQ(project.destroy().code, 0);
  const std::vector<json> takes = faults_of(project.writes(mark));
  ASSERT_EQ(takes.size(), kTakes) << project.writes(mark).dump(1);
  EXPECT_EQ(difference_in_the_end(project, before), "");
  for (std::size_t i = 0; i < kMakes; ++i) {
    SCOPED_TRACE(makes[i].dump());
    static_cast<void>(run_cut(project, {"apply", "-auto-approve"}, makes[i], GetParam()));
    const Outcome applied = project.apply();
    ASSERT_EQ(applied.code, 0) << applied.all();
    EXPECT_EQ(spec_of(project.world()), linked);
    const Outcome plan = project.run({"plan", "-detailed-exitcode"});
    EXPECT_EQ(plan.code, 0) << plan.all();
    static_cast<void>(run_cut(project, {"destroy", "-auto-approve"}, takes.front(), GetParam()));
    const Outcome destroyed = project.destroy();
    ASSERT_EQ(destroyed.code, 0) << destroyed.all();
    EXPECT_EQ(difference_in_the_end(project, before), "");
    EXPECT_EQ(project.run({"state", "list"}).out, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, NodeSetsSweep,
                         ::testing::Values(Cut::killed_before, Cut::killed_after, Cut::reset_before,
                                           Cut::reset_after));

}  // namespace
}  // namespace crosstie::testing
