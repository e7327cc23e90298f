// What the operator does when others touch what it made, and what becomes of clusters that API
// clients create and delete.
#include <set>

#include "operator_harness.hpp"
#include "sandbox/kubernetes/operator_pod_status.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

class OperatorRepair : public ::testing::Test {
 protected:
  void SetUp() override { harness.start({WorldEck{}}); }

  void erase(Kind kind, const std::string& name) {
    harness.store.erase(eck::key_of(kind, "default", name));
    harness.settle();
  }

  OperatorHarness harness;
};

TEST_F(OperatorRepair, an_edited_secret_gets_its_content_back) {
  const json before = harness.get(Kind::secret, "quickstart-es-transport-certs-public")["data"];
  harness.edit(Kind::secret, "quickstart-es-transport-certs-public", [](json& object) {
    object["data"]["ca.crt"] = "bm8=";
    object["data"]["more"] = "bm8=";
  });
  harness.settle();
  EXPECT_EQ(harness.get(Kind::secret, "quickstart-es-transport-certs-public")["data"], before);
}

TEST_F(OperatorRepair, foreign_labels_and_annotations_stay) {
  harness.edit(Kind::service, "quickstart-es-http", [](json& object) {
    object["metadata"]["labels"]["mine"] = "yes";
    object["metadata"]["annotations"]["mine"] = "yes";
  });
  harness.settle();
  const json metadata = harness.get(Kind::service, "quickstart-es-http")["metadata"];
  EXPECT_EQ(metadata["labels"]["mine"], "yes");
  EXPECT_EQ(metadata["annotations"]["mine"], "yes");
}

TEST_F(OperatorRepair, a_deleted_secret_comes_back_with_a_new_uid) {
  const json before = harness.get(Kind::secret, "quickstart-es-http-certs-public");
  erase(Kind::secret, "quickstart-es-http-certs-public");
  const json after = harness.get(Kind::secret, "quickstart-es-http-certs-public");
  EXPECT_NE(after["metadata"]["uid"], before["metadata"]["uid"]);
  EXPECT_EQ(after["data"], before["data"]);
}

TEST_F(OperatorRepair, what_changed_while_the_operator_was_down_is_taken_up_later) {
  harness.controllers().set_running(EckOperator::Controller::eck, false);
  erase(Kind::service, "quickstart-es-transport");
  harness.settle();
  EXPECT_FALSE(harness.has(Kind::service, "quickstart-es-transport"));
  harness.controllers().set_running(EckOperator::Controller::eck, true);
  harness.settle();
  EXPECT_TRUE(harness.has(Kind::service, "quickstart-es-transport"));
}

TEST_F(OperatorRepair, pods_wait_for_their_kubelet) {
  harness.controllers().set_running(EckOperator::Controller::kubelets, false);
  erase(Kind::pod, "quickstart-es-default-0");
  harness.settle();
  EXPECT_FALSE(eck::is_pod_ready(harness.get(Kind::pod, "quickstart-es-default-0")));
  harness.controllers().set_running(EckOperator::Controller::kubelets, true);
  harness.settle();
  EXPECT_TRUE(eck::is_pod_ready(harness.get(Kind::pod, "quickstart-es-default-0")));
}

TEST_F(OperatorRepair, a_deleted_service_comes_back) {
  const json before = harness.get(Kind::service, "quickstart-es-transport");
  erase(Kind::service, "quickstart-es-transport");
  EXPECT_NE(harness.get(Kind::service, "quickstart-es-transport")["metadata"]["uid"],
            before["metadata"]["uid"]);
}

TEST_F(OperatorRepair, a_changed_port_is_undone_but_its_target_port_is_not) {
  harness.edit(Kind::service, "quickstart-es-transport", [](json& object) {
    object["spec"]["ports"][0]["port"] = 9301;
    object["spec"]["ports"][0]["targetPort"] = 9301;
  });
  harness.settle();
  const json port = harness.get(Kind::service, "quickstart-es-transport")["spec"]["ports"][0];
  EXPECT_EQ(port["port"], 9300);
  EXPECT_EQ(port["targetPort"], 9301);
}

TEST_F(OperatorRepair, a_deleted_transport_authority_is_made_anew_and_everything_signed_again) {
  const std::string before = harness.secret_text("quickstart-es-transport-certs-public", "ca.crt");
  const std::string node = harness.secret_text("quickstart-es-default-es-transport-certs",
                                               "quickstart-es-default-0.tls.crt");
  erase(Kind::secret, "quickstart-es-transport-ca-internal");
  const std::string after = harness.secret_text("quickstart-es-transport-certs-public", "ca.crt");
  EXPECT_NE(after, before);
  EXPECT_EQ(certificate_subject(after), "CN=quickstart-transport,OU=quickstart");
  EXPECT_NE(harness.secret_text("quickstart-es-default-es-transport-certs",
                                "quickstart-es-default-0.tls.crt"),
            node);
}

