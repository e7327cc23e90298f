// Services: what the server fills in, allocates, keeps and refuses.
#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kServices = "/api/v1/namespaces/api/services";

class KubernetesServices : public KubernetesTest {
 protected:
  static json service(const std::string& name, json spec) {
    if (!spec.contains("ports")) spec["ports"] = json::array({{{"port", 80}}});
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", name}}},
            {"spec", std::move(spec)}};
  }
  json put(const std::string& name, const json& spec) {
    return send("PUT", std::string(kServices) + "/" + name, service(name, spec).dump()).body;
  }
};

TEST_F(KubernetesServices, a_cluster_ip_service_is_completed) {
  const json spec = post(kServices, service("a", json::object())).body["spec"];
  EXPECT_EQ(spec["type"], "ClusterIP");
  EXPECT_EQ(spec["clusterIPs"][0], spec["clusterIP"]);
  EXPECT_EQ(spec["ports"], json::parse(R"([{"port":80,"protocol":"TCP","targetPort":80}])"));
  EXPECT_EQ(spec["ipFamilies"], json::parse(R"(["IPv4"])"));
  EXPECT_EQ(spec["internalTrafficPolicy"], "Cluster");
}

TEST_F(KubernetesServices, a_headless_service_has_no_address) {
  const json spec = post(kServices, service("a", {{"clusterIP", "None"}})).body["spec"];
  EXPECT_EQ(spec["clusterIP"], "None");
  EXPECT_EQ(spec["clusterIPs"], json::parse(R"(["None"])"));
}

TEST_F(KubernetesServices, addresses_and_node_ports_are_not_given_twice) {
  const json first = post(kServices, service("a", {{"type", "LoadBalancer"}})).body["spec"];
  const json second = post(kServices, service("b", {{"type", "NodePort"}})).body["spec"];
  EXPECT_NE(first["clusterIP"], second["clusterIP"]);
  EXPECT_NE(first["ports"][0]["nodePort"], second["ports"][0]["nodePort"]);
  EXPECT_GE(first["ports"][0]["nodePort"], 30000);
  EXPECT_LE(first["ports"][0]["nodePort"], 32767);
}

TEST_F(KubernetesServices, a_put_without_the_allocated_values_keeps_them) {
  const json before = post(kServices, service("a", {{"type", "LoadBalancer"}})).body["spec"];
  const json after = put("a", {{"type", "LoadBalancer"}, {"sessionAffinity", "ClientIP"}})["spec"];
  EXPECT_EQ(after["clusterIP"], before["clusterIP"]);
  EXPECT_EQ(after["ports"][0]["nodePort"], before["ports"][0]["nodePort"]);
  EXPECT_EQ(after["sessionAffinity"], "ClientIP");
}

TEST_F(KubernetesServices, a_load_balancer_that_becomes_internal_loses_what_belonged_to_it) {
  post(kServices, service("a", {{"type", "LoadBalancer"}}));
  merge(std::string(kServices) + "/a/status",
        {{"status", {{"loadBalancer", {{"ingress", json::array({{{"ip", "203.0.113.9"}}})}}}}}});
  const json after = put("a", {{"type", "ClusterIP"}});
  EXPECT_FALSE(after["spec"]["ports"][0].contains("nodePort"));
  EXPECT_FALSE(after["spec"].contains("allocateLoadBalancerNodePorts"));
  EXPECT_FALSE(after["spec"].contains("externalTrafficPolicy"));
  EXPECT_EQ(after["status"], json::parse(R"({"loadBalancer":{}})"));
}

TEST_F(KubernetesServices, a_cluster_ip_does_not_change_to_or_from_none) {
  post(kServices, service("a", json::object()));
  post(kServices, service("b", {{"clusterIP", "None"}}));
  EXPECT_EQ(merge(std::string(kServices) + "/a", {{"spec", {{"clusterIP", "None"}}}}).status, 422);
  const Answer answer =
      merge(std::string(kServices) + "/b", {{"spec", {{"clusterIP", "10.0.0.77"}}}});
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.body["details"]["causes"][0]["field"], "spec.clusterIPs[0]");
}

TEST_F(KubernetesServices, several_ports_need_names_and_must_differ) {
  const json ports = json::array({{{"port", 80}}, {{"port", 80}, {"name", "x"}}});
  const Answer answer = post(kServices, service("a", {{"ports", ports}}));
  EXPECT_EQ(answer.status, 422);
  std::string fields;
  for (const json& cause : answer.body["details"]["causes"])
    fields += cause["field"].get<std::string>() + " ";
  EXPECT_EQ(fields, "spec.ports[0].name spec.ports[1] ");
}

TEST_F(KubernetesServices, a_service_name_must_begin_with_a_letter) {
  const Answer answer = post(kServices, service("1a", json::object()));
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.message().find("a DNS-1035 label must consist of"), std::string::npos);
}

TEST_F(KubernetesServices, an_external_name_gets_no_address) {
  EXPECT_EQ(post(kServices, service("a", {{"type", "ExternalName"}})).status, 422);
  const Answer answer =
      post(kServices, service("a", {{"type", "ExternalName"}, {"externalName", "x.example"}}));
  EXPECT_EQ(answer.status, 201) << answer.text;
  EXPECT_FALSE(answer.body["spec"].contains("clusterIP"));
}

TEST_F(KubernetesServices, a_dump_keeps_allocated_values_apart) {
  post(kServices, service("a", {{"type", "LoadBalancer"}}));
  const json object = api.dump().at("v1/Service/api/a");
  EXPECT_FALSE(object["spec"].contains("clusterIP"));
  EXPECT_FALSE(object["spec"]["ports"][0].contains("nodePort"));
  EXPECT_TRUE(object["server"].contains("clusterIP"));
  EXPECT_EQ(object["server"]["nodePorts"].size(), 1u);
}

}  // namespace
}  // namespace crosstie::sandbox
