#include "providers/kubernetes/elasticsearch_patch.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/providers/kubernetes/elasticsearch_patch_cluster.hpp"

namespace crosstie {
namespace {

using crosstie::testing::EckCluster;
using crosstie::testing::kEnabled;
using crosstie::testing::patch_request;

constexpr const char* kRestart =
    "restarts 3 pods of default/quickstart, one rolling restart: quickstart-es-default-0..2; "
    "because of remoteClusterServer.enabled";

TEST_F(EckCluster, plan_tells_of_the_rolling_restart) {
  const ResourceRequest request = patch_request(kEnabled);
  const Observation seen = observe(request);
  EXPECT_EQ(seen.presence, Presence::absent);
  const Forecast forecast = provider->forecast(request, seen, "create");
  EXPECT_EQ(forecast.waits_for, "roll 3 pods, green");
  EXPECT_EQ(forecast.disruption, kRestart);
  EXPECT_EQ(world.seen.writes(), 0);
}

TEST_F(EckCluster, patch_is_applied_waited_for_and_then_unchanged) {
  const ResourceRequest request = created(kEnabled);
  ASSERT_TRUE(request.prior.has_value());
  EXPECT_EQ(cluster()["spec"]["remoteClusterServer"]["enabled"], true);
  EXPECT_EQ(request.prior->attributes.text("phase"), "Ready");
  EXPECT_EQ(request.prior->attributes.text("health"), "green");
  EXPECT_FALSE(progress.states.empty());
  const Observation again = observe(request);
  EXPECT_EQ(again.presence, Presence::present);
  EXPECT_FALSE(provider->diff(request, again).any());
  EXPECT_EQ(provider->forecast(request, again, "update").disruption, "");
}

TEST_F(EckCluster, taking_it_back_leaves_the_cluster_as_it_was) {
  const nlohmann::json before = cluster();
  ResourceRequest request = created(kEnabled);
  request.desired = Value();
  EXPECT_EQ(provider->forecast(request, observe(request), "delete").disruption, kRestart);
  WriteRequest write;
  write.resource = request;
  const WriteResult result = world.run(provider->remove(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ(cluster()["spec"], before["spec"]);
  const WaitRequest wait{request, result.outcome->attributes, result.outcome->token, {}};
  EXPECT_TRUE(world.run(provider->settle(wait, progress)).ok());
  EXPECT_EQ(observe(request).presence, Presence::absent);
  EXPECT_TRUE(world.run(provider->remove(write)).outcome.has_value());
}

TEST_F(EckCluster, value_of_somebody_else_is_shared_and_stays_when_ours_goes) {
  edit(R"({"spec":{"remoteClusterServer":{"enabled":true}}})");
  ResourceRequest request = created(R"({"remoteClusterServer":{"enabled":true}})");
  request.desired = Value();
  WriteRequest write;
  write.resource = request;
  ASSERT_TRUE(world.run(provider->remove(write)).outcome.has_value());
  EXPECT_EQ(cluster()["spec"]["remoteClusterServer"]["enabled"], true);
}

TEST_F(EckCluster, other_value_of_somebody_else_is_refused_in_the_plan_and_taken_only_when_told) {
  edit(R"({"spec":{"remoteClusterServer":{"enabled":false}}})");
  ResourceRequest request = patch_request(R"({"remoteClusterServer":{"enabled":true}})");
  const Observation seen = observe(request);
  EXPECT_TRUE(has_errors(seen.diagnostics));
  EXPECT_NE(format_diagnostics(seen.diagnostics).find("kubectl-edit"), std::string::npos);
  request = created(R"({"remoteClusterServer":{"enabled":true}})", Adoption::take_over);
  EXPECT_EQ(cluster()["spec"]["remoteClusterServer"]["enabled"], true);
  request.desired = Value();
  WriteRequest write;
  write.resource = request;
  const WriteResult result = world.run(provider->remove(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ(cluster()["spec"]["remoteClusterServer"]["enabled"], false);
}

TEST_F(EckCluster, drift_is_seen_and_repaired) {
  const ResourceRequest request = created(R"({"remoteClusterServer":{"enabled":true}})");
  edit(R"({"spec":{"remoteClusterServer":{"enabled":false}}})");
  const WriteRequest write = planned(request);
  EXPECT_EQ(write.approved.presence, Presence::present);
  ASSERT_EQ(write.difference.fields.size(), 1u);
  EXPECT_EQ(print_path(write.difference.fields[0].path), "spec.remoteClusterServer.enabled");
  const WriteResult result = world.run(provider->update(write));
  ASSERT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
  EXPECT_EQ(cluster()["spec"]["remoteClusterServer"]["enabled"], true);
}

TEST_F(EckCluster, node_sets_and_unmanaged_clusters_are_refused) {
  const Observation node_sets =
      observe(patch_request(R"({"nodeSets":[{"name":"default","count":5}]})"));
  EXPECT_EQ(node_sets.presence, Presence::unreadable);
  EXPECT_NE(format_diagnostics(node_sets.diagnostics).find("nodeSets"), std::string::npos);
  edit(R"({"metadata":{"annotations":{"eck.k8s.elastic.co/managed":"false"}}})");
  const Observation unmanaged = observe(patch_request(kEnabled));
  EXPECT_NE(format_diagnostics(unmanaged.diagnostics).find("managed"), std::string::npos);
  EXPECT_TRUE(has_errors(unmanaged.diagnostics));
}

TEST_F(EckCluster, cluster_that_is_not_there_is_unchecked_and_never_created) {
  const ResourceRequest request = patch_request(kEnabled, "other");
  EXPECT_EQ(observe(request).presence, Presence::unchecked);
  const WriteResult result = world.run(provider->create(planned(request)));
  ASSERT_FALSE(result.outcome.has_value());
  EXPECT_NE(format_diagnostics(result.failure.diagnostics).find("default/other"),
            std::string::npos);
  EXPECT_EQ(
      world.store.find({"elasticsearch.k8s.elastic.co", "elasticsearches", "default", "other"}),
      nullptr);
}

TEST_F(EckCluster, load_balancer_address_is_found_after_the_patch) {
  (void)created(kEnabled);
  ResourceRequest read;
  read.address.name = "address";
  read.type = "kubernetes.read";
  read.desired = Value(Value::Object{{"api_version", Value("v1")},
                                     {"kind", Value("Service")},
                                     {"name", Value("quickstart-es-remote-cluster")},
                                     {"namespace", Value("default")},
                                     {"wait", Value("load_balancer")}});
  const WaitRequest wait{read, Value(), Value(), {}};
  const Result<Value> ready = world.run(provider->settle(wait, progress));
  ASSERT_TRUE(ready.ok()) << format_diagnostics(ready.ok() ? Diagnostics{} : ready.failure());
  EXPECT_FALSE(ready->at({"load_balancer", "host"})->as_string().empty());
}

TEST_F(EckCluster, elasticsearch_api_is_reached_through_a_forwarded_port) {
  kubernetes::KubernetesAccess* access = kubernetes::kubernetes_access(provider.get());
  ASSERT_NE(access, nullptr);
  const Result<kubernetes::EckEndpoint> found =
      world.run(access->eck_endpoint("default", "quickstart"));
  ASSERT_TRUE(found.ok()) << format_diagnostics(found.ok() ? Diagnostics{} : found.failure());
  EXPECT_EQ(found->username, "elastic");
  EXPECT_FALSE(found->password.empty());
  EXPECT_NE(found->reached_by.find("port-forward"), std::string::npos);
  http::ClientOptions options;
  options.service = "Elasticsearch";
  http::Client client(found->endpoint, options);
  const http::Exchange exchange = world.run(client.send(crosstie::testing::get("/")));
  ASSERT_TRUE(exchange.answered()) << exchange.failure.message;
  EXPECT_TRUE(exchange.response->status == 200 || exchange.response->status == 401)
      << exchange.response->status;
  const Result<kubernetes::EckEndpoint> missing =
      world.run(access->eck_endpoint("default", "none"));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(format_diagnostics(missing.failure()).find("Elasticsearch default/none"),
            std::string::npos);
}

TEST_F(EckCluster, load_balancer_that_does_not_answer_gives_way_to_a_port_forward) {
  world.before = [this](const sandbox::Request& request) {
    if (!request.path.ends_with("/services/quickstart-es-http")) return;
    const sandbox::ObjectKey key{"", "services", "default", "quickstart-es-http"};
    nlohmann::json service = *world.store.find(key);
    service["spec"]["type"] = "LoadBalancer";
    // Nothing listens at this loopback address.
    service["status"]["loadBalancer"]["ingress"] = {{{"ip", "127.83.19.7"}}};
    world.store.replace(key, std::move(service));
  };
  kubernetes::KubernetesAccess* access = kubernetes::kubernetes_access(provider.get());
  ASSERT_NE(access, nullptr);
  const Result<kubernetes::EckEndpoint> found =
      world.run(access->eck_endpoint("default", "quickstart"));
  ASSERT_TRUE(found.ok()) << format_diagnostics(found.ok() ? Diagnostics{} : found.failure());
  EXPECT_NE(found->reached_by.find("port-forward"), std::string::npos) << found->reached_by;
  EXPECT_NE(found->reached_by.find("load balancer 127.83.19.7 does not answer"), std::string::npos)
      << found->reached_by;
  http::ClientOptions options;
  options.service = "Elasticsearch";
  http::Client client(found->endpoint, options);
  const http::Exchange exchange = world.run(client.send(crosstie::testing::get("/")));
  ASSERT_TRUE(exchange.answered()) << exchange.failure.message;
}

}  // namespace
}  // namespace crosstie
