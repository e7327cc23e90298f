// Addresses of Services of type LoadBalancer, and where they lead.
#include "operator_harness.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

const json kLoadBalancer =
    json::parse(R"({"metadata": {"annotations": {"x": "y"}}, "spec": {"type": "LoadBalancer"}})");

WorldEck world_with(WorldEck::LoadBalancer kind) {
  WorldEck eck;
  eck.load_balancer = kind;
  return eck;
}

json ingress_of(const OperatorHarness& harness, const std::string& service) {
  return harness.get(Kind::service, service)["status"]["loadBalancer"].value("ingress",
                                                                             json::array());
}

TEST(OperatorLoadBalancer, an_ip_leads_to_the_remote_cluster_server) {
  OperatorHarness harness;
  harness.start({world_with(WorldEck::LoadBalancer::ip)});
  harness.enable_remote_server(kLoadBalancer);
  const json ingress = ingress_of(harness, "quickstart-es-remote-cluster");
  ASSERT_EQ(ingress.size(), 1U);
  EXPECT_EQ(ingress[0]["ipMode"], "VIP");
  const std::string ip = ingress[0]["ip"];
  EXPECT_TRUE(ip.starts_with("203.0.113."));
  const auto port = harness.context.network.port_of(ip + ":9443");
  ASSERT_TRUE(port.has_value());
  EXPECT_NE(*port, 0);
  EXPECT_NE(*port, harness.controllers().http_port("default", "quickstart"));
}

TEST(OperatorLoadBalancer, an_ipv6_address_is_bound_in_brackets) {
  OperatorHarness harness;
  harness.start({world_with(WorldEck::LoadBalancer::ipv6)});
  harness.enable_remote_server(kLoadBalancer);
  const std::string ip = ingress_of(harness, "quickstart-es-remote-cluster")[0]["ip"];
  EXPECT_TRUE(ip.starts_with("2001:db8::"));
  EXPECT_TRUE(harness.context.network.port_of("[" + ip + "]:9443").has_value());
}

TEST(OperatorLoadBalancer, no_address_is_given_while_the_controller_is_down) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  harness.controllers().set_running(EckOperator::Controller::load_balancers, false);
  harness.enable_remote_server(kLoadBalancer);
  EXPECT_TRUE(ingress_of(harness, "quickstart-es-remote-cluster").empty());
  harness.controllers().set_running(EckOperator::Controller::load_balancers, true);
  harness.settle();
  EXPECT_EQ(ingress_of(harness, "quickstart-es-remote-cluster").size(), 1U);
}

TEST(OperatorLoadBalancer, a_host_name_comes_without_an_ip) {
  OperatorHarness harness;
  harness.start({world_with(WorldEck::LoadBalancer::hostname)});
  harness.enable_remote_server(kLoadBalancer);
  const json entry = ingress_of(harness, "quickstart-es-remote-cluster")[0];
  EXPECT_FALSE(entry.contains("ip"));
  const std::string host = entry["hostname"];
  EXPECT_TRUE(host.ends_with(".elb.sandbox.example"));
  EXPECT_TRUE(harness.context.network.port_of(host + ":9443").has_value());
}

TEST(OperatorLoadBalancer, exposing_makes_the_service_anew_without_a_restart_and_back) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  harness.enable_remote_server();
  const json headless = harness.get(Kind::service, "quickstart-es-remote-cluster");
  const json pod = harness.get(Kind::pod, "quickstart-es-default-0");
  harness.enable_remote_server(kLoadBalancer);
  const json exposed = harness.get(Kind::service, "quickstart-es-remote-cluster");
  EXPECT_NE(exposed["metadata"]["uid"], headless["metadata"]["uid"]);
  EXPECT_TRUE(exposed["spec"]["ports"][0].contains("nodePort"));
  EXPECT_EQ(exposed["spec"]["externalTrafficPolicy"], "Cluster");
  EXPECT_EQ(exposed["spec"]["allocateLoadBalancerNodePorts"], true);
  EXPECT_EQ(exposed["metadata"]["annotations"]["x"], "y");
  const std::string ip = ingress_of(harness, "quickstart-es-remote-cluster")[0]["ip"];
  harness.enable_remote_server(json::object());
  const json again = harness.get(Kind::service, "quickstart-es-remote-cluster");
  EXPECT_EQ(again["spec"], headless["spec"]);
  EXPECT_NE(again["metadata"]["uid"], exposed["metadata"]["uid"]);
  EXPECT_FALSE(harness.context.network.port_of(ip + ":9443").has_value());
  EXPECT_EQ(harness.get(Kind::pod, "quickstart-es-default-0")["metadata"]["uid"],
            pod["metadata"]["uid"]);
}

