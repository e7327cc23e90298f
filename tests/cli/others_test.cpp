// What is somebody else's stays as it is, is refused, or is adopted and given back.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

TEST(others, what_others_have_on_the_same_objects_stays_through_apply_and_destroy) {
  const Project project;
  ASSERT_EQ(project
                .ask_deployment("PUT", "/_cluster/settings",
                                {{"persistent",
                                  {{"cluster.remote.theirs.mode", "proxy"},
                                   {"cluster.remote.theirs.proxy_address", "192.0.2.9:9443"},
                                   {"indices.recovery.max_bytes_per_sec", "50mb"}}}})
                .status,
            200);
  ASSERT_EQ(project
                .ask_eck("POST", "/_security/cross_cluster/api_key",
                         {{"name", "theirs"}, {"access", {{"search", {{{"names", {"x"}}}}}}}})
                .status,
            200);
  const ClusterAnswer secret = project.ask_ech(
      "PATCH", "/elasticsearch/main-elasticsearch/keystore",
      {{"secrets",
        {{"cluster.remote.theirs.credentials", {{"value", "abc"}, {"as_file", false}}}}}});
  ASSERT_EQ(secret.status, 200) << secret.body;
  const json info = project.ask_ech("GET", "?show_plans=true&show_settings=true")
                        .body["resources"]["elasticsearch"][0];
  const json theirs = {
      {"name", "theirs"},
      {"type", "proxy"},
      {"trust_all", false},
      {"certificates",
       {{{"pem", project.secret("default", "quickstart-es-http-certs-public", "ca.crt")}}}}};
  const json trust = {{"accounts", info["info"]["settings"]["trust"]["accounts"]},
                      {"external", nullptr},
                      {"direct", json::array({theirs})}};
  const ClusterAnswer put =
      project.ask_ech("PUT", "",
                      {{"prune_orphans", false},
                       {"resources",
                        {{"elasticsearch",
                          {{{"ref_id", "main-elasticsearch"},
                            {"region", info["region"]},
                            {"plan", info["info"]["plan_info"]["current"]["plan"]},
                            {"settings", {{"trust", trust}}}}}}}}});
  ASSERT_EQ(put.status, 200) << put.body;
  project.edit_object({"elasticsearch.k8s.elastic.co", "elasticsearches", "default", "quickstart"},
                      [](json& object) {
                        object["spec"]["http"]["service"]["metadata"]["labels"]["team"] = "theirs";
                      });
  const std::string id = project.deployment_id();
  const json before = project.world_once([&](const json& now) {
    return now["ech"]["deployments"][id]["settings"]["trust"]["direct"].size() == 1 &&
           now["kubernetes"]["v1/Service/default/quickstart-es-http"]["metadata"]["labels"]
               .contains("team");
  });
  ASSERT_EQ(before["ech"]["deployments"][id]["settings"]["trust"]["direct"].size(), 1U);

  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json linked = project.world();
  const json& deployment = linked["ech"]["deployments"][id];
  EXPECT_EQ(deployment["settings"]["trust"]["direct"].size(), 2U);
  EXPECT_EQ(deployment["keystore"].size(), 2U);
  EXPECT_EQ(project.active_keys().size(), 2U);
  const Outcome plan = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(plan.code, 0) << plan.all();
  ASSERT_EQ(project.destroy().code, 0);
  EXPECT_EQ(difference(before, project.world()), "");
}

std::string settings(const std::string& more = "") {
  return R"(crosstie: 1
resources:
  settings:
    type: kubernetes.object
)" + more +
         R"(    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: settings, namespace: default}
      data: {color: green}
)";
}

/// A ConfigMap of the same name that an administrator made.
void make_theirs(const Project& project) {
  project.box().on_thread([&] {
    project.box().store()->create({"", "configmaps", "default", "settings"},
                                  {{"apiVersion", "v1"},
                                   {"kind", "ConfigMap"},
                                   {"metadata", {{"name", "settings"}, {"namespace", "default"}}},
                                   {"data", {{"color", "red"}, {"size", "9"}}}});
  });
}

TEST(others, an_object_without_our_mark_is_refused_with_the_ways_on) {
  const Project project("", settings());
  make_theirs(project);
  const json before = project.world();
  const Outcome refused = project.apply();
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_NE(refused.err.find("resource.settings"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("if_unowned"), std::string::npos) << refused.err;
  EXPECT_EQ(difference(before, project.world()), "");
  EXPECT_EQ(project.writes(), json::array());
}

TEST(others, an_adopted_object_is_given_back_as_it_was_found) {
  const Project project("", settings("    adopt: if_unowned\n"));
  make_theirs(project);
  const json before = project.world();
  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const std::string name = "v1/ConfigMap/default/settings";
  EXPECT_EQ(project.world()["kubernetes"][name]["data"], (json{{"color", "green"}, {"size", "9"}}));
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}).code, 0);
  const Outcome destroyed = project.destroy();
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(project.world()["kubernetes"][name]["data"], (json{{"color", "red"}, {"size", "9"}}));
  EXPECT_EQ(difference(before, project.world()), "");
}

TEST(others, a_remote_cluster_of_that_name_that_somebody_made_is_not_overwritten) {
  const Project project;
  ASSERT_EQ(project
                .ask_deployment("PUT", "/_cluster/settings",
                                {{"persistent",
                                  {{"cluster.remote.logs.mode", "proxy"},
                                   {"cluster.remote.logs.proxy_address", "192.0.2.9:9443"}}}})
                .status,
            200);
  const json before = project.world();
  const Outcome refused = project.apply();
  EXPECT_EQ(refused.code, 1) << refused.all();
  EXPECT_NE(refused.err.find("link.logs.remote"), std::string::npos) << refused.err;
  EXPECT_EQ(difference(before, project.world()), "");
  EXPECT_EQ(project.writes(), json::array());
}

}  // namespace
}  // namespace crosstie::testing
