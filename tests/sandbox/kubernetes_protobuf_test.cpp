// Bodies as Go clients send them for built-in kinds.
#include "sandbox/kubernetes/protobuf.hpp"

#include "sandbox/kubernetes/status.hpp"
#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string text(int field, const std::string& value) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(value.size()) + value;
}
std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}
std::string enveloped(const std::string& kind, const std::string& object,
                      const std::string& version = "v1") {
  return std::string("k8s\0", 4) + text(1, text(1, version) + text(2, kind)) + text(2, object) +
         text(3, "") + text(4, "");
}
std::string metadata(const std::string& name) { return text(1, name) + text(2, "") + text(8, ""); }

int status_of(const std::string& body) {
  try {
    kubernetes::parse_protobuf(body);
  } catch (const kubernetes::StatusError& error) {
    return error.code;
  }
  return 200;
}

TEST(KubernetesProtobuf, empty_fields_of_go_structs_are_absent_and_pointers_are_kept) {
  const std::string port = text(1, "") + text(2, "TCP") + number(3, 80) +
                           text(4, number(1, 0) + number(2, 8080) + text(3, "")) + number(5, 0);
  const std::string spec =
      text(1, port) + text(2, text(1, "app") + text(2, "x")) + text(4, "") + number(20, 0);
  const json object = kubernetes::parse_protobuf(
      enveloped("Service", text(1, metadata("s")) + text(2, spec) + text(3, text(1, ""))));
  EXPECT_EQ(object,
            json::parse(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
    "spec": {"ports": [{"protocol": "TCP", "port": 80, "targetPort": 8080}], "selector": {"app": "x"},
             "allocateLoadBalancerNodePorts": false}})"));
}

TEST(KubernetesProtobuf, bytes_become_base64_and_quantities_text) {
  const json secret = kubernetes::parse_protobuf(
      enveloped("Secret", text(1, metadata("s")) + text(2, text(1, "k") + text(2, "\xff\x01"))));
  EXPECT_EQ(secret.at("data"), json({{"k", "/wE="}}));
  const json quota = kubernetes::parse_protobuf(enveloped(
      "ResourceQuota",
      text(1, metadata("q")) + text(2, text(1, text(1, "pods") + text(2, text(1, "3"))))));
  EXPECT_EQ(quota.at("spec"), json::parse(R"({"hard": {"pods": "3"}})"));
}

TEST(KubernetesProtobuf, what_is_no_message_is_refused) {
  const std::string whole = enveloped("ConfigMap", text(1, metadata("c")));
  EXPECT_EQ(status_of(whole), 200);
  EXPECT_EQ(status_of("{}"), 400);
  EXPECT_EQ(status_of(""), 400);
  for (std::size_t length = 4; length < whole.size(); ++length)
    EXPECT_NE(status_of(whole.substr(0, length)), 500) << length;
  EXPECT_EQ(status_of(std::string("k8s\0", 4) + "\x12\xff\xff\xff\xff\x0f"), 400);
  EXPECT_EQ(status_of(enveloped("ConfigMap", text(30, "x"))), 400);
  EXPECT_EQ(status_of(enveloped("ConfigMap", number(1, 5))), 400);
  EXPECT_EQ(status_of(enveloped("Deployment", "")), 415);
  EXPECT_EQ(status_of(enveloped("PolicyRule", "")), 415);
}

using KubernetesProtobufApi = KubernetesTest;

TEST_F(KubernetesProtobufApi, creates_and_deletes_answering_in_json) {
  const Headers headers = {{"content-type", kubernetes::kProtobuf},
                           {"accept", "application/vnd.kubernetes.protobuf,application/json"}};
  const std::string maps = "/api/v1/namespaces/api/configmaps";
  const std::string body =
      enveloped("ConfigMap", text(1, metadata("c")) + text(2, text(1, "k") + text(2, "v")));
  const Answer made = send("POST", maps, body, headers);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("data"), json({{"k", "v"}}));
  const std::string wrong = enveloped("DeleteOptions", text(2, text(1, "another")));
  EXPECT_EQ(send("DELETE", maps + "/c", wrong, headers).reason(), "Conflict");
  const std::string dry = enveloped("DeleteOptions", text(5, "All"));
  EXPECT_EQ(send("DELETE", maps + "/c", dry, headers).status, 200);
  EXPECT_EQ(get(maps + "/c").status, 200);
  EXPECT_EQ(send("POST", kEs, body, headers).reason(), "UnsupportedMediaType");
}

TEST_F(KubernetesProtobufApi, a_client_that_takes_no_json_is_told) {
  const Answer answer =
      get("/api/v1/namespaces/api/configmaps", {{"accept", kubernetes::kProtobuf}});
  EXPECT_EQ(answer.status, 406);
  EXPECT_EQ(answer.reason(), "NotAcceptable");
}

TEST_F(KubernetesProtobufApi, what_is_not_simulated_says_so) {
  const Answer log = get("/api/v1/namespaces/api/pods/p/log");
  EXPECT_EQ(log.status, 501);
  EXPECT_EQ(log.message(), "the sandbox does not simulate pods/log");
  EXPECT_EQ(get("/api/v1/namespaces/api/pods/p/nothing").status, 404);
}

TEST_F(KubernetesProtobufApi, old_clients_get_the_older_form_of_discovery) {
  const std::string older =
      "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
  EXPECT_EQ(get("/apis", {{"accept", older + ",application/json"}}).body.at("kind"),
            "APIGroupList");
}

}  // namespace
}  // namespace crosstie::sandbox
