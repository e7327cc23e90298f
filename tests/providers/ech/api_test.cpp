#include "providers/ech/api.hpp"

#include <gtest/gtest.h>

namespace crosstie::ech {
namespace {

http::Exchange answered(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers = {{"X-Cloud-Resource-Version", "7"}, {"x-request-id", "r-1"}};
  response.body = std::move(body);
  http::Exchange exchange;
  exchange.response = std::move(response);
  return exchange;
}

http::Request put() {
  http::Request request;
  request.method = "PUT";
  request.target = "/api/v1/deployments/x?version=1";
  return request;
}

std::string error(const std::string& code) {
  return R"({"errors":[{"code":")" + code +
         R"(","message":"words of the service","fields":["a"]}]})";
}

TEST(EchApi, tells_the_kinds_of_refusal_apart) {
  struct Case {
    int status;
    std::string body;
    Refusal refusal;
  };
  const std::vector<Case> cases = {
      {200, "{}", Refusal::none},
      {404, error("deployments.deployment_not_found"), Refusal::not_found},
      {404, error("deployments.deployment_resource_not_found"), Refusal::other},
      {400, error("deployments.resource_plan_state_error"), Refusal::plan_pending},
      {412, error("clusters.cluster_plan_state_error"), Refusal::plan_pending},
      {409, error("root.conflict"), Refusal::conflict},
      {412, error("deployments.version_conflict"), Refusal::conflict},
      {400, error("deployments.version_conflict"), Refusal::conflict},
      {400, error("root.invalid_data"), Refusal::other},
      {401, error("root.unauthorized"), Refusal::other},
      {502, "<html>bad gateway</html>", Refusal::other},
      {200, "<html>hello</html>", Refusal::other},
      {200, "[]", Refusal::other},
  };
  for (const Case& test : cases) {
    const Answer answer = read_answer("Elastic Cloud API", put(), answered(test.status, test.body));
    EXPECT_EQ(answer.refusal, test.refusal) << test.status << " " << test.body;
    EXPECT_EQ(answer.diagnostics.empty(), answer.ok()) << test.body;
  }
}

TEST(EchApi, an_error_says_method_path_status_code_words_and_request_id) {
  const Answer answer =
      read_answer("Elastic Cloud API", put(), answered(403, error("root.unauthorized.rbac")));
  const std::string text = format_diagnostics(answer.diagnostics);
  for (const char* part : {"PUT", "/api/v1/deployments/x", "403", "root.unauthorized.rbac",
                           "words of the service", "r-1", "role"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("version=1"), std::string::npos) << "no query in messages";
}

TEST(EchApi, a_lost_answer_of_a_write_is_an_unknown_outcome) {
  http::Exchange lost;
  lost.failure = {http::Failure::Kind::reset, true, "connection reset"};
  EXPECT_TRUE(read_answer("s", put(), lost).outcome_unknown);
  lost.failure.sent = false;
  EXPECT_FALSE(read_answer("s", put(), lost).outcome_unknown);
  EXPECT_TRUE(read_answer("s", put(), answered(500, "{}")).outcome_unknown);
  EXPECT_FALSE(read_answer("s", put(), answered(400, "{}")).outcome_unknown);
  http::Request get;
  EXPECT_FALSE(read_answer("s", get, answered(500, "{}")).outcome_unknown);
}

TEST(EchApi, keeps_the_version_header) {
  EXPECT_EQ(read_answer("s", put(), answered(200, "{}")).version, "7");
}

TEST(EchApi, a_read_for_change_asks_for_settings_and_a_clean_plan) {
  const std::string target = deployment_target("d", Detail::settings);
  for (const char* flag : {"show_plans=true", "show_settings=true", "clear_transient=true",
                           "enrich_with_template=false", "show_plan_logs=false"})
    EXPECT_NE(target.find(flag), std::string::npos) << flag;
  EXPECT_EQ(target.find("show_security"), std::string::npos) << "it may hold credentials";
}

TEST(EchApi, drops_the_path_of_an_endpoint_as_the_real_clients_do) {
  const auto endpoint = api_endpoint("https://cloud.example:8443/api/v1/", true);
  ASSERT_TRUE(endpoint.ok());
  EXPECT_EQ(endpoint->host, "cloud.example");
  EXPECT_EQ(endpoint->port, 8443);
  EXPECT_EQ(endpoint->base_path, "");
  EXPECT_TRUE(endpoint->tls_options.insecure);
  EXPECT_EQ(api_endpoint("cloud.example", false)->host, "cloud.example");
  EXPECT_EQ(api_endpoint("", false)->host, "api.elastic-cloud.com");
  EXPECT_FALSE(api_endpoint("ftp://x", false).ok());
}

TEST(EchApi, refuses_an_id_of_the_wrong_form_before_anything_is_sent) {
  EXPECT_TRUE(check_deployment_id("accd2e61fa835a5a32bb6b2938ce91f3").ok());
  EXPECT_FALSE(check_deployment_id("accd2e61").ok());
  EXPECT_FALSE(check_deployment_id("../../../etc/passwd-------------").ok());
}

TEST(DeploymentView, finds_the_address_wherever_it_is) {
  const auto with_url = nlohmann::json::parse(
      R"({"info":{"metadata":{"service_url":"https://a.example","endpoint":"b"}}})");
  EXPECT_EQ(service_url(with_url), "https://a.example");
  const auto with_ports = nlohmann::json::parse(
      R"({"info":{"metadata":{"endpoint":"b.example","ports":{"https":9243}}}})");
  EXPECT_EQ(service_url(with_ports), "https://b.example:9243");
  EXPECT_EQ(service_url(nlohmann::json::object()), "");
}

TEST(DeploymentView, takes_the_only_resource_or_the_named_one) {
  const auto one =
      nlohmann::json::parse(R"({"resources":{"elasticsearch":[{"ref_id":"es"}],"kibana":null}})");
  EXPECT_NE(elasticsearch_resource(one, ""), nullptr);
  EXPECT_EQ(elasticsearch_resource(one, "other"), nullptr);
  const auto two = nlohmann::json::parse(
      R"({"resources":{"elasticsearch":[{"ref_id":"es"},{"ref_id":"main-elasticsearch"}]}})");
  ASSERT_NE(elasticsearch_resource(two, ""), nullptr);
  EXPECT_EQ((*elasticsearch_resource(two, ""))["ref_id"], "main-elasticsearch");
}

}  // namespace
}  // namespace crosstie::ech