TEST_F(OperatorRepair, additional_authorities_are_appended_without_a_restart) {
  CertificateRequest request;
  request.common_name = "other";
  const std::string other = make_authority(request).certificate_pem;
  json config_map = eck::new_object(Kind::config_map);
  config_map["data"]["ca.crt"] = other;
  eck::put(harness.store, eck::key_of(Kind::config_map, "default", "more"), config_map, "kubectl");
  const json pod = harness.get(Kind::pod, "quickstart-es-default-0");
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["spec"]["transport"]["tls"]["certificateAuthorities"]["configMapName"] = "more";
  });
  harness.settle();
  for (const char* name :
       {"quickstart-es-transport-certs-public", "quickstart-es-default-es-transport-certs"}) {
    EXPECT_TRUE(harness.secret_text(name, "ca.crt").ends_with(other)) << name;
  }
  EXPECT_EQ(harness.get(Kind::pod, "quickstart-es-default-0")["metadata"]["uid"],
            pod["metadata"]["uid"]);
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
}

TEST_F(OperatorRepair, a_missing_config_map_stops_reconciliation_until_it_exists) {
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["spec"]["transport"]["tls"]["certificateAuthorities"]["configMapName"] = "later";
  });
  harness.settle();
  json condition = harness.resource()["status"]["conditions"][0];
  EXPECT_EQ(condition["status"], "False");
  EXPECT_NE(condition["message"].get<std::string>().find("could not retrieve config map"),
            std::string::npos);
  ASSERT_EQ(harness.events().size(), 1U);
  EXPECT_EQ(harness.events()[0]["reason"], "Unexpected");
  EXPECT_EQ(harness.events()[0]["action"], "GetSecret");
  json config_map = eck::new_object(Kind::config_map);
  config_map["data"]["ca.crt"] = harness.secret_text("quickstart-es-http-certs-public", "ca.crt");
  eck::put(harness.store, eck::key_of(Kind::config_map, "default", "later"), config_map, "kubectl");
  harness.settle();
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
  EXPECT_EQ(harness.resource()["status"]["conditions"][0]["status"], "True");
}

TEST_F(OperatorRepair, a_labelled_secret_replaces_the_fallback_of_remote_ca) {
  json secret = eck::new_object(Kind::secret);
  secret["metadata"]["labels"] = {{eck::kTypeLabel, "remote-ca"},
                                  {eck::kClusterLabel, "quickstart"}};
  secret["data"]["ca.crt"] = eck::base64("pem of theirs\n");
  eck::put(harness.store, eck::key_of(Kind::secret, "default", "theirs"), secret, "kubectl");
  harness.settle();
  EXPECT_EQ(harness.secret_text("quickstart-es-remote-ca", "ca.crt"), "pem of theirs\n");
  erase(Kind::secret, "theirs");
  EXPECT_EQ(harness.secret_text("quickstart-es-remote-ca", "ca.crt"),
            harness.secret_text("quickstart-es-transport-certs-public", "ca.crt"));
}

TEST_F(OperatorRepair, a_cluster_made_by_an_api_client_becomes_ready) {
  std::vector<std::string> phases;
  harness.store.on_change([&phases](const WatchEvent& event) {
    if (event.key.resource != "elasticsearches" || !event.object.contains("status")) return;
    const std::string phase = event.object["status"]["phase"];
    if (phases.empty() || phases.back() != phase) phases.push_back(phase);
  });
  json resource = eck::new_object(Kind::elasticsearch);
  resource["spec"] =
      json::parse(R"({"version": "9.1.0", "nodeSets": [{"name": "a", "count": 1}]})");
  eck::put(harness.store, eck::key_of(Kind::elasticsearch, "default", "second"), resource,
           "kubectl-create");
  harness.settle();
  EXPECT_EQ(phases, (std::vector<std::string>{"ApplyingChanges", "Ready"}));
  EXPECT_EQ(harness.resource("second")["metadata"]["generation"], 2);
  EXPECT_EQ(harness.resource("second")["status"]["health"], "green");
  EXPECT_NE(harness.controllers().http_port("default", "second"), 0);
}

TEST_F(OperatorRepair, deleting_the_resource_removes_everything_that_was_its) {
  harness.enable_remote_server();
  harness.store.erase(eck::key_of(Kind::elasticsearch, "default", "quickstart"));
  harness.settle();
  for (const char* resource : {"secrets", "configmaps", "services", "pods"})
    EXPECT_TRUE(harness.store.list("", resource, "default").empty()) << resource;
  EXPECT_TRUE(harness.store.list("apps", "statefulsets", "default").empty());
  EXPECT_TRUE(harness.store.list("policy", "poddisruptionbudgets", "default").empty());
  EXPECT_TRUE(harness.store.list("discovery.k8s.io", "endpointslices", "default").empty());
  EXPECT_EQ(harness.controllers().http_port("default", "quickstart"), 0);
  EXPECT_FALSE(harness.context.network.port_of("default/quickstart-es-http:9200").has_value());
}

TEST_F(OperatorRepair, scaling_adds_and_removes_pods) {
  harness.edit(Kind::elasticsearch, "quickstart",
               [](json& object) { object["spec"]["nodeSets"][0]["count"] = 4; });
  harness.settle();
  EXPECT_TRUE(harness.has(Kind::pod, "quickstart-es-default-3"));
  EXPECT_EQ(harness.resource()["status"]["availableNodes"], 4);
  harness.edit(Kind::elasticsearch, "quickstart",
               [](json& object) { object["spec"]["nodeSets"][0]["count"] = 2; });
  harness.settle();
  EXPECT_FALSE(harness.has(Kind::pod, "quickstart-es-default-2"));
  EXPECT_EQ(harness.resource()["status"]["phase"], "Ready");
}

}  // namespace
}  // namespace crosstie::sandbox
