// The whole job in many worlds: from nothing to a proven link, to no change, to nothing.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

struct WorldCase {
  std::string name;           // a sentence
  std::string world;          // of the sandbox; "" the default
  std::string configuration;  // "" the sandbox's example
  struct Link {
    std::string alias;
    std::size_t deployment = 0;
  };
  std::vector<Link> links{{"logs"}};
};

void PrintTo(const WorldCase& one, std::ostream* out) { *out << one.name; }

std::string link(const std::string& alias, const std::string& deployment, const std::string& eck,
                 const std::string& space = "default", const std::string& more = "") {
  return "  " + alias + ":\n    model: api_key\n    local: {ech: {deployment: \"@" + deployment +
         "@\"}}\n    remote: {eck: {name: " + eck + ", namespace: " + space +
         "}}\n    access: {search: [{names: [\"logs-*\"]}]}\n" + more;
}

const std::string kLongName = "a-cluster-with-a-36-characters-name0";
const std::string kLongSpace = "team-observability-production-eu-west-1-long-namespace-name-63c";

const std::string kManyObjects = R"(
resources:
  settings:
    type: kubernetes.object
    for_each: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    manifest:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: "settings-${each.key}", namespace: default, labels: {team: search}}
      data: {number: "${each.key}", text: "some text"}
  credentials:
    type: kubernetes.object
    for_each: {one: "1", two: "2", three: "3", four: "4", five: "5", six: "6", seven: "7", eight: "8", nine: "9", ten: "10"}
    manifest:
      apiVersion: v1
      kind: Secret
      metadata: {name: "credentials-${each.key}", namespace: default}
      type: Opaque
      data: {number: "${base64encode(each.value)}"}
  reader:
    type: elasticsearch.role
    cluster: "${link.logs.local}"
    name: logs_reader
    remote_indices: [{clusters: ["${link.logs.alias}"], names: ["logs-*"], privileges: [read, read_cross_cluster]}]
)";

std::vector<WorldCase> world_cases() {
  const std::string two_deployments = "deployments: [{name: east}, {name: west}]\n";
  return {
      {"the_default_world", "", ""},
      {"eck_3_1_with_a_service_of_our_own", "eck: [{operator: 3.1.0}]\n", ""},
      {"eck_3_5", "eck: [{operator: 3.5.0}]\n", ""},
      {"a_load_balancer_with_an_ipv6_address", "eck: [{load_balancer: {kind: ipv6}}]\n", ""},
      {"a_load_balancer_with_a_host_name", "eck: [{load_balancer: {kind: hostname}}]\n", ""},
      {"eck_3_1_behind_a_host_name", "eck: [{operator: 3.1.0, load_balancer: {kind: hostname}}]\n",
       ""},
      {"a_long_name_with_dashes_in_a_long_namespace",
       "eck: [{name: " + kLongName + ", namespace: " + kLongSpace + "}]\n", ""},
      {"a_long_name_with_eck_3_1",
       "eck: [{name: " + kLongName + ", namespace: " + kLongSpace + ", operator: 3.1.0}]\n", ""},
      {"two_deployments_linked_to_one_eck_cluster",
       two_deployments + "eck: [{name: shop}]\n",
       "crosstie: 1\nlinks:\n" + link("east_logs", "east", "shop") +
           link("west_logs", "west", "shop"),
       {{"east_logs", 0}, {"west_logs", 1}}},
      {"two_deployments_linked_to_one_eck_3_1_cluster",
       two_deployments + "eck: [{name: shop, operator: 3.1.0}]\n",
       "crosstie: 1\nlinks:\n" + link("east_logs", "east", "shop") +
           link("west_logs", "west", "shop", "default", "    names: {service: shop-west-lb}\n"),
       {{"east_logs", 0}, {"west_logs", 1}}},
      {"one_deployment_linked_to_two_eck_clusters",
       "deployments: [{name: east}]\neck: [{name: shop}, {name: bank, namespace: money}]\n",
       "crosstie: 1\nlinks:\n" + link("shop_logs", "east", "shop") +
           link("bank_logs", "east", "bank", "money"),
       {{"shop_logs", 0}, {"bank_logs", 0}}},
      {"twenty_objects_and_a_role_beside_a_link", "deployments: [{name: east}]\neck: [{}]\n",
       "crosstie: 1\nlinks:\n" + link("logs", "east", "quickstart") + kManyObjects},
  };
}

