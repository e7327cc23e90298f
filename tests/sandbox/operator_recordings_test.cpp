// The same cluster as in the recordings of ECK 3.5.0, made by the simulator and compared with them.
#include "operator_harness.hpp"
#include "sandbox/kubernetes/operator_config.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

/// Paths of `recorded` that `made` lacks. Lists are compared by their first elements.
void missing_paths(const json& recorded, const json& made, const std::string& path,
                   std::vector<std::string>& missing) {
  if (recorded.is_array() && made.is_array()) {
    if (!recorded.empty() && made.empty()) missing.push_back(path + "[0]");
    if (!recorded.empty() && !made.empty())
      missing_paths(recorded[0], made[0], path + "[0]", missing);
    return;
  }
  if (!recorded.is_object()) return;
  for (const auto& [name, value] : recorded.items()) {
    if (name == "managedFields") continue;
    const std::string at = path + "." + name;
    if (!made.is_object() || !made.contains(name)) {
      missing.push_back(at);
    } else {
      missing_paths(value, made.at(name), at, missing);
    }
  }
}

/// What elastic-operator owns of the main resource, with the owner's uid made neutral.
json operator_fields(const json& object) {
  std::string text = "null";
  for (const json& entry : object["metadata"].value("managedFields", json::array())) {
    if (entry["manager"] == "elastic-operator" && !entry.contains("subresource"))
      text = entry["fieldsV1"].dump();
  }
  const json owners = object["metadata"].value("ownerReferences", json::array());
  if (!owners.empty()) {
    const std::string uid = owners[0]["uid"];
    if (const auto at = text.find(uid); at != std::string::npos)
      text.replace(at, uid.size(), "UID");
  }
  return json::parse(text);
}

