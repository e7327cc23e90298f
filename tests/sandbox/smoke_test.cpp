// The documented procedure for an API-key link, by plain requests over real sockets: what crosstie
// automates, done by hand.
#include "running_sandbox.hpp"
#include "sandbox/kubernetes/operator.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::http;

constexpr std::chrono::seconds kPatience{60};

/// What a server sets by itself is no difference.
json without_server(const json& value) {
  if (value.is_array()) {
    json list = json::array();
    for (const json& item : value) list.push_back(without_server(item));
    return list;
  }
  if (!value.is_object()) return value;
  json object = json::object();
  for (const auto& [key, item] : value.items()) {
    if (key != "server") object[key] = without_server(item);
  }
  return object;
}

struct LinkCase {
  std::string name;
  std::string world;
  bool operator_makes_service;
};

void PrintTo(const LinkCase& link, std::ostream* out) { *out << link.name; }

class Smoke : public ::testing::TestWithParam<LinkCase>, public testing::RunningSandbox {
 protected:
  void SetUp() override {
    SandboxOptions options;
    options.world_file = directory.path / "world.yaml";
    std::ofstream(*options.world_file) << GetParam().world;
    start(std::move(options));
    eck_name = sandbox->world().eck.at(0).name;
    eck_namespace = sandbox->world().eck.at(0).namespace_name;
  }

  json remote(const std::string& method, const std::string& path, const json& body = {}) {
    std::uint16_t port = 0;
    sandbox->on_thread([&] { port = sandbox->eck()->http_port(eck_namespace, eck_name); });
    return cluster(port, secret(eck_name + "-es-http-certs-public", "ca.crt"),
                   secret(eck_name + "-es-elastic-user", "elastic"), method, path, body);
  }

  std::string core(const std::string& resource, const std::string& name) const {
    return "/api/v1/namespaces/" + eck_namespace + "/" + resource +
           (name.empty() ? "" : "/" + name);
  }
  std::string elasticsearch_path() const {
    return "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/" + eck_namespace +
           "/elasticsearches/" + eck_name;
  }

  std::string secret(const std::string& name, const std::string& key) {
    const json object = kubernetes("GET", core("secrets", name));
    return elasticsearch::base64_decode(object["data"].value(key, "")).value_or("");
  }

