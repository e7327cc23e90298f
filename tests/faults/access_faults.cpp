// Credentials, rights, and things that are not there.
#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

constexpr const char* kUnknownDeployment = "0123456789abcdef0123456789abcdef";

json every(const std::string& api, const std::string& method, const std::string& path,
           const std::string& kind) {
  return {{"api", api}, {"method", method}, {"path", path}, {"nth", 0}, {"kind", kind}};
}

std::function<void(Stage&)> edits(const std::string& from, const std::string& to) {
  return [=](Stage& stage) { stage.project.edit(from, to); };
}

/// An API key of the deployment's cluster that may look, and nothing else.
void use_a_weak_key(Stage& stage) {
  const ClusterAnswer made = stage.project.ask_deployment(
      "POST", "/_security/api_key",
      {{"name", "weak"}, {"role_descriptors", {{"looker", {{"cluster", {"monitor"}}}}}}});
  ASSERT_EQ(made.status, 200) << made.body;
  stage.environment["ELASTICSEARCH_API_KEY"] = made.body["encoded"];
}

void drop_the_weak_key(Stage& stage) {
  EXPECT_EQ(stage.project.ask_deployment("DELETE", "/_security/api_key", {{"name", "weak"}}).status,
            200);
}

FaultCase to_elastic_cloud(const std::string& name, const std::string& url) {
  return {name, sets("EC_ENDPOINT", url)};
}

}  // namespace

std::vector<FaultCase> access_faults() {
  FaultCase reader{"missing_privilege_in_kubernetes", [](Stage& stage) {
                     stage.change_kubeconfig("current-context: sandbox",
                                             "current-context: sandbox-reader");
                   }};
  return {
      {"wrong_ca_of_kubernetes",
       [](Stage& stage) {
         stage.change_kubeconfig(
             "certificate-authority-data: .*",
             "certificate-authority-data: " + sandbox::base64_of(stage.other_authority()));
       }},
      {"wrong_server_name_of_kubernetes",
       [](Stage& stage) {
         stage.change_kubeconfig("certificate-authority-data",
                                 "tls-server-name: other.example.org\n    "
                                 "certificate-authority-data");
       }},
      {"expired_token",
       [](Stage& stage) {
         stage.change_kubeconfig("client-certificate-data: .*\n.*\n", "token: an-old-token\n");
       }},
      reader,
      {"wrong_ca_of_elastic_cloud",
       [](Stage& stage) {
         stage.environment["SSL_CERT_FILE"] = stage.save("ca.pem", stage.other_authority());
       }},
      {"401_of_elastic_cloud", sets("EC_API_KEY", "a-wrong-key")},
      {"403_of_elastic_cloud", sends(every("ech", "PUT", "*", "status:403"))},
      {"404_of_a_deployment",
       [](Stage& stage) { stage.project.edit(stage.project.deployment_id(), kUnknownDeployment); },
       [](Stage& stage) { stage.project.edit(kUnknownDeployment, stage.project.deployment_id()); }},
      {"401_of_a_cluster", sets("ELASTICSEARCH_PASSWORD", "a-wrong-password")},
      {"403_of_a_cluster", use_a_weak_key, drop_the_weak_key},
      {"404_of_a_cluster", edits("name: \"quickstart\"", "name: \"quickstort\""),
       edits("name: \"quickstort\"", "name: \"quickstart\"")},
      {"eck_not_installed",
       sends(every("kubernetes", "GET", "*/elasticsearch.k8s.elastic.co/v1*", "status:404"))},
      to_elastic_cloud("dns_failure", "https://elastic-cloud.invalid"),
      to_elastic_cloud("connection_refused", "https://127.0.0.1:1")};
}

}  // namespace crosstie::testing
