// What the nodes of an ECK cluster make of the files that they mount for the transport interface.
#include "operator_harness.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/kubernetes/operator_pod_status.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

constexpr const char* kRight = "*.node.quickstart.default.es.local";
/// The line of the console's file (shared/seed, ec-enable-ccs-for-eck.md).
constexpr const char* kWrong = "*.node.*.cluster.default.es.local.account";

class TransportTrust : public ::testing::Test {
 protected:
  void SetUp() override {
    WorldEck eck;
    eck.node_sets = {{"default", 2, "", ""}, {"extra", 1, R"({"node.attr.rack": "r1"})", ""}};
    harness.start({eck});
  }

  void put_authority() {
    CertificateRequest request;
    request.common_name = "region";
    json secret = eck::new_object(Kind::secret);
    secret["data"]["ca.crt"] = eck::base64(make_authority(request).certificate_pem);
    eck::put(harness.store, eck::key_of(Kind::secret, "default", "remote-ech-ca"), secret, "k");
    harness.settle();
  }

  void put_trust(const std::string& own_line) {
    json config_map = eck::new_object(Kind::config_map);
    config_map["data"]["trust.yml"] =
        "trust.subject_name:\n  - \"*.node.abc.cluster.123.account\"\n  - \"" + own_line + "\"\n";
    eck::put(harness.store, eck::key_of(Kind::config_map, "default", "quickstart-trust-ech"),
             config_map, "kubectl");
    harness.settle();
  }

  /// The documented edit of every nodeSet; dotted in one, nested in the other.
  void patch(const std::string& trust_file = "trust.yml") {
    harness.edit(Kind::elasticsearch, "quickstart", [&](json& object) {
      for (json& set : object["spec"]["nodeSets"]) {
        const std::string folder = "/usr/share/elasticsearch/config/";
        const json ssl = {{"certificate_authorities", {folder + "ech-ca/ca.crt"}},
                          {"trust_restrictions.path", folder + "trust-filter/" + trust_file}};
        if (set["name"] == "extra") {
          set["config"]["xpack"]["security"]["transport"]["ssl"] = ssl;
        } else {
          for (const auto& [name, value] : ssl.items())
            set["config"]["xpack.security.transport.ssl." + name] = value;
        }
        json& spec = set["podTemplate"]["spec"];
        const json mounts =
            json::array({{{"name", "remote-ech-ca"}, {"mountPath", folder + "ech-ca"}},
                         {{"name", "eck-ech-trust"}, {"mountPath", folder + "trust-filter"}}});
        spec["containers"] = json::array({{{"name", "elasticsearch"}, {"volumeMounts", mounts}}});
        spec["volumes"] = json::array(
            {{{"name", "remote-ech-ca"}, {"secret", {{"secretName", "remote-ech-ca"}}}},
             {{"name", "eck-ech-trust"}, {"configMap", {{"name", "quickstart-trust-ech"}}}}});
      }
    });
    harness.settle();
  }

  json starts() {
    return harness.controllers().dump()["default/quickstart"]["server"]["pod_starts"];
  }
  json status() { return harness.resource()["status"]; }
  int available() { return status().value("availableNodes", 0); }

  OperatorHarness harness;
};

TEST(PeerTrustNames, patterns_match_as_in_elasticsearch) {
  EXPECT_TRUE(matches_trusted_name(kRight, "p-0.node.quickstart.default.es.local"));
  EXPECT_FALSE(matches_trusted_name(kWrong, "p-0.node.quickstart.default.es.local"));
  EXPECT_TRUE(matches_trusted_name("a?c", "abc"));
  EXPECT_FALSE(matches_trusted_name("a?c", "ac"));
  EXPECT_TRUE(matches_trusted_name("a\\*", "a*"));
  EXPECT_FALSE(matches_trusted_name("a\\*", "ab"));
  EXPECT_TRUE(matches_trusted_name("/node[0-9]+/", "node12"));
  EXPECT_TRUE(matches_trusted_name("*", ""));
  EXPECT_FALSE(matches_trusted_name("", "x"));
}

TEST_F(TransportTrust, the_right_line_restarts_every_pod_once_and_ends_green) {
  put_authority();
  put_trust(kRight);
  patch();
  EXPECT_EQ(status()["phase"], "Ready");
  EXPECT_EQ(status()["health"], "green");
  for (const char* pod :
       {"quickstart-es-default-0", "quickstart-es-default-1", "quickstart-es-extra-0"})
    EXPECT_EQ(starts()[pod], 2) << pod;
}

TEST_F(TransportTrust, the_documented_wrong_line_keeps_a_node_out_and_the_right_one_heals) {
  put_authority();
  put_trust(kWrong);
  patch();
  EXPECT_FALSE(eck::is_pod_ready(harness.get(Kind::pod, "quickstart-es-default-1")));
  EXPECT_EQ(available(), 2);
  EXPECT_EQ(status()["health"], "yellow");
  EXPECT_EQ(status()["phase"], "ApplyingChanges");
  EXPECT_EQ(starts()["quickstart-es-default-0"], 1) << "the roll hangs";
  // A second node is lost: no majority any more.
  harness.store.erase(eck::key_of(Kind::pod, "default", "quickstart-es-default-0"));
  harness.settle();
  EXPECT_EQ(status()["health"], "red");
  EXPECT_EQ(available(), 0);
  put_trust(kRight);
  EXPECT_EQ(status()["health"], "green");
  EXPECT_EQ(status()["phase"], "Ready");
}

TEST_F(TransportTrust, a_missing_secret_leaves_the_pod_pending_until_it_comes) {
  put_trust(kRight);
  patch();
  const json pod = harness.get(Kind::pod, "quickstart-es-default-1");
  EXPECT_EQ(pod["status"]["phase"], "Pending");
  EXPECT_FALSE(pod["status"].contains("podIP"));
  ASSERT_EQ(harness.events().size(), 1U);
  EXPECT_EQ(harness.events()[0]["reason"], "FailedMount");
  EXPECT_EQ(harness.events()[0]["message"],
            "MountVolume.SetUp failed for volume \"remote-ech-ca\" : secret \"remote-ech-ca\" not "
            "found");
  put_authority();
  EXPECT_EQ(status()["phase"], "Ready");
}

TEST_F(TransportTrust, a_path_without_a_file_lets_the_container_exit_until_it_is_corrected) {
  put_authority();
  put_trust(kRight);
  patch("trust.yaml");
  const json pod = harness.get(Kind::pod, "quickstart-es-default-1");
  json main;
  for (const json& container : pod["status"]["containerStatuses"]) {
    if (container["name"] == "elasticsearch") main = container;
  }
  EXPECT_EQ(main["state"]["waiting"]["reason"], "CrashLoopBackOff");
  EXPECT_EQ(main["lastState"]["terminated"]["exitCode"], 1);
  EXPECT_EQ(main["restartCount"], 1);
  EXPECT_EQ(status()["health"], "yellow");
  patch();
  EXPECT_EQ(status()["phase"], "Ready");
}

TEST_F(TransportTrust, a_change_of_the_file_does_not_break_connections_that_stand) {
  put_authority();
  put_trust(kRight);
  patch();
  put_trust(kWrong);
  EXPECT_EQ(status()["health"], "green");
  harness.store.erase(eck::key_of(Kind::pod, "default", "quickstart-es-default-1"));
  harness.settle();
  EXPECT_EQ(status()["health"], "yellow");
}

}  // namespace
}  // namespace crosstie::sandbox
