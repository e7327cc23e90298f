#pragma once
// A simulated ECK cluster and one kubernetes.elasticsearch_patch of it, through the provider.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator.hpp"
#include "tests/providers/kubernetes/world.hpp"

namespace crosstie::testing {

inline Value json(const std::string& text) { return from_json(nlohmann::json::parse(text)); }

inline const char* kEnabled =
    R"({"remoteClusterServer":{"enabled":true,"service":{"spec":{"type":"LoadBalancer"}}}})";

inline ResourceRequest patch_request(const std::string& spec,
                                     const std::string& name = "quickstart") {
  ResourceRequest request;
  request.address.link = "logs";
  request.address.name = "remote_server";
  request.type = "kubernetes.elasticsearch_patch";
  request.lineage = kLineage;
  request.desired = Value(
      Value::Object{{"name", Value(name)}, {"namespace", Value("default")}, {"spec", json(spec)}});
  return request;
}

/// A cluster of three nodes, run by the simulated operator.
class EckCluster : public ::testing::Test {
 protected:
  EckCluster() : EckCluster(std::vector<sandbox::WorldNodeSet>{{"default", 3, "", ""}}) {}

  explicit EckCluster(std::vector<sandbox::WorldNodeSet> node_sets) {
    sandbox::WorldEck eck;
    eck.node_sets = std::move(node_sets);
    eck.load_balancer_delay = std::chrono::milliseconds(0);
    eck_operator = std::make_unique<sandbox::EckOperator>(
        world.context, world.store, std::vector<sandbox::WorldEck>{eck},
        [](sandbox::Handler handler) { return handler; });
    eck_operator->start();
    provider = world.provider();
  }

  nlohmann::json cluster() const {
    return *world.store.find(
        {"elasticsearch.k8s.elastic.co", "elasticsearches", "default", "quickstart"});
  }

  Observation observe(const ResourceRequest& request) {
    return world.run(provider->observe({request})).front();
  }

  WriteRequest planned(const ResourceRequest& request) {
    WriteRequest write;
    write.resource = request;
    write.approved = observe(request);
    write.difference = provider->diff(request, write.approved);
    return write;
  }

  /// Creates the patch, waits, and gives the request as a later run sees it.
  ResourceRequest created(const std::string& spec, Adoption adoption = Adoption::never) {
    return created(patch_request(spec), adoption);
  }
  ResourceRequest created(ResourceRequest request, Adoption adoption = Adoption::never) {
    request.adoption = adoption;
    const WriteResult result = world.run(provider->create(planned(request)));
    EXPECT_TRUE(result.outcome.has_value()) << format_diagnostics(result.failure.diagnostics);
    if (!result.outcome) return request;
    const WaitRequest wait{request, result.outcome->attributes, result.outcome->token, {}};
    const Result<Value> ready = world.run(provider->settle(wait, progress));
    EXPECT_TRUE(ready.ok()) << format_diagnostics(ready.ok() ? Diagnostics{} : ready.failure());
    request.prior =
        Recorded{request.desired, ready.ok() ? *ready : Value(), result.outcome->before};
    return request;
  }

  void edit(const std::string& body, const std::string& manager = "kubectl-edit") {
    sandbox::Request request;
    request.method = "PATCH";
    request.path =
        "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/default/elasticsearches/quickstart";
    request.raw_target = request.path + "?fieldManager=" + manager;
    request.query = {{"fieldManager", manager}};
    request.headers = {{"authorization", std::string("Bearer ") + crosstie::testing::kAdminToken},
                       {"content-type", "application/merge-patch+json"}};
    request.body = body;
    const sandbox::Handler handler = world.api->handler();
    const sandbox::Response response = world.run(handler(std::move(request)));
    ASSERT_LT(response.status, 300) << response.body;
  }

  KubernetesWorld world;
  std::unique_ptr<sandbox::EckOperator> eck_operator;
  std::unique_ptr<Provider> provider;
  Silent progress;
};

}  // namespace crosstie::testing
