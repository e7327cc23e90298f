#include <gtest/gtest.h>

#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {
namespace {

constexpr const char* kAddress = "203.0.113.7:9443";
constexpr const char* kServerName = "quickstart-es-remote-cluster.default.svc";

/// A local and a remote cluster with everything in place for a link, which each test then breaks in
/// one way.
class ElasticsearchLink : public testing::Test {
 protected:
  void SetUp() override {
    CertificateRequest ca;
    ca.common_name = "remote ca";
    authority = make_authority(ca);
    key = remote.mint({"logs-*"});
    serve();
    local.cluster->set_remote_trust(authority.certificate_pem);
    local.cluster->set_keystore({{"cluster.remote.logs.credentials", key}});
  }

  void serve() {
    CertificateRequest request;
    request.common_name = "remote";
    request.dns_names = {kServerName};
    world.context.network.bind(kAddress, remote.cluster->serve_remote(issue(authority, request)));
  }

  Json settings(bool skip_unavailable = false, const std::string& server_name = kServerName) const {
    return {{"persistent",
             {{"cluster",
               {{"remote",
                 {{"logs",
                   {{"mode", "proxy"},
                    {"proxy_address", kAddress},
                    {"server_name", server_name},
                    {"skip_unavailable", skip_unavailable}}}}}}}}}};
  }

  void connect(bool skip_unavailable = false) {
    local.put("/_cluster/settings", settings(skip_unavailable));
  }
  Json info() { return local.get("/_remote/info").at("logs"); }
  bool connected() { return info().at("connected"); }
  /// The innermost cause of a search's failure.
  std::string search_failure() {
    Json at = local.get("/logs:logs-*/_search").at("error");
    if (at.contains("suppressed")) at = at["suppressed"][0];
    while (at.contains("caused_by")) at = at["caused_by"];
    return at.at("reason");
  }

