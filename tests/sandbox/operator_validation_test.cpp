// Resources that the operator refuses, with the words of ECK 3.5.0.
#include "sandbox/kubernetes/operator_validation.hpp"
#include "operator_harness.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

struct Invalid {
  const char* name;
  const char* spec;
  const char* event;
};

class OperatorValidation : public ::testing::TestWithParam<Invalid> {};

TEST_P(OperatorValidation, an_invalid_spec_is_phase_invalid_with_an_event) {
  OperatorHarness harness;
  harness.start({});
  json resource = eck::new_object(Kind::elasticsearch);
  resource["spec"] = json::parse(GetParam().spec);
  eck::put(harness.store, eck::key_of(Kind::elasticsearch, "default", GetParam().name), resource,
           "kubectl-create");
  harness.settle();
  const json made = harness.resource(GetParam().name);
  EXPECT_EQ(made["status"]["phase"], "Invalid");
  EXPECT_EQ(made["status"]["observedGeneration"], made["metadata"]["generation"]);
  EXPECT_EQ(made["status"]["conditions"][0]["status"], "True");
  EXPECT_EQ(made["status"]["conditions"].size(), 1U);
  ASSERT_EQ(harness.events().size(), 1U);
  const json event = harness.events()[0];
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["reason"], "Validation");
  EXPECT_EQ(event["involvedObject"]["uid"], made["metadata"]["uid"]);
  EXPECT_TRUE(event["firstTimestamp"].is_null());
  EXPECT_NE(event["message"].get<std::string>().find(GetParam().event), std::string::npos)
      << event["message"];
  EXPECT_TRUE(harness.store.list("", "services", "default").empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, OperatorValidation,
    ::testing::Values(
        Invalid{"bad-version", R"({"version": "6.8.0", "nodeSets": [{"name": "a", "count": 1}]})",
                "Elasticsearch.elasticsearch.k8s.elastic.co \"bad-version\" is invalid: "
                "spec.version: Invalid value: \"6.8.0\": Unsupported version"},
        Invalid{
            "bad-nomaster",
            R"({"version": "9.3.1", "nodeSets": [{"name": "a", "count": 1, "config": {"node.roles": ["data"]}}]})",
            "spec.nodeSets: Required value: Elasticsearch needs to have at least one master node"},
        Invalid{
            "bad-duplicate",
            R"({"version": "9.3.1", "nodeSets": [{"name": "a", "count": 1}, {"name": "a", "count": 1}]})",
            "would generate resources with invalid names: duplicated nodeSet name: 'a'"},
        Invalid{
            "bad-rcs-old",
            R"({"version": "8.5.0", "remoteClusterServer": {"enabled": true}, "nodeSets": [{"name": "a", "count": 1}]})",
            "spec.remoteClusterServer: Invalid value: \"8.5.0\": minimum required version for "
            "remote cluster server is 8.10.0-1 but desired "
            "version is 8.5.0"},
        Invalid{"a-cluster-name-that-is-a-bit-too-long",
                R"({"version": "9.3.1", "nodeSets": [{"name": "a", "count": 1}]})",
                "name exceeds maximum allowed length of 36"}),
    [](const auto& rule) { return std::string("rule_") + std::to_string(rule.index); });

json with_mount(const char* volume) {
  json resource = eck::new_object(Kind::elasticsearch);
  resource["spec"] = json::parse(
      R"({"version": "9.3.1", "nodeSets": [{"name": "a", "count": 1, "podTemplate": {"spec": {"containers": [
    {"name": "elasticsearch", "volumeMounts": [{"mountPath": "/x"}]}]}}}]})");
  resource["spec"]["nodeSets"][0]["podTemplate"]["spec"]["containers"][0]["volumeMounts"][0]
          ["name"] = volume;
  return resource;
}

TEST(OperatorValidationLate, a_mount_without_volume_is_invalid_after_services_were_made) {
  OperatorHarness harness;
  harness.start({});
  eck::put(harness.store, eck::key_of(Kind::elasticsearch, "search", "bad-volume"),
           with_mount("nope"), "kubectl-create");
  harness.settle();
  const json made = harness.resource("bad-volume", "search");
  EXPECT_EQ(made["status"]["phase"], "Invalid");
  EXPECT_EQ(made["status"]["conditions"][0]["status"], "False");
  EXPECT_TRUE(harness.has(Kind::service, "bad-volume-es-http", "search"));
  EXPECT_FALSE(harness.has(Kind::stateful_set, "bad-volume-es-a", "search"));
  const auto recorded = recording("es-invalid-volume.json");
  if (!recorded) GTEST_SKIP() << "no recordings beside the repository";
  EXPECT_EQ(made["status"]["conditions"][0]["message"],
            (*recorded)["status"]["conditions"][0]["message"]);
  EXPECT_EQ(made["status"]["inProgressOperations"]["upscale"]["nodes"],
            (*recorded)["status"]["inProgressOperations"]["upscale"]["nodes"]);
}

TEST(OperatorValidationLate, correcting_the_spec_makes_the_cluster_ready) {
  OperatorHarness harness;
  harness.start({});
  eck::put(harness.store, eck::key_of(Kind::elasticsearch, "default", "quickstart"),
           with_mount("nope"), "kubectl-create");
  harness.settle();
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["spec"]["nodeSets"][0]["podTemplate"]["spec"]["volumes"] =
        json::parse(R"([{"name": "nope", "emptyDir": {}}])");
  });
  harness.settle();
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
}

TEST(OperatorValidationLate, a_wrongly_typed_pod_template_stops_every_cluster_until_it_is_gone) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  json bad = eck::new_object(Kind::elasticsearch);
  bad["spec"] = json::parse(
      R"({"version": "9.3.1", "nodeSets": [{"name": "a", "count": 1, "podTemplate": {"spec": {"containers": "oops"}}}]})");
  const ObjectKey key = eck::key_of(Kind::elasticsearch, "default", "bad-podtpl");
  eck::put(harness.store, key, bad, "kubectl-create");
  harness.settle();
  harness.enable_remote_server();
  EXPECT_FALSE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
  EXPECT_FALSE(harness.resource("bad-podtpl").contains("status"));
  harness.store.erase(key);
  harness.settle();
  EXPECT_TRUE(harness.has(Kind::service, "quickstart-es-remote-cluster"));
}

TEST(OperatorValidationLate, a_reserved_setting_warns_and_goes_on) {
  OperatorHarness harness;
  WorldEck eck;
  eck.node_sets = {{"a", 1, R"({"cluster.name": "other"})", ""}};
  harness.start({eck});
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
  ASSERT_EQ(harness.events().size(), 1U);
  EXPECT_EQ(harness.events()[0]["reason"], "Validation");
}

}  // namespace
}  // namespace crosstie::sandbox
