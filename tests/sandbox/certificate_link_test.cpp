// Links of the certificate model: mutual TLS at the transport interface, over real sockets.
#include <gtest/gtest.h>

#include "sandbox/peer_trust.hpp"
#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {
namespace {

constexpr const char* kAddress = "203.0.113.7:9300";
constexpr const char* kServerName = "quickstart-es-transport.default.svc";
constexpr const char* kRemoteNode = "quickstart-es-default-0.node.quickstart.default.es.local";
constexpr const char* kLocalNode = "instance-0000000000.node.abc.cluster.123.account";

Identity authority_named(const std::string& name) {
  CertificateRequest request;
  request.common_name = name;
  return make_authority(request);
}

Identity node(const Identity& authority, const std::string& name) {
  CertificateRequest request;
  request.common_name = "node";
  request.other_names = {name};
  request.dns_names = {kServerName};
  request.client = true;
  return issue(authority, request);
}

/// Both ends in order; each test breaks one thing.
class CertificateLink : public testing::Test {
 protected:
  void SetUp() override {
    remote_side.identity = node(remote_authority, kRemoteNode);
    remote_side.trust = {
        remote_authority.certificate_pem + local_authority.certificate_pem,
        TrustRestriction{{"*.node.quickstart.default.es.local", "*.node.abc.cluster.123.account"}}};
    local_side.identity = node(local_authority, kLocalNode);
    local_side.trust = {local_authority.certificate_pem + remote_authority.certificate_pem,
                        TrustRestriction{{"*.node.abc.cluster.123.account", "*.default.es.local"}}};
  }

  void connect(const std::string& server_name = kServerName) {
    remote.cluster->set_transport(remote_side);
    local.cluster->set_transport(local_side);
    world.context.network.bind(kAddress, remote.cluster->serve_transport(true));
    local.put("/_cluster/settings", {{"persistent",
                                      {{"cluster.remote.logs.mode", "proxy"},
                                       {"cluster.remote.logs.proxy_address", kAddress},
                                       {"cluster.remote.logs.server_name", server_name},
                                       {"cluster.remote.logs.skip_unavailable", false}}}});
  }
  Json info() { return local.get("/_remote/info").at("logs"); }
  std::string search_failure() {
    Json at = local.get("/logs:logs-*/_search").at("error");
    if (at.contains("suppressed")) at = at["suppressed"][0];
    while (at.contains("caused_by")) at = at["caused_by"];
    return at.at("reason");
  }
  void expect_failure(const std::string& words) {
    EXPECT_EQ(info()["connected"], false);
    const std::string failure = search_failure();
    EXPECT_NE(failure.find(words), std::string::npos) << failure;
  }

  TestWorld world;
  TestCluster remote{world, "quickstart", "9.1.0", 3};
  TestCluster local{world, "prod", "9.1.0", 2};
  Identity remote_authority = authority_named("quickstart-transport");
  Identity local_authority = authority_named("region");
  Transport remote_side;
  Transport local_side;
};

TEST_F(CertificateLink, is_connected_by_mutual_tls_and_answers_without_a_key) {
  connect();
  EXPECT_EQ(info()["connected"], true);
  EXPECT_FALSE(info().contains("cluster_credentials"));
  const Json found = local.get("/logs:logs-*/_search?size=100");
  EXPECT_EQ(found["hits"]["total"]["value"], 5);
  EXPECT_EQ(local.get("/_resolve/cluster/logs:*")["logs"]["version"]["number"], "9.1.0");
}

TEST_F(CertificateLink, is_refused_here_without_the_remote_authority) {
  local_side.trust.authorities_pem = local_authority.certificate_pem;
  connect();
  expect_failure("SSL context [xpack.security.transport.ssl]: PKIX path building failed");
}

TEST_F(CertificateLink, is_refused_here_when_the_scope_does_not_cover_the_name) {
  local_side.trust.restriction->names = {"*.other.es.local"};
  connect();
  expect_failure("does not match the trusted names");
}

TEST_F(CertificateLink, is_refused_here_when_the_server_name_is_another) {
  connect("other.example");
  expect_failure("No subject alternative DNS name matching other.example found");
}

TEST_F(CertificateLink, is_refused_there_without_the_local_authority) {
  remote_side.trust.authorities_pem = remote_authority.certificate_pem;
  connect();
  expect_failure("Received fatal alert: certificate_unknown");
}

TEST_F(CertificateLink, is_refused_there_by_the_restriction) {
  remote_side.trust.restriction->names = {"*.node.other.cluster.123.account"};
  connect();
  expect_failure("Received fatal alert: certificate_unknown");
}

TEST_F(CertificateLink, a_key_at_the_transport_port_shows_no_certificate) {
  local.cluster->set_remote_trust(remote_authority.certificate_pem);
  local.cluster->set_keystore({{"cluster.remote.logs.credentials", remote.mint({"logs-*"})}});
  connect();
  expect_failure("Received fatal alert: bad_certificate");
}

TEST_F(CertificateLink, a_certificate_at_the_remote_cluster_server_lacks_a_key) {
  connect();
  world.context.network.bind(kAddress, remote.cluster->serve_remote(remote_side.identity));
  EXPECT_EQ(info()["connected"], false);
  expect_failure("[_cross_cluster_access_credentials] but none found");
}

TEST_F(CertificateLink, both_models_are_served_side_by_side_under_two_aliases) {
  connect();
  const std::string address = "203.0.113.8:9443";
  world.context.network.bind(address, remote.cluster->serve_remote(remote_side.identity));
  local.cluster->set_remote_trust(remote_authority.certificate_pem);
  local.cluster->set_keystore({{"cluster.remote.keyed.credentials", remote.mint({"logs-*"})}});
  local.put("/_cluster/settings", {{"persistent",
                                    {{"cluster.remote.keyed.mode", "proxy"},
                                     {"cluster.remote.keyed.proxy_address", address},
                                     {"cluster.remote.keyed.server_name", kServerName}}}});
  local.get("/_resolve/cluster/*:*");
  const Json links = local.get("/_remote/info");
  EXPECT_EQ(links["logs"]["connected"], true);
  EXPECT_EQ(links["keyed"]["connected"], true);
  EXPECT_TRUE(links["keyed"].contains("cluster_credentials"));
  EXPECT_FALSE(links["logs"].contains("cluster_credentials"));
}

}  // namespace
}  // namespace crosstie::sandbox