  template <class Ready>
  json until(const std::string& what, std::function<json()> look, Ready ready) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    json seen;
    do {
      seen = look();
      if (ready(seen)) return seen;
    } while (std::chrono::steady_clock::now() < end && !HasFailure());
    ADD_FAILURE() << what << " did not come; last seen: " << seen.dump(1);
    return seen;
  }

  void apply_spec(const json& spec) {
    json object = {{"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
                   {"kind", "Elasticsearch"},
                   {"metadata", {{"name", eck_name}, {"namespace", eck_namespace}}}};
    if (!spec.is_null()) object["spec"] = spec;
    kubernetes("PATCH", elasticsearch_path() + "?fieldManager=smoke", object,
               "application/apply-patch+yaml");
  }

  /// Apply cannot take the last member out of an object that ECK owns empty: a patch goes first.
  void release_spec() {
    const json none = {{"enabled", nullptr}, {"service", {{"spec", {{"type", nullptr}}}}}};
    kubernetes("PATCH", elasticsearch_path(), {{"spec", {{"remoteClusterServer", none}}}},
               "application/merge-patch+json");
    apply_spec(json());
  }

  void wait_green() {
    until(
        "a green cluster", [&] { return kubernetes("GET", elasticsearch_path()); },
        [](const json& seen) {
          const json& status = seen["status"];
          return status.value("observedGeneration", 0) >= seen["metadata"].value("generation", 1) &&
                 status.value("phase", "") == "Ready" && status.value("health", "") == "green";
        });
  }

  std::string service_name() const {
    return eck_name +
           (GetParam().operator_makes_service ? "-es-remote-cluster" : "-es-remote-cluster-lb");
  }

  void expose_remote() {
    json server = {{"enabled", true}};
    if (GetParam().operator_makes_service)
      server["service"] = {{"spec", {{"type", "LoadBalancer"}}}};
    apply_spec({{"remoteClusterServer", server}});
    if (GetParam().operator_makes_service) return;
    kubernetes("POST", core("services", ""),
               {{"apiVersion", "v1"},
                {"kind", "Service"},
                {"metadata", {{"name", service_name()}}},
                {"spec",
                 {{"type", "LoadBalancer"},
                  {"selector",
                   {{"common.k8s.elastic.co/type", "elasticsearch"},
                    {"elasticsearch.k8s.elastic.co/cluster-name", eck_name}}},
                  {"ports",
                   json::array({json{{"name", "rcs"}, {"port", 9443}, {"targetPort", 9443}}})}}}});
  }

  /// "203.0.113.7:9443", "[2001:db8::7]:9443" or "name.example:9443".
  std::string wait_address() {
    const json service = until(
        "a load balancer address",
        [&] { return kubernetes("GET", core("services", service_name())); },
        [](const json& seen) { return seen["status"]["loadBalancer"].contains("ingress"); });
    const json& ingress = service["status"]["loadBalancer"]["ingress"][0];
    if (ingress.contains("hostname")) return ingress["hostname"].get<std::string>() + ":9443";
    const auto ip = ingress.value("ip", "");
    return (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":9443";
  }

  /// Sends the deployment back as it was read, with these direct trust entries.
  void put_trust(const json& direct) {
    const json resource =
        ech("GET", "?show_settings=true&show_plans=true")["resources"]["elasticsearch"][0];
    const json trust = resource["info"]["settings"].value("trust", json::object());
    const json settings = {{"trust",
                            {{"accounts", trust.value("accounts", json::array())},
                             {"external", trust.value("external", json::array())},
                             {"direct", direct}}}};
    const json payload = {{"ref_id", resource["ref_id"]},
                          {"region", resource["region"]},
                          {"plan", resource["info"]["plan_info"]["current"]["plan"]},
                          {"settings", settings}};
    ech("PUT", "",
        {{"prune_orphans", false}, {"resources", {{"elasticsearch", json::array({payload})}}}});
    int idle = 0;  // a pending plan may flicker, so two looks
    until(
        "an idle deployment", [&] { return ech("GET", ""); },
        [&](const json& seen) {
          const json& info = seen["resources"]["elasticsearch"][0]["info"];
          idle = info["plan_info"].contains("pending") ? 0 : idle + 1;
          return idle >= 3;
        });
  }

  void put_keystore(const json& entry) {
    ech("PATCH", "/elasticsearch/_main/keystore",
        {{"secrets", {{"cluster.remote.logs.credentials", entry}}}});
  }

  json world() {
    return without_server(json::parse(http(sandbox->control_url(), "GET", "/world")));
  }

  std::string eck_name;
  std::string eck_namespace;
};

TEST_P(Smoke, link_is_made_proven_and_taken_back_without_a_trace) {
  const json before = world();
  expose_remote();
  wait_green();
  const std::string address = wait_address();
  const std::string ca = secret(eck_name + "-es-transport-certs-public", "ca.crt");
  ASSERT_FALSE(HasFailure());
  const json key =
      remote("POST", "/_security/cross_cluster/api_key",
             json::parse(R"({"name": "smoke", "access": {"search": [{"names": ["logs-*"]}]}})"));
  const json trusted = {{"name", "eck"},
                        {"type", "proxy"},
                        {"trust_all", false},
                        {"certificates", json::array({json{{"pem", ca}}})}};
  put_trust(json::array({trusted}));
  put_keystore({{"value", key.value("encoded", "")}});
  ASSERT_FALSE(HasFailure());
  local("PUT", "/_cluster/settings",
        {{"persistent",
          {{"cluster.remote.logs.mode", "proxy"},
           {"cluster.remote.logs.proxy_address", address},
           {"cluster.remote.logs.server_name",
            eck_name + "-es-remote-cluster." + eck_namespace + ".svc"}}}});
  local("GET", "/_resolve/cluster/logs:*");
  const json info = local("GET", "/_remote/info");
  EXPECT_TRUE(info["logs"].value("connected", false)) << info.dump(1);
  EXPECT_EQ(info["logs"].value("cluster_credentials", ""), "::es_redacted::");
  const json search = local("GET", "/logs:logs-*/_search?size=1");
  EXPECT_TRUE(search.contains("hits")) << search.dump(1);

  local("PUT", "/_cluster/settings", {{"persistent", {{"cluster.remote.logs.*", nullptr}}}});
  put_keystore(json::object());
  put_trust(json::array());
  remote("DELETE", "/_security/api_key", {{"ids", json::array({key.value("id", "")})}});
  if (!GetParam().operator_makes_service) kubernetes("DELETE", core("services", service_name()));
  release_spec();
  wait_green();
  until(
      "the world as it was", [&] { return json::diff(before, world()); },
      [](const json& difference) { return difference.empty(); });
}

INSTANTIATE_TEST_SUITE_P(
    Worlds, Smoke,
    ::testing::Values(
        LinkCase{"eck_3_5_with_an_address", "", true},
        LinkCase{"eck_3_5_with_ipv6_and_a_long_name",
                 "eck: [{name: this-name-has-thirty-six-characters1, namespace: a-b-c, "
                 "load_balancer: {kind: ipv6}}]",
                 true},
        LinkCase{"eck_3_1_with_a_host_name",
                 "eck: [{operator: 3.1.0, version: 8.19.2, load_balancer: {kind: hostname}}]\n"
                 "deployments: [{version: 8.19.2}]",
                 false}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace crosstie::sandbox
