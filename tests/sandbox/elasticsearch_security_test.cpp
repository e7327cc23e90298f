#include <gtest/gtest.h>

#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {
namespace {

class ElasticsearchSecurity : public testing::Test {
 protected:
  Response key_call(const std::string& method, const std::string& target,
                    const std::string& encoded, const std::string& body = "") {
    return cluster.call(method, target, body, {{"authorization", "ApiKey " + encoded}});
  }
  Response create(const Json& body) {
    return cluster.call("POST", "/_security/cross_cluster/api_key", body.dump());
  }
  static Json search_access(const Json& names) {
    return {{"search", Json::array({{{"names", names}}})}};
  }

  TestWorld world;
  TestCluster cluster{world, "quickstart", "9.1.0", 3};
};

TEST_F(ElasticsearchSecurity, asks_for_credentials_with_three_challenges) {
  const Response response = world.send(cluster.handler, "GET", "/_remote/info");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(error_reason(response),
            "missing authentication credentials for REST request [/_remote/info]");
  EXPECT_EQ(body_of(response)["error"]["header"]["WWW-Authenticate"].size(), 3u);
  EXPECT_FALSE(header_of(response, "WWW-Authenticate").empty());
}

TEST_F(ElasticsearchSecurity, says_why_a_key_was_not_taken) {
  const Response response = key_call("GET", "/", "bm86c3VjaA==");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(body_of(response)["error"]["additional_unsuccessful_credentials"],
            "API key: unable to find apikey with id no");
  const Response basic =
      cluster.call("GET", "/", "", {{"authorization", "Basic ZWxhc3RpYzp3cm9uZw=="}});
  EXPECT_EQ(error_reason(basic), "unable to authenticate user [elastic] for REST request [/]");
}

TEST_F(ElasticsearchSecurity, creates_a_cross_cluster_key_and_shows_its_secret_once) {
  const Json made = body_of(create(
      {{"name", "link"}, {"access", search_access("logs-*")}, {"metadata", {{"by", "crosstie"}}}}));
  EXPECT_FALSE(made.contains("expiration"));
  const std::string id = made["id"];
  const Json read = cluster.get("/_security/api_key?id=" + id)["api_keys"][0];
  EXPECT_EQ(read["type"], "cross_cluster");
  EXPECT_EQ(read["access"],
            (Json{{"search",
                   Json::array({{{"names", {"logs-*"}}, {"allow_restricted_indices", false}}})}}));
  EXPECT_FALSE(read.contains("api_key"));
  EXPECT_EQ(key_call("GET", "/", made["encoded"]).status, 401)
      << "a cross-cluster key opens no REST interface";
}

TEST_F(ElasticsearchSecurity, refuses_keys_as_the_published_tests_say) {
  struct Case {
    Json body;
    const char* reason;
  };
  const Json dls{{"names", {"a"}}, {"query", R"({"match_all":{}})"}};
  const Json plain{{"names", {"a"}}};
  const Case cases[] = {
      {{{"access", search_access({"a"})}}, "Required [name]"},
      {{{"name", "k"}}, "Required [access]"},
      {{{"name", "k"}, {"access", Json::object()}},
       "must specify non-empty access for either [search] or [replication]"},
      {{{"name", "k"}, {"access", {{"replication", Json::array({dls})}}}},
       "replication does not support document or field level security"},
      {{{"name", "k"},
        {"access", {{"search", Json::array({dls})}, {"replication", Json::array({plain})}}}},
       "search does not support document or field level security if replication is assigned"},
      {{{"name", "k"}, {"access", search_access({"a"})}, {"metadata", {{"_x", 1}}}},
       "Validation Failed: 1: API key metadata keys may not start with [_];"},
      {{{"name", "k"}, {"access", search_access({"a"})}, {"certificate_identity", "CN=x"}},
       "[1:1] [cross_cluster_api_key_request_payload] unknown field [certificate_identity]"}};
  for (const Case& one : cases) {
    const Response response = create(one.body);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(error_reason(response), one.reason);
  }
}

TEST_F(ElasticsearchSecurity, an_api_key_cannot_make_a_cross_cluster_key) {
  const std::string key = cluster.post("/_security/api_key", {{"name", "admin"}}).at("encoded");
  const Response response = key_call("POST", "/_security/cross_cluster/api_key", key,
                                     Json{{"name", "k"}, {"access", search_access({"a"})}}.dump());
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(error_reason(response),
            "authentication via API key not supported: An API key cannot be used to create a "
            "cross-cluster API key");
}

TEST_F(ElasticsearchSecurity, update_says_whether_anything_changed) {
  const std::string id =
      body_of(create({{"name", "link"}, {"access", search_access({"logs-*"})}}))["id"];
  const std::string target = "/_security/cross_cluster/api_key/" + id;
  const Json read = cluster.get("/_security/api_key?id=" + id)["api_keys"][0]["access"];
  EXPECT_EQ(cluster.put(target, {{"access", read}})["updated"], false);
  EXPECT_EQ(cluster.put(target, {{"access", search_access({"logs-*", "metrics-*"})}})["updated"],
            true);
  EXPECT_EQ(cluster.put(target, {{"metadata", {{"a", 1}}}})["updated"], true);
  EXPECT_EQ(cluster.call("PUT", target, "{}").status, 400);
  EXPECT_EQ(
      cluster.call("PUT", "/_security/cross_cluster/api_key/none", R"({"metadata":{}})").status,
      404);
}

TEST_F(ElasticsearchSecurity, invalidates_once_and_answers_200_ever_after) {
  const std::string id =
      body_of(create({{"name", "link"}, {"access", search_access({"a"})}}))["id"];
  const std::string body = Json{{"ids", {id}}}.dump();
  EXPECT_EQ(body_of(cluster.call("DELETE", "/_security/api_key", body))["invalidated_api_keys"],
            Json::array({id}));
  EXPECT_EQ(body_of(cluster.call("DELETE", "/_security/api_key",
                                 body))["previously_invalidated_api_keys"],
            Json::array({id}));
  EXPECT_EQ(cluster.get("/_security/api_key?active_only=true")["api_keys"].size(), 0u);
  EXPECT_EQ(cluster.call("GET", "/_security/api_key?id=none").status, 404);
}

TEST_F(ElasticsearchSecurity, an_invalidation_without_the_right_fails_inside_a_200) {
  const std::string id =
      body_of(create({{"name", "link"}, {"access", search_access({"a"})}}))["id"];
  const Json roles{{"r", {{"cluster", {"manage_api_key"}}}}};
  const std::string key =
      cluster.post("/_security/api_key", {{"name", "weak"}, {"role_descriptors", roles}})
          .at("encoded");
  const Response response =
      key_call("DELETE", "/_security/api_key", key, Json{{"ids", {id}}}.dump());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response)["error_count"], 1);
}

