// apply -write-patches: for Elasticsearch resources that somebody keeps in Git.
#include "tests/support/node_sets_world.hpp"
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

TEST(write_patches, go_to_files_and_not_to_the_cluster) {
  const Project project(kTwoNodeSets, kPatchedNodeSets);
  const json before = project.world();
  const std::string folder = (project.folder() / "patches").string();
  const Outcome outcome = project.run({"apply", "-auto-approve", "-write-patches", folder});
  EXPECT_EQ(outcome.code, 1) << outcome.all();
  EXPECT_NE(outcome.all().find("patch was written to a file and not applied"), std::string::npos)
      << outcome.all();
  EXPECT_NE(outcome.all().find("resource.needs_it"), std::string::npos) << outcome.all();
  EXPECT_EQ(project.writes(), json::array());
  EXPECT_EQ(difference(before, project.world()), "");
  const std::string text = project.read("patches/resource.entries.yaml");
  for (const char* wanted : {"kind: Elasticsearch", "name: quickstart", "node.attr.link: logs",
                             "enabled: true", "crosstie.dev/node-sets:"})
    EXPECT_NE(text.find(wanted), std::string::npos) << text;

  ASSERT_EQ(project.apply().code, 0);
  const Outcome again = project.run({"apply", "-auto-approve", "-write-patches", folder + "2"});
  EXPECT_EQ(again.code, 0) << again.all();
  EXPECT_FALSE(std::filesystem::exists(folder + "2"));
}

}  // namespace
}  // namespace crosstie::testing
