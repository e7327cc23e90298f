// spec.remoteClusterServer: the rolling restart, the Service, the certificates, and the way back.
#include <set>

#include "operator_harness.hpp"
#include "sandbox/elasticsearch/cluster.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

class OperatorRemoteServer : public ::testing::Test {
 protected:
  void start() {
    WorldEck eck;
    eck.node_sets = {{"masters", 3, R"({"node.roles": ["master"]})", ""},
                     {"data", 2, R"({"node.roles": ["data"]})", ""}};
    harness.start({eck});
    harness.store.on_change([this](const WatchEvent& event) { record(event); });
  }

  void record(const WatchEvent& event) {
    if (event.key.resource == "pods" && event.type == "DELETED")
      restarted.push_back(event.key.name);
    if (event.key.resource != "elasticsearches") return;
    const json& status = event.object["status"];
    healths.insert(status["health"]);
    available_min = std::min(available_min, status.value("availableNodes", 0));
    if (status["phase"] == "Ready" && status["inProgressOperations"]["upgrade"].contains("nodes"))
      ready_too_early = true;
    for (const json& node : status["inProgressOperations"]["upgrade"].value("nodes", json::array()))
      reported.insert(node["name"]);
  }

  std::map<std::string, std::string> pod_uids() {
    std::map<std::string, std::string> uids;
    for (const json* pod : harness.store.list("", "pods", "default"))
      uids[(*pod)["metadata"]["name"]] = (*pod)["metadata"]["uid"];
    return uids;
  }

  OperatorHarness harness;
  std::vector<std::string> restarted;
  std::set<std::string> healths;
  std::set<std::string> reported;
  int available_min = 100;
  bool ready_too_early = false;
};

TEST_F(OperatorRemoteServer, every_pod_restarts_once_data_first_highest_ordinal_first) {
  start();
  const auto before = pod_uids();
  harness.enable_remote_server();
  const std::vector<std::string> wanted = {"quickstart-es-data-1", "quickstart-es-data-0",
                                           "quickstart-es-masters-2", "quickstart-es-masters-1",
                                           "quickstart-es-masters-0"};
  EXPECT_EQ(restarted, wanted);
  for (const auto& [name, uid] : pod_uids()) EXPECT_NE(before.at(name), uid) << name;
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
  EXPECT_EQ(harness.resource()["status"]["health"], "green");
}

TEST_F(OperatorRemoteServer, one_pod_is_down_at_a_time_and_health_is_yellow_meanwhile) {
  start();
  harness.enable_remote_server();
  EXPECT_EQ(available_min, 4);
  EXPECT_EQ(healths, (std::set<std::string>{"green", "yellow"}));
  EXPECT_EQ(reported.size(), 5U);
  EXPECT_FALSE(ready_too_early);
}

TEST_F(OperatorRemoteServer, service_certificates_and_listener_appear) {
  start();
  harness.enable_remote_server();
  const json service = harness.get(Kind::service, "quickstart-es-remote-cluster");
  EXPECT_EQ(service["spec"]["clusterIP"], "None");
  EXPECT_EQ(service["spec"]["ports"][0]["port"], 9443);
  EXPECT_EQ(harness.get(Kind::service, "quickstart-es-masters")["spec"]["ports"].size(), 2U);
  const std::string config =
      harness.secret_text("quickstart-es-data-es-config", "elasticsearch.yml");
  EXPECT_NE(config.find("remote_cluster_server:\n    enabled: \"true\"\n"), std::string::npos);
}

TEST_F(OperatorRemoteServer, enabling_again_changes_nothing) {
  start();
  harness.enable_remote_server();
  const auto before = harness.store.resource_version();
  harness.enable_remote_server();
  EXPECT_EQ(harness.store.resource_version(), before);
}

TEST_F(OperatorRemoteServer, disabling_rolls_back_to_the_world_before) {
  start();
  const json secret = harness.get(Kind::secret, "quickstart-es-masters-es-transport-certs")["data"];
  const json config = harness.get(Kind::secret, "quickstart-es-masters-es-config")["data"];
  const json set = harness.get(Kind::stateful_set, "quickstart-es-masters")["spec"];
  const json hosts = harness.get(Kind::config_map, "quickstart-es-unicast-hosts")["data"];
  harness.enable_remote_server();
  EXPECT_NE(harness.get(Kind::secret, "quickstart-es-masters-es-transport-certs")["data"], secret);
  restarted.clear();
  harness.edit(Kind::elasticsearch, "quickstart",
               [](json& object) { object["spec"]["remoteClusterServer"].erase("enabled"); });
  harness.settle();
  EXPECT_EQ(restarted.size(), 5U);
  EXPECT_FALSE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
  EXPECT_EQ(harness.get(Kind::secret, "quickstart-es-masters-es-transport-certs")["data"], secret);
  EXPECT_EQ(harness.get(Kind::secret, "quickstart-es-masters-es-config")["data"], config);
  EXPECT_EQ(harness.get(Kind::stateful_set, "quickstart-es-masters")["spec"], set);
  EXPECT_EQ(harness.get(Kind::config_map, "quickstart-es-unicast-hosts")["data"], hosts);
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
}

TEST_F(OperatorRemoteServer, paused_orchestration_restarts_nothing_until_resumed) {
  start();
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["metadata"]["annotations"]["eck.k8s.elastic.co/pause-orchestration"] = "true";
  });
  harness.enable_remote_server();
  EXPECT_TRUE(restarted.empty());
  EXPECT_TRUE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
  EXPECT_EQ(harness.resource()["status"]["conditions"].back()["type"], "OrchestrationPaused");
  EXPECT_EQ(harness.resource()["status"]["conditions"].back()["status"], "True");
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["metadata"]["annotations"].erase("eck.k8s.elastic.co/pause-orchestration");
  });
  harness.settle();
  EXPECT_EQ(restarted.size(), 5U);
  EXPECT_EQ(harness.resource()["status"]["conditions"].back()["status"], "False");
}

TEST_F(OperatorRemoteServer, an_unmanaged_resource_is_left_alone) {
  start();
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["metadata"]["annotations"]["eck.k8s.elastic.co/managed"] = "false";
  });
  harness.enable_remote_server();
  const json resource = harness.resource();
  EXPECT_FALSE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
  EXPECT_LT(resource["status"]["observedGeneration"], resource["metadata"]["generation"]);
}

TEST_F(OperatorRemoteServer, a_deleted_pod_comes_back_with_the_same_address) {
  start();
  const json before = harness.get(Kind::pod, "quickstart-es-data-0");
  harness.store.erase(eck::key_of(Kind::pod, "default", "quickstart-es-data-0"));
  harness.settle();
  const json after = harness.get(Kind::pod, "quickstart-es-data-0");
  EXPECT_NE(after["metadata"]["uid"], before["metadata"]["uid"]);
  EXPECT_EQ(after["status"]["podIP"], before["status"]["podIP"]);
  EXPECT_EQ(harness.resource()["status"]["health"], "green");
}

TEST_F(OperatorRemoteServer, a_restart_trigger_rolls_every_pod) {
  start();
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["metadata"]["annotations"]["eck.k8s.elastic.co/restart-trigger"] = "1";
  });
  harness.settle();
  EXPECT_EQ(restarted.size(), 5U);
}

}  // namespace
}  // namespace crosstie::sandbox
