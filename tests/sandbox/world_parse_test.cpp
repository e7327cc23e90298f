#include "sandbox/world_parse.hpp"

namespace crosstie::sandbox {
namespace {

std::string errors_of(std::string_view text) {
  std::string all;
  for (const WorldError& error : parse_world(text, "world.yaml").errors) {
    all += format_world_error(error);
  }
  return all;
}

TEST(WorldParse, empty_file_is_one_deployment_and_one_eck_cluster) {
  for (const std::string text : {"", "# only a comment\n", "deployments:\neck:\n"}) {
    const ParsedWorld parsed = parse_world(text, "world.yaml");
    ASSERT_TRUE(parsed.errors.empty()) << text;
    ASSERT_EQ(parsed.world.deployments.size(), 1u);
    ASSERT_EQ(parsed.world.eck.size(), 1u);
    EXPECT_EQ(parsed.world.deployments[0].name, "my-deployment");
    EXPECT_EQ(parsed.world.eck[0].name, "quickstart");
    EXPECT_EQ(parsed.world.eck[0].namespace_name, "default");
    ASSERT_EQ(parsed.world.eck[0].node_sets.size(), 1u);
    EXPECT_EQ(parsed.world.eck[0].node_sets[0].count, 3);
  }
}

TEST(WorldParse, every_key_is_read) {
  const ParsedWorld parsed = parse_world(R"(
deployments:
  - {name: search, id: "0123456789abcdef0123456789abcdef", version: 8.19.2, zones: 3}
eck:
  - name: logs
    namespace: observability
    version: 9.0.1
    operator: 3.1.0
    node_sets:
      - {name: hot, count: 2, config: {node.roles: [master, data], node.attr.number: 7, flag: "true"}}
      - {name: cold, count: 1, pod_template: {spec: {containers: [{name: elasticsearch}]}}}
    load_balancer: {kind: ipv6, delay: 500ms}
)",
                                         "world.yaml");
  ASSERT_TRUE(parsed.errors.empty()) << format_world_error(parsed.errors[0]);
  const WorldDeployment& deployment = parsed.world.deployments.at(0);
  EXPECT_EQ(deployment.id, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(deployment.version, "8.19.2");
  EXPECT_EQ(deployment.zones, 3);
  const WorldEck& eck = parsed.world.eck.at(0);
  EXPECT_EQ(eck.namespace_name, "observability");
  EXPECT_EQ(eck.operator_version, "3.1.0");
  EXPECT_EQ(eck.node_sets.at(0).config_json,
            R"({"flag":"true","node.attr.number":7,"node.roles":["master","data"]})");
  EXPECT_EQ(eck.node_sets.at(1).pod_template_json,
            R"({"spec":{"containers":[{"name":"elasticsearch"}]}})");
  EXPECT_EQ(eck.load_balancer, WorldEck::LoadBalancer::ipv6);
  EXPECT_EQ(eck.load_balancer_delay, std::chrono::milliseconds(500));
}

TEST(WorldParse, empty_lists_mean_none_and_names_are_numbered) {
  const ParsedWorld parsed = parse_world("deployments: []\neck: [{}, {}]\n", "world.yaml");
  ASSERT_TRUE(parsed.errors.empty()) << format_world_error(parsed.errors[0]);
  EXPECT_TRUE(parsed.world.deployments.empty());
  ASSERT_EQ(parsed.world.eck.size(), 2u);
  EXPECT_EQ(parsed.world.eck[1].name, "quickstart-2");
}

TEST(WorldParse, all_errors_of_a_file_come_in_one_go_and_in_order) {
  EXPECT_EQ(errors_of(R"(deployments:
  - {name: a, verison: 9.1.0}
  - {name: a, zones: 4}
  - {name: b, id: abc, version: "9.1"}
eck:
  - name: this-name-has-thirty-seven-characters
    namespace: Default
    load_balancer: {kind: dns, delay: 20}
  - name: [x]
    node_sets: []
extra: 1
)"),
            R"(world.yaml:2:15: error: unknown key
  "verison" is not a key of a deployment; known are name, id, version and zones.
  Did you mean "version"?
world.yaml:3:12: error: name is taken
  There is another deployment "a" in this world.
world.yaml:3:22: error: value out of range
  "zones" is a whole number from 1 to 3.
world.yaml:4:19: error: not a deployment id
  A deployment's id has 32 lower-case hexadecimal digits.
  Leave it out to have one made; quote it when it has no letter.
world.yaml:4:33: error: not a version
  "version" has three numbers, such as "9.1.0".
world.yaml:6:11: error: name is too long
  "name" has 37 characters; 36 are allowed by ECK.
world.yaml:7:16: error: not a Kubernetes name
  "namespace" is made of lower-case letters, digits and dashes, and begins and ends with a letter or digit (DNS-1123).
world.yaml:8:27: error: not a kind of load balancer
  "kind" is ip, ipv6 or hostname.
world.yaml:8:39: error: not a duration
  "delay" is a number with ms, s, m or h, 24h at most, such as 20s.
world.yaml:9:11: error: wrong type
  Here stands a list; "name" is a text.
world.yaml:10:16: error: no node sets
  An ECK cluster has at least one node set.
  Leave the key out for one of three nodes.
world.yaml:11:1: error: unknown key
  "extra" is not a key of a world file; known are deployments and eck.
)");
}

TEST(WorldParse, duplicate_and_odd_keys_are_errors) {
  EXPECT_EQ(errors_of("eck: []\neck: []\n"), R"(world.yaml:2:1: error: duplicate key
  "eck" stands twice in the same mapping. Remove one of them.
)");
  EXPECT_EQ(errors_of("? [a]\n: 1\n"), R"(world.yaml:1:3: error: key is not a single value
  The keys of a world file are deployments and eck.
)");
  EXPECT_EQ(errors_of("- 1\n"), R"(world.yaml:1:1: error: wrong type
  Here stands a list; a world file is a mapping.
)");
  EXPECT_EQ(errors_of("eck: [{node_sets: [{config: {a: 1, a: 2}}]}]\n"),
            R"(world.yaml:1:36: error: duplicate key
  "a" stands twice in the same mapping. Remove one of them.
)");
}

TEST(WorldParse, one_world_has_one_operator) {
  EXPECT_EQ(errors_of("eck: [{name: a, operator: 3.5.0}, {name: b, operator: 3.1.0}]\n"),
            R"(world.yaml:1:55: error: two versions of the operator
  One operator runs all ECK clusters of a world, and another one has operator 3.5.0.
)");
  const auto parsed = parse_world("eck: [{name: a}, {name: b, operator: 3.1.0}]\n", "world.yaml");
  ASSERT_TRUE(parsed.errors.empty());
  EXPECT_EQ(parsed.world.eck.at(0).operator_version, "3.1.0");
}

TEST(WorldParse, hostile_files_are_errors_and_not_crashes) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    const std::string previous = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + previous;
    for (int time = 1; time < 10; ++time) bomb += ", " + previous;
    bomb += "]\n";
  }
  EXPECT_NE(errors_of(bomb).find("error: YAML holds too many values"), std::string::npos);
  EXPECT_NE(errors_of("eck: &a [*a]\n").find("error: YAML is nested too deeply"),
            std::string::npos);
  EXPECT_NE(errors_of(std::string(100, '[') + std::string(100, ']')).find("nested too deeply"),
            std::string::npos);
  EXPECT_NE(errors_of(std::string(100'000, '[')).find("error: "), std::string::npos);
  EXPECT_NE(errors_of(std::string(kWorldBytesMax + 1, ' ')).find("world file is too large"),
            std::string::npos);
  EXPECT_NE(errors_of("eck:\n\t- name: x\n").find("error: YAML cannot be read"), std::string::npos);
  EXPECT_NE(errors_of("eck: []\n---\neck: []\n").find("more than one YAML document"),
            std::string::npos);
  EXPECT_NE(errors_of("eck: [*nowhere]\n").find("error: YAML cannot be read"), std::string::npos);
}

TEST(WorldParse, a_text_in_which_the_reader_cannot_go_on_ends_in_an_error) {
  EXPECT_EQ(errors_of(", version: 9.1.0}\n"),
            "world.yaml:1:1: error: YAML cannot be read\n"
            "  No value begins here.\n");
  EXPECT_EQ(errors_of("eck: [{name: \"\xff\"}]\n"),
            "world.yaml:1:15: error: world file is not UTF-8 text\n"
            "  Here stands a byte that is none. Save the file as UTF-8.\n");
}

TEST(WorldParse, file_that_is_not_there_is_an_error) {
  const ParsedWorld parsed = load_world("/nowhere/world.yaml");
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(format_world_error(parsed.errors[0]),
            "/nowhere/world.yaml:1:1: error: world file cannot be read\n"
            "  No such file or directory.\n"
            "  Check that it exists and that you may read it.\n");
}

}  // namespace
}  // namespace crosstie::sandbox
