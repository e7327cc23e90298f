// Real TLS connections to what the operator runs: HTTP, and the remote cluster server behind a load
// balancer address.
#include <boost/asio/co_spawn.hpp>

#include "operator_harness.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox {
namespace {

using eck::Kind;
using nlohmann::json;

class OperatorTls : public ::testing::Test {
 protected:
  void SetUp() override { harness.start({WorldEck{}}); }

  RemoteHello dialled(DialRequest request) {
    std::optional<RemoteHello> answer;
    co_spawn(harness.io, dial(std::move(request)),
             [&answer](const std::exception_ptr& failure, RemoteHello hello) {
               if (failure) hello.error = "exception";
               answer = std::move(hello);
             });
    harness.io.restart();
    while (!answer) harness.io.run_one();
    return *answer;
  }

  DialRequest http_request(const std::string& server_name) {
    DialRequest request;
    request.port = harness.controllers().http_port("default", "quickstart");
    request.trusted_pem = harness.secret_text("quickstart-es-http-certs-public", "ca.crt");
    request.server_name = server_name;
    return request;
  }

  DialRequest remote_request(const std::string& server_name) {
    const json service = harness.get(Kind::service, "quickstart-es-remote-cluster");
    const std::string ip = service["status"]["loadBalancer"]["ingress"][0]["ip"];
    DialRequest request;
    request.port = harness.context.network.port_of(ip + ":9443").value_or(0);
    request.trusted_pem = harness.secret_text("quickstart-es-transport-certs-public", "ca.crt");
    request.server_name = server_name;
    return request;
  }

  OperatorHarness harness;
};

TEST_F(OperatorTls, the_elastic_password_opens_the_http_interface) {
  const std::string password = harness.secret_text("quickstart-es-elastic-user", "elastic");
  DialRequest request = http_request("quickstart-es-http.default.svc");
  request.headers = {{"Authorization", "Basic " + eck::base64("elastic:" + password)}};
  const RemoteHello hello = dialled(request);
  EXPECT_TRUE(hello.tls_established) << hello.error;
  EXPECT_EQ(hello.status, 200);
  const std::string uuid =
      harness.resource()["metadata"]["annotations"]["elasticsearch.k8s.elastic.co/cluster-uuid"];
  EXPECT_NE(hello.body.find(uuid), std::string::npos);
}

TEST_F(OperatorTls, a_deleted_password_is_replaced_by_a_new_one) {
  const auto password = [&] {
    return harness.secret_text("quickstart-es-elastic-user", "elastic");
  };
  const auto status_of = [&](const std::string& tried) {
    DialRequest request = http_request("quickstart-es-http.default.svc");
    request.headers = {{"Authorization", "Basic " + eck::base64("elastic:" + tried)}};
    return dialled(request).status;
  };
  const std::string before = password();
  harness.store.erase(eck::key_of(eck::Kind::secret, "default", "quickstart-es-elastic-user"));
  harness.settle();
  const std::string after = password();
  EXPECT_EQ(after.size(), before.size());
  EXPECT_NE(after, before);
  EXPECT_EQ(status_of(before), 401);
  EXPECT_EQ(status_of(after), 200);
  harness.edit(eck::Kind::secret, "quickstart-es-elastic-user", [](nlohmann::json& secret) {
    secret["data"]["elastic"] = eck::base64("of-my-own");
  });
  harness.settle();
  EXPECT_EQ(password(), "of-my-own");
  EXPECT_EQ(status_of("of-my-own"), 200);
}

TEST_F(OperatorTls, a_wrong_password_is_refused) {
  DialRequest request = http_request("quickstart-es-http.default.svc");
  request.headers = {{"Authorization", "Basic " + eck::base64("elastic:wrong")}};
  EXPECT_EQ(dialled(request).status, 401);
}

TEST_F(OperatorTls, the_remote_server_presents_the_name_of_its_service) {
  harness.enable_remote_server(json::parse(R"({"spec": {"type": "LoadBalancer"}})"));
  const RemoteHello right = dialled(remote_request("quickstart-es-remote-cluster.default.svc"));
  EXPECT_TRUE(right.tls_established) << right.error;
  const RemoteHello wrong = dialled(remote_request("203.0.113.10"));
  EXPECT_FALSE(wrong.tls_established) << "no load balancer address is ever in a node certificate";
}

TEST_F(OperatorTls, another_authority_is_not_trusted) {
  harness.enable_remote_server(json::parse(R"({"spec": {"type": "LoadBalancer"}})"));
  DialRequest request = remote_request("quickstart-es-remote-cluster.default.svc");
  request.trusted_pem = harness.secret_text("quickstart-es-http-certs-public", "ca.crt");
  EXPECT_FALSE(dialled(request).tls_established);
}

TEST_F(OperatorTls, a_new_transport_authority_signs_what_the_remote_server_presents) {
  harness.enable_remote_server(json::parse(R"({"spec": {"type": "LoadBalancer"}})"));
  const std::string old_pem = harness.secret_text("quickstart-es-transport-certs-public", "ca.crt");
  harness.store.erase(eck::key_of(Kind::secret, "default", "quickstart-es-transport-ca-internal"));
  harness.settle();
  DialRequest request = remote_request("quickstart-es-remote-cluster.default.svc");
  EXPECT_TRUE(dialled(request).tls_established);
  request.trusted_pem = old_pem;
  EXPECT_FALSE(dialled(request).tls_established);
}

}  // namespace
}  // namespace crosstie::sandbox