TEST(OperatorLoadBalancer, the_transport_service_gets_an_address_too) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  harness.edit(Kind::elasticsearch, "quickstart", [](json& object) {
    object["spec"]["transport"]["service"]["spec"]["type"] = "LoadBalancer";
  });
  harness.settle();
  EXPECT_EQ(ingress_of(harness, "quickstart-es-transport").size(), 1U);
}

TEST(OperatorLoadBalancer, an_operator_before_3_3_ignores_the_service_field) {
  OperatorHarness harness;
  WorldEck eck;
  eck.operator_version = "3.2.0";
  harness.start({eck});
  harness.enable_remote_server(kLoadBalancer);
  EXPECT_EQ(harness.get(Kind::service, "quickstart-es-remote-cluster")["spec"]["clusterIP"],
            "None");
}

json user_service() {
  return json::parse(
      R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "quickstart-es-remote-cluster-lb"},
    "spec": {"type": "LoadBalancer", "clusterIP": "10.0.9.9",
             "ports": [{"name": "rcs", "port": 9443, "protocol": "TCP", "targetPort": 9443, "nodePort": 31000}],
             "selector": {"common.k8s.elastic.co/type": "elasticsearch", "elasticsearch.k8s.elastic.co/cluster-name": "quickstart"}},
    "status": {"loadBalancer": {}}})");
}

TEST(OperatorLoadBalancer, a_users_own_service_serves_older_operators) {
  OperatorHarness harness;
  WorldEck eck;
  eck.operator_version = "3.1.0";
  harness.start({eck});
  const ObjectKey key = eck::key_of(Kind::service, "default", "quickstart-es-remote-cluster-lb");
  eck::put(harness.store, key, user_service(), "kubectl");
  harness.settle();
  const std::string ip = ingress_of(harness, key.name)[0]["ip"];
  EXPECT_FALSE(harness.context.network.port_of(ip + ":9443").has_value()) << "nothing listens yet";
  harness.enable_remote_server();
  EXPECT_TRUE(harness.context.network.port_of(ip + ":9443").has_value());
  harness.store.erase(key);
  harness.settle();
  EXPECT_FALSE(harness.context.network.port_of(ip + ":9443").has_value());
}

TEST(OperatorLoadBalancer, a_service_that_selects_nobody_has_an_address_that_leads_nowhere) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  harness.enable_remote_server();
  json service = user_service();
  service["spec"]["selector"]["elasticsearch.k8s.elastic.co/cluster-name"] = "other";
  const ObjectKey key = eck::key_of(Kind::service, "default", "quickstart-es-remote-cluster-lb");
  eck::put(harness.store, key, service, "kubectl");
  harness.settle();
  const std::string ip = ingress_of(harness, key.name)[0]["ip"];
  EXPECT_FALSE(harness.context.network.port_of(ip + ":9443").has_value());
}

TEST(OperatorLoadBalancer, two_services_get_two_addresses) {
  OperatorHarness harness;
  harness.start({WorldEck{}});
  for (const char* name : {"lb-a", "lb-b"})
    eck::put(harness.store, eck::key_of(Kind::service, "default", name), user_service(), "kubectl");
  harness.settle();
  EXPECT_NE(ingress_of(harness, "lb-a"), ingress_of(harness, "lb-b"));
}

}  // namespace
}  // namespace crosstie::sandbox
