#include <gtest/gtest.h>

#include "sandbox/listener.hpp"
#include "tests/sandbox/ech_support.hpp"

namespace crosstie::sandbox {
namespace {

const std::string kFlags = "?show_plans=true&show_plan_logs=true&show_plan_history=true";

TEST(EchApi, lists_deployments_and_finds_them_by_name) {
  TestCloud cloud;
  EXPECT_EQ(body_of(cloud.call("GET", "/deployments"))["deployments"].size(), 2u);
  const Json found = body_of(cloud.call("POST", "/deployments/_search",
                                        {{"query", {{"prefix", {{"name", {{"value", "sta"}}}}}}}}));
  EXPECT_EQ(found["return_count"], 1);
  EXPECT_EQ(found["deployments"][0]["name"], "staging");
  const Json page = body_of(cloud.call("POST", "/deployments/_search",
                                       {{"query", {{"match_all", Json::object()}}}, {"size", 1}}));
  EXPECT_EQ(page["match_count"], 2);
  EXPECT_EQ(
      body_of(cloud.call("POST", "/deployments/_search",
                         {{"size", 1}, {"cursor", page["cursor"]}}))["deployments"][0]["name"],
      "staging");
}

TEST(EchApi, refuses_missing_wrong_and_foreign_credentials) {
  TestCloud cloud;
  EXPECT_EQ(cloud.call("GET", "/deployments", nullptr, {{"authorization", "ApiKey wrong"}}).status,
            401);
  EXPECT_EQ(cloud.call("GET", "/deployments", nullptr, {{"authorization", ""}}).status, 401);
  const Response basic =
      cloud.call("GET", "/deployments", nullptr, {{"authorization", "Basic YTpi"}});
  EXPECT_EQ(basic.status, 403);
  EXPECT_EQ(header_of(basic, "x-cloud-error-codes"), "root.invalid_authentication");
}

TEST(EchApi, carries_version_and_rate_headers) {
  TestCloud cloud;
  const Response first = cloud.call("GET", TestCloud::deployment());
  EXPECT_EQ(header_of(first, "x-cloud-resource-version"), "1");
  EXPECT_FALSE(header_of(first, "x-cloud-resource-created").empty());
  EXPECT_FALSE(header_of(first, "x-ratelimit-remaining").empty());
  EXPECT_EQ(header_of(cloud.call("GET", TestCloud::resource("")), "x-cloud-resource-version"), "");
}

TEST(EchApi, tells_an_unknown_deployment_from_an_unknown_resource) {
  TestCloud cloud;
  EXPECT_EQ(error_code(cloud.call("GET", "/deployments/00000000000000000000000000000000")),
            "deployments.deployment_not_found");
  EXPECT_EQ(error_code(cloud.call("GET", TestCloud::deployment("/elasticsearch/other"))),
            "deployments.deployment_resource_not_found");
  EXPECT_EQ(cloud.call("GET", TestCloud::deployment("/elasticsearch/_main")).status, 200);
}

TEST(EchApi, replaces_the_whole_trust_object_and_keeps_named_uids) {
  TestCloud cloud;
  cloud.call("PUT", TestCloud::deployment(),
             cloud.update(Json::array({proxy_trust("a", "pem a"), proxy_trust("b", "pem b")})));
  cloud.settle();
  const Json first = cloud.read()["settings"]["trust"]["direct"];
  ASSERT_EQ(first.size(), 2u);
  Json kept = first[1];
  cloud.call("PUT", TestCloud::deployment(), cloud.update({kept, proxy_trust("c", "pem c")}));
  cloud.settle();
  const Json second = cloud.read()["settings"]["trust"];
  ASSERT_EQ(second["direct"].size(), 2u);
  EXPECT_EQ(second["direct"][0]["uid"], first[1]["uid"]);
  EXPECT_EQ(second["direct"][1]["name"], "c");
  EXPECT_NE(second["direct"][1]["uid"], first[0]["uid"]);
  EXPECT_EQ(second["accounts"].size(), 1u);
  Json without_lists = cloud.update(Json::array());
  without_lists["resources"]["elasticsearch"][0]["settings"]["trust"] = Json::object();
  cloud.call("PUT", TestCloud::deployment(), without_lists);
  cloud.settle();
  EXPECT_TRUE(cloud.read()["settings"]["trust"]["accounts"].empty())
      << "lists left out become empty";
}

TEST(EchApi, refuses_bodies_that_break_the_schema) {
  TestCloud cloud;
  const Json good = cloud.update(Json::array());
  for (const char* path :
       {"/prune_orphans", "/resources/elasticsearch/0/ref_id", "/resources/elasticsearch/0/region",
        "/resources/elasticsearch/0/plan", "/resources/elasticsearch/0/plan/cluster_topology",
        "/resources/elasticsearch/0/plan/elasticsearch"}) {
    Json body = good;
    const Json::json_pointer pointer(path);
    body.at(pointer.parent_pointer()).erase(pointer.back());
    const Response refused = cloud.call("PUT", TestCloud::deployment(), body);
    EXPECT_EQ(refused.status, 400) << path;
    EXPECT_EQ(error_code(refused), "root.invalid_json_request") << path;
  }
  Json body = good;
  body["resources"]["elasticsearch"][0].erase("region");
  EXPECT_NE(
      cloud.call("PUT", TestCloud::deployment(), body)
          .body.find("DownField(region),DownArray,DownField(elasticsearch),DownField(resources)"),
      std::string::npos);
  EXPECT_EQ(cloud.dump()["server"]["plan_attempts"], 1);
}

TEST(EchApi, checks_the_rules_of_direct_trusts_together) {
  TestCloud cloud;
  Json scoped = proxy_trust("p", "pem");
  scoped["scope_id"] = "abc";
  scoped["trust_all"] = true;
  const Json generic{
      {"name", "g"}, {"trust_all", true}, {"certificates", Json::array({{{"pem", "x"}}})}};
  const Response refused =
      cloud.call("PUT", TestCloud::deployment(), cloud.update({scoped, generic}));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(body_of(refused)["errors"].size(), 3u) << refused.body;
  EXPECT_EQ(body_of(refused)["errors"][0]["fields"][0],
            "resources.elasticsearch[0].settings.trust.direct[0].trust_all");
}

TEST(EchApi, validates_without_changing_anything) {
  TestCloud cloud;
  const Json before = cloud.api->dump();
  const Response checked = cloud.call("PUT", TestCloud::deployment("?validate_only=true"),
                                      cloud.update(Json::array({proxy_trust("a", "pem")})));
  EXPECT_EQ(checked.status, 200);
  EXPECT_TRUE(body_of(checked).contains("diagnostics"));
  EXPECT_EQ(cloud.api->dump(), before);
}

TEST(EchApi, refuses_a_stale_version_with_409) {
  TestCloud cloud;
  const Json body = cloud.update(Json::array({proxy_trust("a", "pem")}));
  EXPECT_EQ(cloud.call("PUT", TestCloud::deployment("?version=1"), body).status, 200);
  cloud.settle();
  const Response stale = cloud.call("PUT", TestCloud::deployment("?version=1"), body);
  EXPECT_EQ(stale.status, 409);
  EXPECT_NE(error_code(stale).find("version_conflict"), std::string::npos);
}

TEST(EchApi, keeps_a_plan_pending_that_flickers_and_blocks_others) {
  TestCloud cloud(1.0);
  const Json body = cloud.update(Json::array({proxy_trust("a", "pem")}));
  ASSERT_EQ(cloud.call("PUT", TestCloud::deployment(), body).status, 200);
  EXPECT_TRUE(cloud.read(kFlags)["plan_info"].contains("pending"));
  EXPECT_FALSE(cloud.read(kFlags)["plan_info"].contains("pending"));
  EXPECT_TRUE(cloud.read(kFlags)["plan_info"].contains("pending"));
  EXPECT_TRUE(cloud.read("?show_settings=true")["settings"]["trust"]["direct"].empty())
      << "accepted is not applied";
  EXPECT_EQ(error_code(cloud.call("PUT", TestCloud::deployment(), body)),
            "deployments.resource_plan_state_error");
  EXPECT_EQ(cloud.call("POST", TestCloud::resource("/_restart")).status, 422);
  EXPECT_EQ(cloud.call("DELETE", TestCloud::resource("/plan/pending")).status, 200);
  EXPECT_EQ(error_code(cloud.call("DELETE", TestCloud::resource("/plan/pending"))),
            "deployments.resource_does_not_have_a_pending_plan");
  EXPECT_EQ(cloud.call("DELETE", TestCloud::resource("/plan/pending?ignore_missing=true")).status,
            200);
  EXPECT_EQ(cloud.read(kFlags)["plan_info"]["healthy"], false);
}

TEST(EchApi, logs_a_failed_plan_with_a_message_and_applies_nothing) {
  TestCloud cloud;
  cloud.api->fail_next_plan("prod", "ClusterFailure:InstancesNotRunning",
                            "Some instances were not running");
  cloud.call("PUT", TestCloud::deployment(), cloud.update(Json::array({proxy_trust("a", "pem")})));
  cloud.settle();
  const Json info = cloud.read(kFlags)["plan_info"];
  const Json last = info["history"].back()["plan_attempt_log"].back();
  EXPECT_EQ(last["step_id"], "plan-completed");
  EXPECT_EQ(last["status"], "error");
  EXPECT_EQ(last["info_log"].back()["message"],
            "Plan change failed: Some instances were not running");
  EXPECT_EQ(info["healthy"], false);
  EXPECT_TRUE(cloud.read()["settings"]["trust"]["direct"].empty());
}

TEST(EchApi, keystore_shows_names_and_takes_every_form_of_removal) {
  TestCloud cloud;
  const auto name = [](const std::string& alias) {
    return "cluster.remote." + alias + ".credentials";
  };
  Json secrets = Json::object();
  for (const char* alias : {"a", "b", "c", "d", "e"})
    secrets[name(alias)] = {{"value", "s3cret-" + std::string(alias)}, {"as_file", false}};
  const Response added =
      cloud.call("PATCH", TestCloud::resource("/keystore"), {{"secrets", secrets}});
  EXPECT_EQ(body_of(added)["secrets"].size(), 5u);
  EXPECT_EQ(added.body.find("s3cret"), std::string::npos);
  const Json removal{{name("a"), nullptr},
                     {name("b"), Json::object()},
                     {name("c"), {{"value", nullptr}}},
                     {name("d"), {{"as_file", false}, {"value", ""}}}};
  const Json left =
      body_of(cloud.call("PATCH", TestCloud::resource("/keystore"), {{"secrets", removal}}));
  EXPECT_EQ(left, (Json{{"secrets", {{name("e"), {{"as_file", false}}}}}}));
  EXPECT_EQ(body_of(cloud.call("GET", TestCloud::resource("/keystore"))), left);
  EXPECT_EQ(cloud
                .call("PATCH", TestCloud::resource("/keystore"),
                      {{"secrets", {{"cluster.remote.x.credential", {{"value", "v"}}}}}})
                .status,
            400);
  EXPECT_EQ(cloud.dump().dump().find("s3cret"), std::string::npos);
}

TEST(EchApi, resets_the_password_and_the_old_one_stops_to_work) {
  TestCloud cloud;
  const std::string password =
      body_of(cloud.call("POST", TestCloud::resource("/_reset-password")))["password"];
  EXPECT_EQ(password.size(), 24u);
  const Handler cluster = cloud.api->cluster("prod")->handler();
  EXPECT_EQ(cloud.world.send(cluster, "GET", "/", "", {{"authorization", "Basic ZWxhc3RpYzpwdw=="}})
                .status,
            401);
}

TEST(EchApi, restarts_zone_by_zone) {
  TestCloud cloud;
  EXPECT_EQ(cloud.call("POST", TestCloud::resource("/_restart")).status, 202);
  EXPECT_EQ(cloud.api->cluster("prod")->health(), "green");
  cloud.world.run_until([&] { return cloud.api->cluster("prod")->health() == "yellow"; });
  cloud.settle();
  EXPECT_EQ(cloud.api->cluster("prod")->health(), "green");
}

TEST(EchApi, remote_clusters_are_deployments_of_the_same_environment) {
  TestCloud cloud;
  const std::string other = body_of(cloud.call("GET", "/deployments"))["deployments"][1]["id"];
  const Json entry{{"deployment_id", other},
                   {"elasticsearch_ref_id", "main-elasticsearch"},
                   {"alias", "staging"}};
  EXPECT_EQ(cloud
                .call("PUT", TestCloud::resource("/remote-clusters"),
                      {{"resources", Json::array({entry})}})
                .status,
            202);
  EXPECT_EQ(body_of(cloud.call(
                "GET", TestCloud::resource("/remote-clusters")))["resources"][0]["info"]["healthy"],
            true);
  Json unknown = entry;
  unknown["deployment_id"] = "eck";
  EXPECT_EQ(cloud
                .call("PUT", TestCloud::resource("/remote-clusters"),
                      {{"resources", Json::array({unknown})}})
                .status,
            404);
}

TEST(EchApi, serves_each_cluster_over_https_and_says_where) {
  TestCloud cloud;
  const Json metadata = cloud.read()["metadata"];
  const std::uint16_t port = cloud.api->elasticsearch_port("prod");
  EXPECT_EQ(metadata["service_url"], "https://127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(metadata["ports"]["https"], port);
  EXPECT_EQ(metadata["endpoint"], "127.0.0.1");
}

/// The whole hosted side of a link: trust, keystore, settings; then the way back.
TEST(EchApi, a_link_works_after_trust_and_keystore_and_leaves_nothing_behind) {
  TestCloud cloud;
  TestCluster remote(cloud.world, "quickstart", "9.1.0");
  CertificateRequest ca;
  ca.common_name = "eck ca";
  const Identity authority = make_authority(ca);
  CertificateRequest leaf;
  leaf.common_name = "remote";
  leaf.dns_names = {"remote.svc"};
  cloud.world.context.network.bind("[2001:db8::7]:9443",
                                   remote.cluster->serve_remote(issue(authority, leaf)));
  Json before = cloud.dump();

  cloud.call("PUT", TestCloud::deployment(),
             cloud.update(Json::array({proxy_trust("eck", authority.certificate_pem)})));
  cloud.settle();
  EXPECT_TRUE(
      cloud.read()["settings"]["trust"]["direct"][0]["certificates"][0]["metadata"].contains(
          "fingerprint"));
  cloud.call(
      "PATCH", TestCloud::resource("/keystore"),
      {{"secrets", {{"cluster.remote.logs.credentials", {{"value", remote.mint({"logs-*"})}}}}}});
  const Handler cluster = cloud.api->cluster("prod")->handler();
  const std::map<std::string, std::string> admin{{"authorization", "Basic ZWxhc3RpYzpwdw=="}};
  const Json settings{{"persistent",
                       {{"cluster.remote.logs.mode", "proxy"},
                        {"cluster.remote.logs.proxy_address", "[2001:db8::7]:9443"},
                        {"cluster.remote.logs.server_name", "remote.svc"}}}};
  cloud.world.send(cluster, "PUT", "/_cluster/settings", settings.dump(), admin);
  EXPECT_EQ(
      body_of(cloud.world.send(cluster, "GET", "/_remote/info", "", admin))["logs"]["connected"],
      true);

  cloud.world.send(cluster, "PUT", "/_cluster/settings",
                   R"({"persistent":{"cluster.remote.logs.*":null}})", admin);
  cloud.call("PATCH", TestCloud::resource("/keystore"),
             {{"secrets", {{"cluster.remote.logs.credentials", Json::object()}}}});
  cloud.call("PUT", TestCloud::deployment(), cloud.update(Json::array()));
  cloud.settle();
  Json after = cloud.dump();
  for (Json* dump : {&before, &after}) {
    dump->erase("server");
    (*dump)["elasticsearch"].erase("server");
  }
  EXPECT_EQ(after, before);
}

TEST(EchApi, a_path_that_is_no_text_is_answered_in_json) {
  TestCloud cloud;
  const Response response = cloud.call("GET", "/deployments/accd2e61fa835a5%aa32bb6b2938ce91f3");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(error_code(response), "deployments.deployment_not_found");
}

}  // namespace
}  // namespace crosstie::sandbox