class OperatorRecordings : public ::testing::Test {
 protected:
  void SetUp() override {
    resource = recording("es-1-created-no-nodes.json");
    if (!resource) GTEST_SKIP() << "no recordings beside the repository";
    WorldEck eck;
    eck.name = "east";
    eck.namespace_name = "search";
    eck.version = "9.3.1";
    const json applied = json::parse(
        (*resource)["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
            .get<std::string>());
    for (const json& node_set : applied["spec"]["nodeSets"]) {
      eck.node_sets.push_back({node_set["name"], node_set["count"], node_set["config"].dump(),
                               node_set["podTemplate"].dump()});
    }
    // The recorded cluster had no kubelets; these ones wait for what the pods mount.
    eck::put(harness.store, eck::key_of(Kind::config_map, "search", "synonyms"),
             eck::new_object(Kind::config_map), "kubectl");
    eck::put(harness.store, eck::key_of(Kind::secret, "search", "other-ca"),
             eck::new_object(Kind::secret), "kubectl");
    harness.start({eck});
  }

  void expect_shape(Kind kind, const std::string& name, const std::string& file, bool same_fields) {
    const auto recorded = recording(file);
    ASSERT_TRUE(recorded.has_value()) << file;
    const json made = harness.get(kind, name, "search");
    std::vector<std::string> missing;
    missing_paths(*recorded, made, "", missing);
    EXPECT_EQ(missing, std::vector<std::string>{}) << file;
    if (same_fields) {
      EXPECT_EQ(json::diff(operator_fields(*recorded), operator_fields(made)), json::array())
          << file;
    }
  }

  std::optional<json> resource;
  OperatorHarness harness;
};

TEST_F(OperatorRecordings, secrets_have_the_recorded_keys_and_owners) {
  for (const char* name :
       {"elastic-user", "file-settings", "http-ca-internal", "http-certs-internal",
        "http-certs-public", "internal-users", "remote-ca", "transport-ca-internal",
        "transport-certs-public", "xpack-file-realm"}) {
    expect_shape(Kind::secret, std::string("east-es-") + name,
                 std::string("secret-es-") + name + ".json", true);
  }
  expect_shape(Kind::secret, "east-es-masters-es-transport-certs",
               "secret-es-masters-es-transport-certs-with-nodes.json", true);
  expect_shape(Kind::secret, "east-es-masters-es-config", "secret-es-masters-es-config.json", true);
}

TEST_F(OperatorRecordings, services_have_the_recorded_keys_and_owners) {
  for (const char* name : {"http", "internal-http", "transport", "masters"}) {
    expect_shape(Kind::service, std::string("east-es-") + name,
                 std::string("service-") + name + "-default.json", true);
  }
}

TEST_F(OperatorRecordings, remote_cluster_service_has_the_recorded_keys_and_owners) {
  harness.edit(
      Kind::elasticsearch, "east",
      [](json& object) { object["spec"]["remoteClusterServer"]["enabled"] = true; }, "search");
  harness.settle();
  expect_shape(Kind::service, "east-es-remote-cluster", "service-remote-cluster-headless.json",
               true);
  harness.edit(
      Kind::elasticsearch, "east",
      [](json& object) {
        object["spec"]["remoteClusterServer"]["service"] = json::parse(
            R"({"metadata": {"annotations": {"x": "y"}}, "spec": {"type": "LoadBalancer"}})");
      },
      "search");
  harness.settle();
  expect_shape(Kind::service, "east-es-remote-cluster", "service-remote-cluster-lb-no-ingress.json",
               true);
}

TEST_F(OperatorRecordings, workloads_have_the_recorded_keys) {
  expect_shape(Kind::stateful_set, "east-es-data", "statefulset-data.json", false);
  expect_shape(Kind::disruption_budget, "east-es-default", "pdb-default.json", true);
  expect_shape(Kind::config_map, "east-es-scripts", "configmap-scripts.json", true);
  expect_shape(Kind::config_map, "east-es-unicast-hosts", "configmap-unicast-hosts-with-nodes.json",
               true);
}

TEST_F(OperatorRecordings, pod_template_is_the_recorded_one) {
  const auto recorded = recording("statefulset-data.json");
  ASSERT_TRUE(recorded.has_value());
  const json made = harness.get(Kind::stateful_set, "east-es-data", "search");
  const json& wanted_spec = (*recorded)["spec"]["template"]["spec"];
  const json& made_spec = made["spec"]["template"]["spec"];
  EXPECT_EQ(json::diff(wanted_spec["volumes"], made_spec["volumes"]), json::array());
  EXPECT_EQ(json::diff(wanted_spec["containers"][0]["volumeMounts"],
                       made_spec["containers"][0]["volumeMounts"]),
            json::array());
  EXPECT_EQ(json::diff(wanted_spec["initContainers"][0]["volumeMounts"],
                       made_spec["initContainers"][0]["volumeMounts"]),
            json::array());
  EXPECT_EQ(json::diff((*recorded)["spec"]["template"]["metadata"]["labels"],
                       made["spec"]["template"]["metadata"]["labels"]),
            json::array());
}

TEST_F(OperatorRecordings, resource_has_the_recorded_keys_and_owners) {
  json recorded = *resource;
  // The recording has no nodes; this cluster has formed and has them.
  recorded["metadata"]["annotations"].erase("elasticsearch.k8s.elastic.co/initial-master-nodes");
  recorded["metadata"]["annotations"].erase("example.org/owner");
  recorded["metadata"].erase("labels");
  recorded["spec"]["nodeSets"][1].erase("volumeClaimTemplates");  // a world file has none
  recorded["status"]["conditions"][0].erase("message");
  const json made = harness.resource("east", "search");
  std::vector<std::string> missing;
  missing_paths(recorded, made, "", missing);
  EXPECT_EQ(missing, std::vector<std::string>{});
  EXPECT_EQ(json::diff(recorded["spec"], made["spec"]), json::array());
  EXPECT_EQ(json::diff(operator_fields(recorded)["f:spec"], operator_fields(made)["f:spec"]),
            json::array());
}

TEST(OperatorConfig, effective_configuration_is_the_recorded_text) {
  const auto with_server = recording("es-2-remote-cluster-server-enabled.json");
  if (!with_server) GTEST_SKIP() << "no recordings beside the repository";
  const eck::ClusterView view = eck::read_cluster(*with_server, {3, 5, 0});
  json config = eck::effective_config(view, view.node_sets[0]);
  config["cluster"]["initial_master_nodes"] = {"east-es-masters-0", "east-es-masters-1",
                                               "east-es-masters-2"};
  const auto secret = recording("secret-es-masters-es-config-rcs.json");
  EXPECT_EQ(eck::format_yaml(config),
            eck::from_base64((*secret)["data"]["elasticsearch.yml"]).value());
  const eck::ClusterView plain =
      eck::read_cluster(*recording("es-1-created-no-nodes.json"), {3, 5, 0});
  const auto data = recording("secret-es-data-es-config.json");
  EXPECT_EQ(eck::format_yaml(eck::effective_config(plain, plain.node_sets[1])),
            eck::from_base64((*data)["data"]["elasticsearch.yml"]).value());
}

}  // namespace
}  // namespace crosstie::sandbox
