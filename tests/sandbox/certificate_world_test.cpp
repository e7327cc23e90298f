// The documented certificate procedure in the world of `-example certificate`, by plain requests
// over real sockets, with the console's wrong line first.
#include "client.hpp"
#include "sandbox/ech/ech.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/text.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::http;
using testing::https;
using testing::port_of;
using testing::read_file;

constexpr std::chrono::seconds kPatience{60};
constexpr const char* kResource =
    "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/default/elasticsearches/quickstart";

class CertificateWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    SandboxOptions options;
    options.directory = directory.path / "sandbox";
    options.time_scale = 0;
    options.example = "certificate";
    sandbox = std::make_unique<Sandbox>(options);
    sandbox->start();
    const std::string text = read_file(sandbox->kubeconfig());
    const auto value = [&text](const std::string& key) {
      const std::size_t start = text.find(key + ": ") + key.size() + 2;
      return elasticsearch::base64_decode(text.substr(start, text.find('\n', start) - start))
          .value_or("");
    };
    kubernetes_ca = value("certificate-authority-data");
    admin = {value("client-certificate-data"), value("client-key-data")};
    deployment = sandbox->world().deployments.at(0).id;
  }

  static json checked(const RemoteHello& hello, const std::string& what) {
    EXPECT_TRUE(hello.status >= 200 && hello.status < 300)
        << what << ": " << hello.error << hello.status << " " << hello.body;
    return json::parse(hello.body, nullptr, false);
  }

  json kubernetes(const std::string& method, const std::string& path, const json& body = {},
                  const std::string& type = "application/json") {
    DialRequest request;
    request.port = port_of(sandbox->kubernetes_url());
    request.trusted_pem = kubernetes_ca;
    request.server_name = "127.0.0.1";
    request.client = admin;
    request.method = method;
    request.path = path;
    if (!body.is_null()) {
      request.headers = {{"Content-Type", type}};
      request.body = body.dump();
    }
    return checked(https(request), method + " " + path);
  }

  json ech(const std::string& method, const std::string& path, const json& body = {}) {
    DialRequest request;
    request.port = port_of(sandbox->ech_url());
    request.trusted_pem = read_file(sandbox->ca_file());
    request.method = method;
    request.path = "/api/v1/deployments/" + deployment + path;
    request.headers = {{"Authorization", "ApiKey " + sandbox->api_key()},
                       {"Content-Type", "application/json"}};
    if (!body.is_null()) request.body = body.dump();
    return checked(https(request), method + " " + path);
  }

  json local(const std::string& method, const std::string& path, const json& body = {}) {
    std::uint16_t port = 0;
    sandbox->on_thread([&] { port = sandbox->ech()->elasticsearch_port(deployment); });
    DialRequest request;
    request.port = port;
    request.trusted_pem = read_file(sandbox->ca_file());
    request.method = method;
    request.path = path;
    request.headers = {
        {"Authorization", "Basic " + base64_of("elastic:" + sandbox->elastic_password())},
        {"Content-Type", "application/json"}};
    if (!body.is_null()) request.body = body.dump();
    return checked(https(request), method + " " + path);
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

  testing::TemporaryDirectory directory;
  std::unique_ptr<Sandbox> sandbox;
  std::string kubernetes_ca;
  Identity admin;
  std::string deployment;
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
