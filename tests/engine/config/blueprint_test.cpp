#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kExample = R"(
crosstie: 1
variables:
  deployment: {type: string, default: abc123}
  namespace: {type: string, default: default}
providers:
  kubernetes: {context: prod-eu}
  ech: {}
links:
  logs:
    model: api_key
    local: {ech: {deployment: "${var.deployment}"}}
    remote: {eck: {name: quickstart, namespace: "${var.namespace}"}}
    access: {search: [{names: ["logs-*"]}]}
    skip_unavailable: true
resources:
  logs_reader:
    type: elasticsearch.role
    cluster: "${link.logs.local}"
    name: logs_reader
    remote_indices: [{clusters: ["${link.logs.alias}"], names: ["logs-*"], privileges: [read, read_cross_cluster]}]
outputs:
  logs_alias: "${link.logs.alias}"
  proven: "${link.logs.connected}"
)";

AttributeLookup world(bool has_service_field) {
  std::map<std::string, Value> known;
  const Value has(Value::Object{{"spec.remoteClusterServer.service", has_service_field}});
  known["link.logs.capability"] = Value(Value::Object{{"has", has}});
  known["link.logs.cluster"] = Value(Value::Object{
      {"object", Value(Value::Object{{"spec", Value(Value::Object{{"version", "9.1.0"}})}})}});
  known["link.logs.deployment"] = Value(Value::Object{{"version", "9.2.0"}});
  known["link.logs.address"] = Value(Value::Object{
      {"load_balancer", Value(Value::Object{{"host", "lb.example"}, {"url_host", "lb.example"}})}});
  known["link.logs.ca"] = Value(Value::Object{{"data", Value(Value::Object{{"ca.crt", "PEM"}})}});
  known["link.logs.key"] =
      Value(Value::Object{{"encoded", std::move(Value("c2VjcmV0").mark_sensitive())}});
  known["link.logs.proof"] = Value(Value::Object{{"connected", true}});
  return attributes(std::move(known));
}

std::string arguments(const LoadedFolder& f, const std::string& address,
                      const AttributeLookup& lookup) {
  const auto result = f.configuration->evaluate_arguments(f.resource(address), lookup);
  return result ? shown(*result) : format_diagnostics(result.failure());
}

TEST(Blueprint, the_example_expands_to_the_documented_steps) {
  const LoadedFolder f = load(kExample);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(
      f.addresses(),
      (Names{"resource.logs_reader", "link.logs.address", "link.logs.ca", "link.logs.capability",
             "link.logs.cluster", "link.logs.deployment", "link.logs.key", "link.logs.keystore",
             "link.logs.load_balancer", "link.logs.proof", "link.logs.remote",
             "link.logs.remote_server", "link.logs.trust", "link.logs.versions"}));
  ASSERT_EQ(f.configuration->links().size(), 1U);
  EXPECT_EQ(f.configuration->links()[0].name, "logs");
  EXPECT_EQ(f.configuration->links()[0].alias, "logs");
  EXPECT_EQ(f.configuration->links()[0].blueprint, "ech-to-eck-api-key");
  EXPECT_EQ(f.resource("link.logs.key").connection, "elasticsearch");
  EXPECT_EQ(f.resource("link.logs.key").where->file, "built-in blueprint api_key");
}

TEST(Blueprint, the_order_of_the_procedure_is_in_the_dependencies) {
  const LoadedFolder f = load(kExample);
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.dependencies("link.logs.cluster"), Names{});
  EXPECT_EQ(f.dependencies("link.logs.versions"),
            (Names{"link.logs.cluster", "link.logs.deployment"}));
  EXPECT_EQ(f.dependencies("link.logs.remote_server"),
            (Names{"link.logs.capability", "link.logs.versions"}));
  EXPECT_EQ(f.dependencies("link.logs.address"),
            (Names{"link.logs.capability", "link.logs.load_balancer", "link.logs.remote_server"}));
  EXPECT_EQ(f.dependencies("link.logs.keystore"), (Names{"link.logs.key", "link.logs.trust"}));
  EXPECT_EQ(f.dependencies("link.logs.remote"),
            (Names{"link.logs.address", "link.logs.keystore", "link.logs.trust"}));
  EXPECT_EQ(f.dependencies("link.logs.proof"), (Names{"link.logs.remote"}));
  EXPECT_EQ(f.dependencies("resource.logs_reader"), Names{});
}