class Worlds : public ::testing::TestWithParam<WorldCase> {};

TEST_P(Worlds, link_is_proven_then_nothing_changes_then_everything_is_as_before) {
  const WorldCase& given = GetParam();
  const Project project(given.world, given.configuration);
  const json before = project.world();

  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  for (const WorldCase::Link& one : given.links) {
    EXPECT_TRUE(project.connected(one.alias, one.deployment)) << one.alias << "\n" << applied.out;
  }

  const std::uint64_t after_apply = project.last_request();
  const Outcome again = project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(again.code, 0) << again.all();
  EXPECT_NE(again.out.find("No changes."), std::string::npos) << again.out;
  EXPECT_EQ(project.writes(after_apply), json::array());

  const Outcome destroyed = project.destroy();
  ASSERT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(difference(before, project.world()), "");
  const Outcome left = project.run({"state", "list"});
  EXPECT_EQ(left.out, "") << left.all();
}

INSTANTIATE_TEST_SUITE_P(, Worlds, ::testing::ValuesIn(world_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(whole_job, twenty_objects_stand_beside_the_link_while_it_is_there) {
  const Project project(
      "deployments: [{name: east}]\neck: [{}]\n",
      "crosstie: 1\nlinks:\n" + link("logs", "east", "quickstart") + kManyObjects);
  const Outcome applied = project.apply();
  ASSERT_EQ(applied.code, 0) << applied.all();
  const json objects = project.world()["kubernetes"];
  EXPECT_EQ(objects["v1/ConfigMap/default/settings-7"]["data"]["number"], "7");
  EXPECT_EQ(Project::base64_decoded(
                objects["v1/Secret/default/credentials-ten"]["data"]["number"].get<std::string>()),
            "10");
  const ClusterAnswer role = project.ask_deployment("GET", "/_security/role/logs_reader");
  ASSERT_EQ(role.status, 200) << role.body;
  EXPECT_EQ(role.body["logs_reader"]["remote_indices"][0]["clusters"], json::array({"logs"}));
  const Outcome listed = project.run({"state", "list"});
  EXPECT_NE(listed.out.find("resource.credentials[\"ten\"]\n"), std::string::npos) << listed.all();
}

TEST(whole_job, the_sandbox_as_a_program_of_its_own_serves_the_whole_job) {
  const sandbox::testing::TemporaryDirectory temporary;
  const std::filesystem::path folder = temporary.path / "box";
  Command serve;
  serve.words = {CROSSTIE_BINARY, "sandbox", "--dir",        folder.string(),
                 "--example",     "api_key", "--time-scale", "0"};
  Process box(serve);
  ASSERT_TRUE(box.listen_until([&] { return box.out().find('\n') != std::string::npos; }))
      << box.err();
  EXPECT_TRUE(box.out().starts_with("ready")) << box.out();

  Command job;
  job.words = {"/bin/sh", "-c",
               ". \"$BOX/env\" && cd \"$BOX/project\" && \"$CROSSTIE\" apply -auto-approve && "
               "\"$CROSSTIE\" plan --detailed-exitcode && \"$CROSSTIE\" destroy --auto-approve"};
  job.environment = {{"PATH", "/usr/bin:/bin"},
                     {"BOX", folder.string()},
                     {"CROSSTIE", CROSSTIE_BINARY},
                     {"CROSSTIE_KEY_DIR", (temporary.path / "keys").string()}};
  const Outcome done = Process(job).wait();
  EXPECT_EQ(done.code, 0) << done.all();
  EXPECT_NE(done.out.find("Destroy complete!"), std::string::npos) << done.out;
  box.signal(SIGTERM);
  const Outcome served = box.wait();
  EXPECT_EQ(served.code, 0) << served.all();
}

}  // namespace
}  // namespace crosstie::testing