TEST_F(ElasticsearchSecurity, a_narrow_key_gets_403_that_names_the_privilege) {
  const Json roles{{"r", {{"cluster", {"monitor"}}}}};
  const std::string key =
      cluster.post("/_security/api_key", {{"name", "reader"}, {"role_descriptors", roles}})
          .at("encoded");
  EXPECT_EQ(key_call("GET", "/_cluster/settings", key).status, 200);
  const Response denied =
      key_call("PUT", "/_cluster/settings", key, R"({"persistent":{"cluster.remote.a.*":null}})");
  EXPECT_EQ(denied.status, 403);
  EXPECT_NE(
      error_reason(denied).find("this action is granted by the cluster privileges [manage,all]"),
      std::string::npos);
}

TEST_F(ElasticsearchSecurity, roles_read_back_with_their_remote_parts) {
  const Json role{
      {"remote_indices", Json::array({{{"clusters", {"logs"}},
                                       {"names", {"logs-*"}},
                                       {"privileges", {"read", "read_cross_cluster"}}}})},
      {"remote_cluster",
       Json::array({{{"clusters", {"logs"}}, {"privileges", {"monitor_enrich"}}}})}};
  EXPECT_EQ(cluster.put("/_security/role/logs_reader", role)["role"]["created"], true);
  EXPECT_EQ(cluster.put("/_security/role/logs_reader", role)["role"]["created"], false);
  const Json read = cluster.get("/_security/role/logs_reader")["logs_reader"];
  EXPECT_EQ(read["remote_indices"][0]["allow_restricted_indices"], false);
  EXPECT_EQ(read["remote_cluster"], role["remote_cluster"]);
  EXPECT_EQ(body_of(cluster.call("DELETE", "/_security/role/logs_reader"))["found"], true);
  const Response gone = cluster.call("GET", "/_security/role/logs_reader");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.body, "{}");
  EXPECT_EQ(cluster.call("PUT", "/_security/role/x", R"({"cluster":["sudo"]})").status, 400);
  EXPECT_EQ(cluster.call("PUT", "/_security/role/superuser", "{}").status, 400);
}