TEST(Blueprint, arguments_are_what_the_procedure_says) {
  const LoadedFolder f = load(kExample);
  ASSERT_EQ(f.errors, "");
  const AttributeLookup lookup = world(true);
  EXPECT_EQ(
      arguments(f, "link.logs.cluster", lookup),
      R"({"api_version":"elasticsearch.k8s.elastic.co/v1","kind":"Elasticsearch","name":"quickstart","namespace":"default"})");
  EXPECT_EQ(arguments(f, "link.logs.versions", lookup),
            R"({"local_version":"9.2.0","model":"api_key","remote_version":"9.1.0"})");
  EXPECT_EQ(
      arguments(f, "link.logs.remote_server", lookup),
      R"({"name":"quickstart","namespace":"default","spec":{"remoteClusterServer":{"enabled":true,"service":{"spec":{"type":"LoadBalancer"}}}}})");
  EXPECT_EQ(
      arguments(f, "link.logs.key", lookup),
      R"({"access":{"search":[{"names":["logs-*"]}]},"cluster":{"eck":{"name":"quickstart","namespace":"default"}},"name":"crosstie-logs"})");
  EXPECT_EQ(
      arguments(f, "link.logs.trust", lookup),
      R"({"certificate_subject":"quickstart-transport","certificates":"PEM","deployment":"abc123","name":"crosstie-logs","trust_type":"proxy"})");
  EXPECT_EQ(
      arguments(f, "link.logs.keystore", lookup),
      R"({"deployment":"abc123","name":"cluster.remote.logs.credentials","value":"<sensitive>"})");
  EXPECT_EQ(
      arguments(f, "link.logs.remote", lookup),
      R"({"alias":"logs","cluster":{"ech":{"deployment":"abc123"}},"mode":"proxy","proxy_address":"lb.example:9443","server_name":"quickstart-es-remote-cluster.default.svc","skip_unavailable":true})");
  EXPECT_EQ(
      arguments(f, "link.logs.address", lookup),
      R"({"api_version":"v1","kind":"Service","name":"quickstart-es-remote-cluster","namespace":"default","wait":"load_balancer"})");
  EXPECT_EQ(
      arguments(f, "resource.logs_reader", lookup),
      R"({"cluster":{"ech":{"deployment":"abc123"}},"name":"logs_reader","remote_indices":[{"clusters":["logs"],"names":["logs-*"],"privileges":["read","read_cross_cluster"]}]})");
}

TEST(Blueprint, an_old_operator_gets_its_own_service) {
  const LoadedFolder f = load(kExample);
  ASSERT_EQ(f.errors, "");
  const AttributeLookup lookup = world(false);
  EXPECT_EQ(
      arguments(f, "link.logs.remote_server", lookup),
      R"({"name":"quickstart","namespace":"default","spec":{"remoteClusterServer":{"enabled":true,"service":null}}})");
  EXPECT_EQ(
      arguments(f, "link.logs.load_balancer", lookup),
      R"({"manifest":{"apiVersion":"v1","kind":"Service","metadata":{"name":"quickstart-es-remote-cluster-lb","namespace":"default"},"spec":{"ports":[{"name":"rcs","port":9443,"protocol":"TCP","targetPort":9443}],"selector":{"common.k8s.elastic.co/type":"elasticsearch","elasticsearch.k8s.elastic.co/cluster-name":"quickstart"},"type":"LoadBalancer"}},"wait":"none"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_when(f.resource("link.logs.load_balancer"), lookup)),
            "true");
  EXPECT_EQ(
      shown(*f.configuration->evaluate_when(f.resource("link.logs.load_balancer"), world(true))),
      "false");
  EXPECT_EQ(
      shown(*f.configuration->evaluate_when(f.resource("link.logs.load_balancer"), attributes({}))),
      R"("<unknown>")");
}

