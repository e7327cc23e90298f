// What docs/going-live.md promises beyond its commands.
#include "tests/docs/pages.hpp"
#include "tests/support/project.hpp"

namespace crosstie {
namespace {

using nlohmann::json;
using testing::Outcome;
using testing::Project;

Outcome run_in(const Project& project, const std::filesystem::path& folder,
               std::vector<std::string> words) {
  testing::Command command = project.command(std::move(words));
  command.words[1] = "-chdir=" + folder.string();
  return testing::Process(command).wait();
}

json pods(const Project& project) {
  return project
      .world()["kubernetes"]["elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart"];
}

TEST(GoingLive, what_init_writes_is_valid) {
  const Project project;
  const std::filesystem::path folder = project.folder() / "fresh";
  const Outcome made = run_in(project, folder, {"init"});
  EXPECT_EQ(made.code, 0) << made.all();
  const Outcome valid =
      run_in(project, folder, {"validate", "-var", "deployment=" + project.deployment_id()});
  EXPECT_EQ(valid.code, 0) << valid.all();
  const Outcome plan =
      run_in(project, folder, {"plan", "-var", "deployment=" + project.deployment_id()});
  EXPECT_EQ(plan.code, 0) << plan.all();
}

TEST(GoingLive, a_pair_of_versions_that_is_not_supported_is_warned_of) {
  const Project project(
      "deployments: [{name: d, version: 9.1.0}]\neck: [{name: quickstart, version: 8.19.2}]\n");
  const Outcome plan = project.run({"plan"});
  EXPECT_EQ(plan.code, 0) << plan.all();
  EXPECT_NE(plan.err.find("warning: versions are not a supported pair"), std::string::npos)
      << plan.all();
  const Project good;
  EXPECT_EQ(good.run({"plan"}).err, "");
}

TEST(GoingLive, a_second_clone_refuses_what_the_first_one_made) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  project.write("clone/crosstie.yaml", project.read("crosstie.yaml"));
  const std::uint64_t mark = project.last_request();
  const Outcome refused = run_in(project, project.folder() / "clone", {"apply", "-auto-approve"});
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_NE(refused.err.find("object exists and is not ours"), std::string::npos) << refused.all();
  EXPECT_EQ(project.writes(mark), json::array());
}

TEST(GoingLive, a_link_that_was_cut_by_hand_is_brought_back_without_a_restart) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  const json before = pods(project);
  ASSERT_EQ(project
                .ask_deployment("PUT", "/_cluster/settings",
                                {{"persistent", {{"cluster.remote.logs.*", nullptr}}}})
                .status,
            200);
  EXPECT_FALSE(project.connected("logs"));
  const std::uint64_t mark = project.last_request();
  ASSERT_EQ(project.apply().code, 0);
  EXPECT_TRUE(project.connected("logs"));
  for (const json& write : project.writes(mark)) EXPECT_NE(write["api"], "kubernetes") << write;
  EXPECT_EQ(pods(project), before);
}

/// The four steps of the page, as somebody does them in the consoles.
void take_away_by_hand(const Project& project) {
  ASSERT_EQ(project
                .ask_deployment("PUT", "/_cluster/settings",
                                {{"persistent", {{"cluster.remote.logs.*", nullptr}}}})
                .status,
            200);
  ASSERT_EQ(project
                .ask_ech("PATCH", "/elasticsearch/main-elasticsearch/keystore",
                         {{"secrets", {{"cluster.remote.logs.credentials", json::object()}}}})
                .status,
            200);
  const json read = project.ask_ech("GET", "?show_plans=true&show_settings=true").body;
  const json info = read["resources"]["elasticsearch"][0];
  json trust = info["info"]["settings"]["trust"];
  trust["direct"] = json::array();
  ASSERT_EQ(project
                .ask_ech("PUT", "",
                         {{"prune_orphans", false},
                          {"resources",
                           {{"elasticsearch",
                             {{{"ref_id", "main-elasticsearch"},
                               {"region", info["region"]},
                               {"plan", info["info"]["plan_info"]["current"]["plan"]},
                               {"settings", {{"trust", trust}}}}}}}}})
                .status,
            200);
  ASSERT_EQ(project.ask_eck("DELETE", "/_security/api_key", {{"name", "crosstie-logs"}}).status,
            200);
}

TEST(GoingLive, after_a_lost_state_the_link_is_made_anew_without_a_restart) {
  const Project project;
  ASSERT_EQ(project.apply().code, 0);
  std::filesystem::remove_all(project.folder() / ".crosstie");
  EXPECT_EQ(project.apply().code, 1) << "nothing is overwritten unasked";
  take_away_by_hand(project);
  const Outcome plan = project.run({"plan"});
  EXPECT_EQ(plan.out.find("restarts"), std::string::npos) << plan.all();
  const Outcome applied = project.apply();
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(project.connected("logs"));
  EXPECT_EQ(project.active_keys(), std::vector<std::string>{"crosstie-logs"});
}

}  // namespace
}  // namespace crosstie