TEST_F(ElasticsearchSecurity, tells_who_asks_and_what_he_may) {
  EXPECT_EQ(cluster.get("/_security/_authenticate")["username"], "elastic");
  const Json asked =
      cluster.post("/_security/user/_has_privileges", {{"cluster", {"manage_security"}}});
  EXPECT_EQ(asked["has_all_requested"], true);
}

TEST_F(ElasticsearchSecurity, shows_nodes_license_and_certificates) {
  EXPECT_EQ(cluster.get("/")["version"]["number"], "9.1.0");
  EXPECT_EQ(cluster.get("/_license")["license"]["type"], "enterprise");
  const Json nodes = cluster.get("/_nodes/http,transport,remote_cluster_server")["nodes"];
  EXPECT_EQ(nodes.size(), 3u);
  EXPECT_FALSE(nodes.begin().value().contains("remote_cluster_server"));
  CertificateRequest ca;
  ca.common_name = "ca";
  const Identity authority = make_authority(ca);
  cluster.cluster->serve_remote(issue(authority, ca));
  EXPECT_TRUE(cluster.get("/_nodes/remote_cluster_server")["nodes"].begin().value().contains(
      "remote_cluster_server"));
  cluster.cluster->set_remote_trust(authority.certificate_pem);
  EXPECT_EQ(cluster.get("/_ssl/certificates")[0]["subject_dn"], "CN=ca");
}

TEST_F(ElasticsearchSecurity, a_cluster_without_nodes_is_refused_and_a_part_is_yellow) {
  cluster.cluster->set_nodes_up(2, 3);
  EXPECT_EQ(cluster.get("/_cluster/health")["status"], "yellow");
  EXPECT_EQ(cluster.call("GET", "/_cluster/health?wait_for_status=green&timeout=1ms").status, 408);
  cluster.cluster->set_nodes_up(0, 3);
  EXPECT_EQ(cluster.call("GET", "/_cluster/health").status, 503);
}

TEST_F(ElasticsearchSecurity, documents_are_indexed_counted_and_found) {
  EXPECT_EQ(cluster.call("PUT", "/orders").status, 200);
  EXPECT_EQ(error_type(cluster.call("PUT", "/orders")), "resource_already_exists_exception");
  EXPECT_EQ(cluster.call("POST", "/orders/_doc", R"({"state":"new"})").status, 201);
  EXPECT_EQ(cluster.call("PUT", "/orders/_doc/7", R"({"state":"old"})").status, 201);
  EXPECT_EQ(cluster.get("/orders/_count")["count"], 2);
  EXPECT_EQ(cluster.post("/orders/_search",
                         {{"query", {{"term", {{"state", "old"}}}}}})["hits"]["hits"][0]["_id"],
            "7");
  EXPECT_EQ(cluster.call("GET", "/none/_search").status, 404);
  EXPECT_EQ(cluster.call("HEAD", "/orders").status, 200);
  EXPECT_EQ(cluster.call("DELETE", "/orders").status, 200);
}

}  // namespace
}  // namespace crosstie::sandbox