TEST(Blueprint, outputs_of_the_link_are_read_through_it) {
  const LoadedFolder f = load(kExample);
  ASSERT_EQ(f.errors, "");
  const auto& outputs = f.configuration->outputs();
  EXPECT_TRUE(outputs[0].depends_on.empty());
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[0], attributes({}))), R"("logs")");
  ASSERT_EQ(outputs[1].depends_on.size(), 1U);
  EXPECT_EQ(outputs[1].depends_on[0].print(), "link.logs.proof");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[1], attributes({}))), R"("<unknown>")");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[1], world(true))), "true");
}

TEST(Blueprint, an_input_that_waits_for_a_resource_makes_the_steps_wait) {
  const LoadedFolder f = load(R"(
crosstie: 1
providers: {kubernetes.west: {context: w}, kubernetes.east: {context: e}, ech.eu: {}}
resources:
  namespace: {type: null.thing}
  after: {type: null.thing, depends_on: [link.logs]}
  beside: {type: null.thing, depends_on: ["link.logs[\"eu\"].key"]}
links:
  logs:
    for_each: {eu: west, us: east}
    model: api_key
    alias: "logs-${each.key}"
    local: {ech: {deployment: abc, provider: ech.eu}}
    remote: {eck: {name: q, namespace: "${resource.namespace.id}", provider: "kubernetes.${each.value}"}}
    access: {}
    ca: public
  none: {for_each: {}, model: api_key, local: {ech: {deployment: x}}, remote: {eck: {name: q}}, access: {}}
outputs: {alias: '${link.logs["us"].alias}', none: '${try(link.none["x"].alias, "none")}'}
)");
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.configuration->resources().size(), 2U * 13U + 3U);
  EXPECT_EQ(f.configuration->links()[1].name, R"(logs["us"])");
  EXPECT_EQ(f.configuration->links()[1].alias, "logs-us");
  EXPECT_EQ(f.dependencies(R"(link.logs["eu"].cluster)"), Names{"resource.namespace"});
  EXPECT_EQ(f.dependencies(R"(link.logs["eu"].capability)"), Names{});
  EXPECT_EQ(f.resource(R"(link.logs["us"].cluster)").connection, "kubernetes.east");
  EXPECT_EQ(f.resource(R"(link.logs["eu"].trust)").connection, "ech.eu");
  const auto& outputs = f.configuration->outputs();
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[0], attributes({}))), R"("logs-us")");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(outputs[1], attributes({}))), R"("none")");
  EXPECT_EQ(f.dependencies("resource.after").size(), 26U);
  EXPECT_EQ(f.dependencies("resource.beside"), Names{R"(link.logs["eu"].key)"});
  EXPECT_EQ(f.resource(R"(link.logs["eu"].cluster)").references[0].file,
            "built-in blueprint api_key");
  EXPECT_EQ(shown(*f.configuration->evaluate_when(f.resource(R"(link.logs["eu"].trust)"),
                                                  attributes({}))),
            "false");
  const auto result = f.configuration->evaluate_arguments(
      f.resource(R"(link.logs["eu"].cluster)"),
      attributes({{"resource.namespace", Value(Value::Object{{"id", "ns1"}})}}));
  EXPECT_EQ(result->text("namespace"), "ns1");
}

TEST(Blueprint, one_of_the_users_own_is_named_by_its_path) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nlinks:\n  x: {blueprint: ./mine.yaml, size: 3, alias: "
               "other}\noutputs: {n: \"${link.x.twice}\", s: \"${link.x.size}\"}\n");
  folder.write("mine.yaml", R"(
blueprint: 1
name: mine
model: api_key
inputs: {size: {type: number}, alias: {type: string}}
resources:
  a: {type: null.thing, for_each: [p, q], text: "${var.alias}-${each.key}", number: "${var.size}"}
outputs: {twice: ["${var.size}", "${var.size}"]}
)");
  const LoadedFolder f = load_with(folder, options_for(folder));
  ASSERT_EQ(f.errors, "");
  EXPECT_EQ(f.addresses(), (Names{R"(link.x.a["p"])", R"(link.x.a["q"])"}));
  EXPECT_EQ(arguments(f, R"(link.x.a["q"])", attributes({})), R"({"number":3,"text":"other-q"})");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(f.configuration->outputs()[0], attributes({}))),
            "[3,3]");
  EXPECT_EQ(shown(*f.configuration->evaluate_output(f.configuration->outputs()[1], attributes({}))),
            "3");
}

}  // namespace
}  // namespace crosstie
