// The documented certificate procedure in the world of `-example certificate`, by plain requests
// over real sockets, with the console's wrong line first.
#include "running_sandbox.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::http;

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kResource =
    "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/default/elasticsearches/quickstart";

class CertificateWorld : public ::testing::Test, public testing::RunningSandbox {
 protected:
  void SetUp() override {
    SandboxOptions options;
    options.example = "certificate";
    start(std::move(options));
  }

  template <class Done>
  void wait_for(const std::string& what, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    bool met = done();
    while (!met && std::chrono::steady_clock::now() < deadline) met = done();
    EXPECT_TRUE(met) << what;
  }

  json status() { return kubernetes("GET", kResource)["status"]; }
  bool ready() {
    const json resource = kubernetes("GET", kResource);
    return resource["status"]["observedGeneration"] == resource["metadata"]["generation"] &&
           resource["status"]["phase"] == "Ready";
  }
  json pod_starts() {
    const json world = json::parse(http(sandbox->control_url(), "GET", "/world"));
    return world["eck"]["default/quickstart"]["server"]["pod_starts"];
  }

  json trust_file(const std::string& own_line, const std::string& restriction) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", "quickstart-trust-ech"}}},
            {"data",
             {{"trust.yml",
               "trust.subject_name:\n  - \"" + restriction + "\"\n  - \"" + own_line + "\"\n"}}}};
  }

  void patch_node_sets() {
    json resource = kubernetes("GET", kResource);
    json& sets = resource["spec"]["nodeSets"];
    const std::string folder = "/usr/share/elasticsearch/config/";
    for (json& set : sets) {
      set["config"]["xpack.security.transport.ssl.certificate_authorities"] = {folder +
                                                                               "ech-ca/ca.crt"};
      set["config"]["xpack.security.transport.ssl.trust_restrictions.path"] =
          folder + "trust-filter/trust.yml";
      json& spec = set["podTemplate"]["spec"];
      json* main = nullptr;
      if (!spec["containers"].is_array()) spec["containers"] = json::array();
      for (json& container : spec["containers"]) {
        if (container["name"] == "elasticsearch") main = &container;
      }
      if (main == nullptr) {
        spec["containers"].push_back({{"name", "elasticsearch"}});
        main = &spec["containers"].back();
      }
      (*main)["volumeMounts"].push_back(
          {{"name", "remote-ech-ca"}, {"mountPath", folder + "ech-ca"}});
      (*main)["volumeMounts"].push_back(
          {{"name", "eck-ech-trust"}, {"mountPath", folder + "trust-filter"}});
      spec["volumes"].push_back(
          {{"name", "remote-ech-ca"}, {"secret", {{"secretName", "remote-ech-ca"}}}});
      spec["volumes"].push_back(
          {{"name", "eck-ech-trust"}, {"configMap", {{"name", "quickstart-trust-ech"}}}});
    }
    kubernetes("PATCH", kResource,
               {{"spec",
                 {{"nodeSets", sets},
                  {"transport", {{"service", {{"spec", {{"type", "LoadBalancer"}}}}}}}}}},
               "application/merge-patch+json");
  }
};

TEST_F(CertificateWorld, the_wrong_line_takes_a_node_down_and_the_right_one_connects) {
  const std::string space = "/api/v1/namespaces/default/";
  const json authority = ech("GET", "/certificate-authority");
  ASSERT_EQ(authority["public_certificates"].size(), 2U);
  std::string pem;
  for (const json& certificate : authority["public_certificates"])
    pem += certificate["pem"].get<std::string>();
  const std::string restriction = authority["recommended_trust_restriction"];
  kubernetes("POST", space + "secrets",
             {{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"metadata", {{"name", "remote-ech-ca"}}},
              {"data", {{"ca.crt", base64_of(pem)}}}});
  kubernetes("POST", space + "configmaps",
             trust_file("*.node.*.cluster.default.es.local.account", restriction));
  patch_node_sets();
  wait_for("a node is down", [&] { return status()["health"] == "yellow"; });
  EXPECT_EQ(status()["availableNodes"], 2);
  EXPECT_FALSE(ready());
  kubernetes("PUT", space + "configmaps/quickstart-trust-ech",
             trust_file("*.node.quickstart.default.es.local", restriction));
  wait_for("it heals", [&] { return ready(); });
  const json starts = pod_starts();
  EXPECT_EQ(starts.size(), 3U);
  for (const auto& [pod, count] : starts.items()) EXPECT_EQ(count, 2) << pod;

  const json published = kubernetes("GET", space + "secrets/quickstart-es-transport-certs-public");
  const auto encoded = published["data"]["ca.crt"].get<std::string>();
  const std::string ca = elasticsearch::base64_decode(encoded).value_or("");
  const json read = ech("GET", "?show_settings=true&clear_transient=true");
  const json& resource = read["resources"]["elasticsearch"][0];
  json trust = resource["info"]["settings"]["trust"];
  trust["direct"].push_back({{"name", "eck"},
                             {"type", "generic"},
                             {"trust_all", true},
                             {"scope_id", "default.es.local"},
                             {"certificates", json::array({{{"pem", ca}}})}});
  ech("PUT", "",
      {{"prune_orphans", false},
       {"resources",
        {{"elasticsearch", json::array({{{"ref_id", resource["ref_id"]},
                                         {"region", resource["region"]},
                                         {"plan", resource["info"]["plan_info"]["current"]["plan"]},
                                         {"settings", {{"trust", trust}}}}})}}}});
  json ingress;
  wait_for("the address", [&] {
    ingress =
        kubernetes("GET", space + "services/quickstart-es-transport")["status"]["loadBalancer"];
    return ingress.contains("ingress");
  });
  local("PUT", "/_cluster/settings",
        {{"persistent",
          {{"cluster.remote.logs.mode", "proxy"},
           {"cluster.remote.logs.proxy_address",
            ingress["ingress"][0]["ip"].get<std::string>() + ":9300"},
           {"cluster.remote.logs.server_name", "quickstart-es-transport.default.svc"}}}});
  wait_for("the link",
           [&] { return local("GET", "/_resolve/cluster/logs:*")["logs"]["connected"] == true; });
  EXPECT_EQ(local("GET", "/logs:logs-*/_search?size=50")["hits"]["total"]["value"], 5);
  EXPECT_FALSE(local("GET", "/_remote/info")["logs"].contains("cluster_credentials"));
}

}  // namespace
}  // namespace crosstie::sandbox