  TestWorld world;
  TestCluster remote{world, "quickstart", "9.1.0", 3};
  TestCluster local{world, "prod", "9.1.0", 2};
  Identity authority;
  std::string key;
};

TEST_F(ElasticsearchLink, is_connected_by_a_real_tls_connection_with_trust_name_and_key) {
  connect();
  EXPECT_TRUE(connected());
  EXPECT_EQ(info().at("cluster_credentials"), "::es_redacted::");
  const Json resolved = local.get("/_resolve/cluster/logs:*");
  EXPECT_EQ(resolved["logs"]["version"]["number"], "9.1.0");
  EXPECT_EQ(resolved["logs"]["matching_indices"], true);
}

TEST_F(ElasticsearchLink, answers_a_search_with_the_documents_that_the_key_allows) {
  connect();
  const Json found = local.get("/logs:logs-*/_search?size=100");
  EXPECT_EQ(found["hits"]["total"]["value"], 5);
  EXPECT_EQ(found["hits"]["hits"][0]["_index"], "logs:logs-app-default");
  EXPECT_EQ(found["_clusters"]["details"]["logs"]["status"], "successful");
  EXPECT_EQ(local.get("/logs:*/_search?size=100")["hits"]["total"]["value"], 5);
}

TEST_F(ElasticsearchLink, refuses_an_index_outside_the_key_with_403) {
  connect();
  const Response denied = local.call("GET", "/logs:metrics-system-default/_search");
  EXPECT_EQ(denied.status, 403);
  EXPECT_NE(error_reason(denied).find("authenticated by API key id"), std::string::npos);
}

TEST_F(ElasticsearchLink, applies_the_query_of_the_key) {
  const Json body{
      {"name", "dls"},
      {"access",
       {{"search",
         Json::array({{{"names", {"logs-*"}}, {"query", R"({"term":{"log.level":"error"}})"}}})}}}};
  const Json minted = remote.post("/_security/cross_cluster/api_key", body);
  local.cluster->set_keystore({{"cluster.remote.logs.credentials", minted.at("encoded")}});
  connect();
  EXPECT_EQ(local.get("/logs:logs-*/_search")["hits"]["total"]["value"], 2);
}

TEST_F(ElasticsearchLink, is_not_connected_without_trust) {
  local.cluster->set_remote_trust("");
  connect();
  EXPECT_FALSE(connected());
  EXPECT_NE(search_failure().find("PKIX path building failed"), std::string::npos);
}

TEST_F(ElasticsearchLink, is_not_connected_with_a_wrong_server_name) {
  local.put("/_cluster/settings", settings(false, "other.example"));
  EXPECT_FALSE(connected());
  EXPECT_NE(search_failure().find("xpack.security.remote_cluster_client.ssl"), std::string::npos);
}

TEST_F(ElasticsearchLink, without_a_credential_the_certificate_model_is_tried) {
  local.cluster->set_keystore({});
  connect();
  EXPECT_FALSE(connected());
  EXPECT_FALSE(info().contains("cluster_credentials"));
  EXPECT_NE(search_failure().find("SSL context [xpack.security.transport.ssl]"), std::string::npos);
}

TEST_F(ElasticsearchLink, is_not_connected_with_an_ordinary_key) {
  const std::string ordinary =
      remote.post("/_security/api_key", {{"name", "ordinary"}}).at("encoded");
  local.cluster->set_keystore({{"cluster.remote.logs.credentials", ordinary}});
  connect();
  EXPECT_FALSE(connected());
  EXPECT_NE(search_failure().find("authentication expected API key type of [cross_cluster]"),
            std::string::npos);
}

TEST_F(ElasticsearchLink, is_not_connected_with_an_invalidated_key) {
  const std::string id = remote.get("/_security/api_key?name=link")["api_keys"][0]["id"];
  remote.call("DELETE", "/_security/api_key", Json{{"ids", {id}}}.dump());
  connect();
  EXPECT_FALSE(connected());
  EXPECT_NE(search_failure().find("unable to authenticate user [" + id + "]"), std::string::npos);
}

TEST_F(ElasticsearchLink, does_not_reconnect_by_itself_but_on_resolve) {
  connect();
  remote.cluster->serve_remote(std::nullopt);
  EXPECT_FALSE(connected());
  serve();
  EXPECT_FALSE(connected());
  local.put("/_cluster/settings", settings());
  EXPECT_FALSE(connected()) << "unchanged settings change nothing";
  EXPECT_EQ(local.get("/_resolve/cluster/logs:*")["logs"]["connected"], true);
  EXPECT_TRUE(connected());
}

TEST_F(ElasticsearchLink, notices_a_restart_between_two_looks) {
  connect();
  serve();
  EXPECT_FALSE(connected());
}

TEST_F(ElasticsearchLink, a_search_reopens_the_connection) {
  connect();
  serve();
  EXPECT_EQ(local.call("GET", "/logs:logs-*/_search").status, 200);
  EXPECT_TRUE(connected());
}

TEST_F(ElasticsearchLink, reopens_when_the_credential_comes) {
  local.cluster->set_keystore({});
  connect();
  EXPECT_FALSE(connected());
  local.cluster->set_keystore({{"cluster.remote.logs.credentials", key}});
  world.run_until(
      [&] { return local.cluster->dump()["server"]["links"]["logs"]["connected"] == true; });
  EXPECT_TRUE(connected());
}

TEST_F(ElasticsearchLink, skips_an_unreachable_optional_remote) {
  connect(true);
  remote.cluster->serve_remote(std::nullopt);
  const Json found = local.get("/logs:logs-*,logs-*/_search?size=100");
  EXPECT_EQ(found["_clusters"]["details"]["logs"]["status"], "skipped");
  EXPECT_EQ(found["_clusters"]["details"]["(local)"]["status"], "successful");
  EXPECT_EQ(found["hits"]["total"]["value"], 5);
}

TEST_F(ElasticsearchLink, fails_a_search_over_an_unreachable_required_remote) {
  connect();
  remote.cluster->serve_remote(std::nullopt);
  const Response failed = local.call("GET", "/logs:logs-*/_search");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(error_type(failed), "no_seed_node_left_exception");
}

TEST_F(ElasticsearchLink, loses_skip_unavailable_when_it_is_rebuilt_on_9_1) {
  connect(false);
  EXPECT_EQ(info().at("skip_unavailable"), false);
  local.put("/_cluster/settings",
            {{"persistent", {{"cluster.remote.logs.proxy_socket_connections", 4}}}});
  EXPECT_EQ(info().at("skip_unavailable"), true);
  EXPECT_EQ(
      local.get(
          "/_cluster/settings?flat_settings")["persistent"]["cluster.remote.logs.skip_unavailable"],
      "false");
}

TEST_F(ElasticsearchLink, speaks_of_an_address_that_does_not_resolve) {
  Json body = settings();
  body["persistent"]["cluster"]["remote"]["logs"]["proxy_address"] = "no-such-host.invalid:9443";
  local.put("/_cluster/settings", body);
  EXPECT_FALSE(connected());
  EXPECT_EQ(error_reason(local.call("GET", "/logs:logs-*/_search")),
            "unknown host [no-such-host.invalid]");
}

TEST_F(ElasticsearchLink, leaves_no_trace_after_it_was_taken_down) {
  const Json before_local = local.cluster->dump();
  Json before_remote = remote.cluster->dump();
  before_remote["api_keys"] = Json::array();
  connect();
  local.put("/_cluster/settings", {{"persistent", {{"cluster.remote.logs.*", nullptr}}}});
  remote.call("DELETE", "/_security/api_key", Json{{"name", "link"}}.dump());
  Json after_local = local.cluster->dump();
  Json after_remote = remote.cluster->dump();
  EXPECT_EQ(after_remote["server"]["invalidated_api_keys"].size(), 1u);
  for (Json* dump : {&after_local, &after_remote}) dump->erase("server");
  Json expected_local = before_local;
  expected_local.erase("server");
  before_remote.erase("server");
  EXPECT_EQ(after_local, expected_local);
  EXPECT_EQ(after_remote, before_remote);
}

TEST_F(ElasticsearchLink, connects_only_pairs_of_the_measured_table) {
  struct Pair {
    const char* local_version;
    const char* remote_version;
    bool connects;
  };
  const Pair pairs[] = {{"8.14.3", "8.17.2", true}, {"8.17.2", "9.0.8", false},
                        {"8.19.21", "9.5.3", true}, {"9.0.8", "8.19.21", true},
                        {"9.5.3", "8.17.2", false}, {"9.2.2", "9.5.3", true}};
  for (const Pair& pair : pairs) {
    TestCluster one(world, "one", pair.local_version);
    TestCluster other(world, "other", pair.remote_version);
    CertificateRequest request;
    request.common_name = "other";
    request.dns_names = {kServerName};
    world.context.network.bind(kAddress, other.cluster->serve_remote(issue(authority, request)));
    one.cluster->set_remote_trust(authority.certificate_pem);
    one.cluster->set_keystore({{"cluster.remote.logs.credentials", other.mint({"*"})}});
    one.put("/_cluster/settings", settings());
    EXPECT_EQ(one.get("/_remote/info")["logs"]["connected"], pair.connects)
        << pair.local_version << " to " << pair.remote_version;
  }
}

}  // namespace
}  // namespace crosstie::sandbox
