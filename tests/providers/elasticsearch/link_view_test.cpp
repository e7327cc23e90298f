#include "providers/elasticsearch/link_view.hpp"

#include <gtest/gtest.h>

namespace crosstie::elasticsearch {
namespace {

LinkView dead(const std::string& text) {
  LinkView view;
  view.alias = "logs";
  view.listed = true;
  view.credentials = true;
  view.address = "host:9443";
  view.error_text = text;
  return view;
}

TEST(LinkView, names_the_likely_cause_of_each_known_symptom) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"authentication expected API key type of [cross_cluster], but API key [x] has type [rest]",
       "ordinary API key"},
      {"requires channel profile to be [_remote_cluster], but got [default]", "transport port"},
      {"missing authentication credentials for action [cluster:internal/remote_cluster/handshake]",
       "transport port"},
      {"Received fatal alert: bad_certificate", "client certificate"},
      {"require transport header [_cross_cluster_access_credentials] but none found",
       "without a credential"},
      {"unable to authenticate user [x] for action", "wrong, invalidated or expired"},
      {"because no remote indices privileges apply for the target cluster", "remote_indices"},
      {"handshake failed. unexpected remote cluster name", "another cluster"},
      {"failed to establish trust with server\nPKIX path building failed", "does not trust the CA"},
      {"action is unauthorized for user [a]", "too narrow"},
      {"handshake failed because connection reset", "versions"},
      {"connect_exception", "firewall"},
      {"UnknownHostException: abc.elb.example", "host name"},
      {"unknown_host_exception", "host name"},
      {"Received fatal alert: certificate_unknown. Unable to open any proxy connections",
       "opened no connection"},
      {"current license is non-compliant for [advanced-remote-cluster-security]", "licence"},
  };
  for (const auto& [text, cause] : cases) {
    const Finding finding = judge_link(dead(text), "api_key");
    EXPECT_FALSE(finding.proven);
    EXPECT_NE(finding.cause.find(cause), std::string::npos) << text << " -> " << finding.cause;
    EXPECT_EQ(finding.cure.rfind("To fix it", 0), 0U) << text;
  }
}

TEST(LinkView, says_which_checks_were_made) {
  LinkView view = dead("");
  view.server_name = "a.svc";
  read_search(view, 500, nlohmann::json::object());
  const Finding finding = judge_link(view, "api_key");
  const std::vector<std::string> expected = {"registered: true",         "connected: false",
                                             "credentials in use: true", "address: host:9443",
                                             "server_name: a.svc",       "search: HTTP 500"};
  EXPECT_EQ(finding.checks, expected);
}

TEST(LinkView, a_connection_in_the_wrong_model_is_no_proof) {
  LinkView view = dead("");
  view.connected = true;
  view.credentials = false;
  EXPECT_FALSE(judge_link(view, "api_key").proven);
  EXPECT_TRUE(judge_link(view, "certificate").proven);
  view.credentials = true;
  EXPECT_FALSE(judge_link(view, "certificate").proven);
  EXPECT_TRUE(judge_link(view, "api_key").proven);
}

TEST(LinkView, an_unanswered_search_is_no_proof) {
  LinkView view = dead("");
  view.connected = true;
  read_search(
      view, 403,
      nlohmann::json::parse(
          R"({"error":{"type":"security_exception","reason":"action [x] is unauthorized for user [u]"},"status":403})"));
  const Finding finding = judge_link(view, "api_key");
  EXPECT_FALSE(finding.proven);
  EXPECT_NE(finding.cause.find("too narrow"), std::string::npos);
}

TEST(LinkView, an_alias_that_is_not_registered_is_the_first_thing_said) {
  const Finding finding = judge_link(read_link("logs", {}, nlohmann::json::object()), "api_key");
  EXPECT_NE(finding.cause.find("not registered"), std::string::npos);
}

TEST(LinkView, reads_the_remote_version_and_a_resolve_error) {
  const auto resolved = nlohmann::json::parse(
      R"({"b":{"connected":false,"skip_unavailable":true,"error":"unable to authenticate user [k]"},"c":{"connected":true,"version":{"number":"9.1.0"}}})");
  const auto info = nlohmann::json::parse(
      R"({"b":{"connected":true},"c":{"connected":true,"seeds":["h:9300"]}})");
  EXPECT_FALSE(read_link("b", resolved, info).connected) << "resolve is the fresher of the two";
  EXPECT_NE(read_link("b", resolved, info).error_text.find("unable to authenticate"),
            std::string::npos);
  EXPECT_EQ(read_link("c", resolved, info).remote_version, "9.1.0");
  EXPECT_EQ(read_link("c", resolved, info).address, "h:9300");
}

TEST(LinkView, takes_answers_of_any_shape) {
  for (const char* text :
       {"null", "[]", "1", R"({"b":null})", R"({"b":[1]})", R"({"_clusters":{"details":7}})"}) {
    const auto json = nlohmann::json::parse(text);
    LinkView view = read_link("b", json, json);
    read_search(view, 200, json);
    EXPECT_FALSE(view.connected) << text;
  }
}

}  // namespace
}  // namespace crosstie::elasticsearch
