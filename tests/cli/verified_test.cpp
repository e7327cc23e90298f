// In a world whose restarts, plans and load balancers take their time, each write of an apply is
// held while the test looks whether what it builds on is really there.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

/// Runs apply until the first request like `fault` comes, and gives the world of that moment.
json world_when_held(const Project& project, json fault) {
  fault["kind"] = "delay:1h";
  project.fault(fault);
  Process apply(project.command({"apply", "-auto-approve"}));
  const std::string pattern = fault["path"];
  const bool came = apply.listen_until([&] {
    for (const json& request : project.writes()) {
      if (request["method"] == fault["method"] && request["status"] == 0 &&
          sandbox::matches_pattern(pattern, request["path"].get<std::string>()))
        return true;
    }
    return false;
  });
  EXPECT_TRUE(came) << apply.out() << apply.err();
  const json world = project.world_with_server();
  EXPECT_EQ(apply.kill().code, -SIGKILL);
  project.clear_faults();
  return world;
}

/// The restart is over: every node has the remote cluster server, and the operator says so.
void expect_restarted(const json& world) {
  const json elasticsearch =
      world["kubernetes"]["elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart"]
           ["server"];
  EXPECT_EQ(elasticsearch["status"]["phase"], "Ready");
  EXPECT_EQ(elasticsearch["status"]["health"], "green");
  EXPECT_EQ(elasticsearch["status"]["availableNodes"], 3);
  EXPECT_EQ(elasticsearch["status"]["observedGeneration"], elasticsearch["generation"]);
  EXPECT_EQ(world["eck"]["default/quickstart"]["server"]["remote_cluster_server"], true);
  EXPECT_EQ(world["eck"]["default/quickstart"]["server"]["health"], "green");
}

TEST(verified, each_write_finds_what_it_builds_on_done_and_seen) {
  const Project project("eck: [{load_balancer: {kind: hostname, delay: 60s}}]\n", "", 0.02);
  const std::string id = project.deployment_id();

  const json at_minting =
      world_when_held(project, {{"method", "POST"}, {"path", "/_security/cross_cluster/api_key"}});
  expect_restarted(at_minting);
  EXPECT_EQ(at_minting["eck"]["default/quickstart"]["api_keys"], json::array());

  const json at_keystore = world_when_held(project, {{"method", "PATCH"}, {"path", "*/keystore"}});
  const json& deployment = at_keystore["ech"]["deployments"][id];
  EXPECT_EQ(deployment["settings"]["trust"]["direct"].size(), 1U);
  EXPECT_EQ(deployment["server"]["pending"], false);
  EXPECT_EQ(deployment["keystore"], json::object());
  EXPECT_EQ(at_keystore["eck"]["default/quickstart"]["api_keys"].size(), 1U);

  const json at_settings =
      world_when_held(project, {{"method", "PUT"}, {"path", "/_cluster/settings*"}});
  EXPECT_EQ(at_settings["ech"]["deployments"][id]["keystore"].size(), 1U);
  EXPECT_EQ(at_settings["kubernetes"]["v1/Service/default/quickstart-es-remote-cluster"]["server"]
                       ["status"]["loadBalancer"]["ingress"]
                           .size(),
            1U);

  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(project.connected("logs"));
  const Outcome destroyed = project.destroy();
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  const json end = project.world_with_server();
  EXPECT_EQ(end["kubernetes"]["elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart"]
               ["server"]["status"]["phase"],
            "Ready");
  EXPECT_EQ(end["eck"]["default/quickstart"]["server"]["remote_cluster_server"], false);
}

TEST(verified, a_slow_world_is_as_before_when_destroy_ends) {
  const Project project("", "", 0.02);
  const json before = project.world();
  ASSERT_EQ(project.apply().code, 0);
  const Outcome destroyed = project.destroy();
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_NE(destroyed.out.find("link.logs.remote_server: waiting for"), std::string::npos)
      << destroyed.out;
  EXPECT_EQ(difference(before, project.world()), "") << destroyed.out;
}

TEST(verified, a_plan_makes_no_state_and_drift_neither) {
  const Project project;
  ASSERT_EQ(project.run({"plan"}).code, 0);
  ASSERT_EQ(project.run({"drift"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(project.folder() / ".crosstie"));
  EXPECT_FALSE(std::filesystem::exists(project.keys()));
}

}  // namespace
}  // namespace crosstie::testing
