// What exists when a world has started: everything Ready, nothing waiting.
#include "operator_harness.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

class OperatorStart : public ::testing::Test {
 protected:
  void SetUp() override { harness.start({WorldEck{}}); }
  OperatorHarness harness;
};

TEST_F(OperatorStart, cluster_is_ready_and_green_at_once) {
  const json status = harness.resource()["status"];
  EXPECT_EQ(status["phase"], "Ready");
  EXPECT_EQ(status["health"], "green");
  EXPECT_EQ(status["availableNodes"], 3);
  EXPECT_EQ(status["version"], "9.1.0");
  EXPECT_EQ(status["observedGeneration"], harness.resource()["metadata"]["generation"]);
  for (const char* operation : {"upgrade", "upscale", "downscale"}) {
    EXPECT_FALSE(status["inProgressOperations"][operation].contains("nodes")) << operation;
  }
}

TEST_F(OperatorStart, resource_was_written_back_by_the_operator) {
  const json resource = harness.resource();
  EXPECT_EQ(resource["metadata"]["generation"], 2);
  EXPECT_EQ(resource["spec"]["auth"], json::object());
  EXPECT_TRUE(resource["spec"]["remoteClusterServer"].contains("service"));
  const json& pod_template = resource["spec"]["nodeSets"][0]["podTemplate"];
  EXPECT_EQ(pod_template, json::parse(R"({"metadata": {}, "spec": {"containers": null}})"));
  const json& annotations = resource["metadata"]["annotations"];
  EXPECT_TRUE(annotations.contains("elasticsearch.k8s.elastic.co/cluster-uuid"));
  EXPECT_FALSE(annotations.contains("elasticsearch.k8s.elastic.co/initial-master-nodes"));
  EXPECT_TRUE(annotations.contains("kubectl.kubernetes.io/last-applied-configuration"));
}

TEST_F(OperatorStart, node_sets_belong_to_the_operator_and_the_version_to_the_user) {
  json by_manager;
  const json resource = harness.resource();
  for (const json& entry : resource["metadata"]["managedFields"]) {
    if (!entry.contains("subresource"))
      by_manager[entry["manager"].get<std::string>()] = entry["fieldsV1"];
  }
  EXPECT_TRUE(by_manager["elastic-operator"]["f:spec"].contains("f:nodeSets"));
  EXPECT_FALSE(by_manager["kubectl-client-side-apply"]["f:spec"].contains("f:nodeSets"));
  EXPECT_TRUE(by_manager["kubectl-client-side-apply"]["f:spec"].contains("f:version"));
}

TEST_F(OperatorStart, all_that_eck_makes_is_there) {
  for (const char* name : {"transport-certs-public", "http-certs-public", "elastic-user",
                           "remote-ca", "transport-ca-internal", "http-ca-internal",
                           "http-certs-internal", "default-es-transport-certs", "default-es-config",
                           "internal-users", "xpack-file-realm", "file-settings"}) {
    EXPECT_TRUE(harness.has(Kind::secret, std::string("quickstart-es-") + name)) << name;
  }
  for (const char* name : {"http", "internal-http", "transport", "default"}) {
    EXPECT_TRUE(harness.has(Kind::service, std::string("quickstart-es-") + name)) << name;
  }
  EXPECT_FALSE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
  EXPECT_TRUE(harness.has(Kind::stateful_set, "quickstart-es-default"));
  EXPECT_TRUE(harness.has(Kind::disruption_budget, "quickstart-es-default"));
  EXPECT_TRUE(harness.has(Kind::config_map, "quickstart-es-scripts"));
  EXPECT_TRUE(harness.has(Kind::pod, "quickstart-es-default-2"));
  EXPECT_EQ(harness.store.list("discovery.k8s.io", "endpointslices", "default").size(), 4U);
}

TEST_F(OperatorStart, public_secrets_have_soft_owners_and_internal_ones_references) {
  const json open = harness.get(Kind::secret, "quickstart-es-transport-certs-public");
  EXPECT_FALSE(open["metadata"].contains("ownerReferences"));
  EXPECT_EQ(open["metadata"]["labels"]["eck.k8s.elastic.co/owner-name"], "quickstart");
  const json internal = harness.get(Kind::secret, "quickstart-es-transport-ca-internal");
  EXPECT_EQ(internal["metadata"]["ownerReferences"][0]["uid"],
            harness.resource()["metadata"]["uid"]);
}

TEST_F(OperatorStart, transport_authority_is_a_real_certificate_of_the_cluster) {
  const std::string pem = harness.secret_text("quickstart-es-transport-certs-public", "ca.crt");
  EXPECT_EQ(certificate_subject(pem), "CN=quickstart-transport,OU=quickstart");
  EXPECT_EQ(harness.secret_text("quickstart-es-remote-ca", "ca.crt"), pem);
}

TEST_F(OperatorStart, http_is_reachable_inside_the_virtual_network) {
  const auto port = harness.controllers().http_port("default", "quickstart");
  ASSERT_NE(port, 0);
  EXPECT_EQ(harness.context.network.port_of("default/quickstart-es-default-0:9200"), port);
  EXPECT_EQ(harness.context.network.port_of("default/quickstart-es-http:9200"), port);
}

TEST_F(OperatorStart, nothing_moves_afterwards) {
  const auto before = harness.store.resource_version();
  harness.settle();
  EXPECT_EQ(harness.store.resource_version(), before);
}

TEST_F(OperatorStart, dump_names_the_cluster) {
  EXPECT_TRUE(harness.controllers().dump().contains("default/quickstart"));
}

TEST(OperatorStartVersions, operator_3_2_writes_no_remote_service_back) {
  OperatorHarness harness;
  WorldEck eck;
  eck.operator_version = "3.2.0";
  harness.start({eck});
  EXPECT_EQ(harness.resource()["spec"]["remoteClusterServer"], json::object());
}

TEST(OperatorStartVersions, operator_3_6_leaves_the_spec_to_its_user) {
  OperatorHarness harness;
  WorldEck eck;
  eck.operator_version = "3.6.0";
  harness.start({eck});
  EXPECT_EQ(harness.resource()["metadata"]["generation"], 1);
  EXPECT_FALSE(harness.resource()["spec"].contains("auth"));
}

TEST(OperatorStartWorlds, clusters_of_several_namespaces_are_ready_together) {
  OperatorHarness harness;
  WorldEck one;
  one.name = "a-name-of-thirty-six-characters-long";
  one.namespace_name = "search";
  WorldEck two;
  two.node_sets = {{"masters", 3, R"({"node.roles": ["master"]})", ""},
                   {"data", 2, R"({"node.roles": ["data"]})", ""}};
  harness.start({one, two});
  EXPECT_EQ(harness.resource(one.name, "search")["status"]["phase"], "Ready");
  EXPECT_EQ(harness.resource()["status"]["availableNodes"], 5);
  EXPECT_TRUE(harness.has(Kind::name_space, "search", ""));
}

}  // namespace
}  // namespace crosstie::sandbox
