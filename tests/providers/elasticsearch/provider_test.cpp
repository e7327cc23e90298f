// The Elasticsearch provider against simulated clusters: a local one in a deployment, and a remote
// one with a real TLS interface.
#include "providers/elasticsearch/provider.hpp"

#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "tests/providers/ech/harness.hpp"

namespace crosstie {
namespace {

using testing::Driver;
using testing::EchWorld;
using testing::kDeployment;
using testing::kPassword;

constexpr const char* kRemoteAddress = "203.0.113.7:9443";
constexpr const char* kServerName = "quickstart-es-remote-cluster.default.svc";

/// Both ends of a link, and providers for them.
struct LinkWorld : EchWorld {
  LinkWorld() {
    sandbox::CertificateRequest root;
    root.common_name = "quickstart-transport";
    remote_authority = sandbox::make_authority(root);
    sandbox::CertificateRequest server;
    server.common_name = "remote";
    server.dns_names = {kServerName, "localhost"};
    server.ip_addresses = {"127.0.0.1"};
    sandbox::ClusterOptions options;
    options.name = "quickstart";
    options.version = "9.1.0";
    options.cluster_uuid = "remote-uuid";
    options.nodes = {"node-0"};
    options.elastic_password = kPassword;
    options.http_tls = sandbox::issue(authority, server);
    remote = sandbox::ElasticsearchCluster::make(world.context, options);
    remote->set_nodes_up(1, 1);
    const std::uint16_t port = remote->serve_remote(sandbox::issue(remote_authority, server));
    world.context.network.bind(kRemoteAddress, port);
    sandbox::ListenerOptions listening;
    listening.api = "elasticsearch";
    listening.tls = options.http_tls;
    sandbox::Handler inner = remote->handler();
    remote_listener =
        sandbox::listen(world.context, listening, [this, inner](sandbox::Request request) {
          remote_requests.push_back(request.method + " " + request.path);
          return remote_faults.answer(inner, std::move(request));
        });
    variables["ELASTICSEARCH_USERNAME"] = "elastic";
    variables["ELASTICSEARCH_PASSWORD"] = kPassword;
    Value settings;
    settings.set("ca", authority.certificate_pem);
    es = std::move(*make_elasticsearch_provider(
        "elasticsearch", settings, environment,
        [this](const std::string& name) { return name == "ech" ? provider.get() : nullptr; }));
  }

  Value local_end() const { return from_json({{"ech", {{"deployment", kDeployment}}}}); }
  Value remote_end() const {
    return from_json({{"endpoint", "https://localhost:" + std::to_string(remote_listener->port())},
                      {"ca", authority.certificate_pem}});
  }
  Value key(const std::string& index) const {
    Value desired;
    desired.set("cluster", remote_end());
    desired.set("name", "crosstie-logs");
    desired.set(
        "access",
        from_json(
            {{"search", nlohmann::json::array({{{"names", nlohmann::json::array({index})}}})}}));
    desired.set("expiration", Value());
    return desired;
  }
  Value remote_cluster() const {
    Value desired;
    desired.set("cluster", local_end());
    desired.set("alias", "logs");
    desired.set("mode", "proxy");
    desired.set("proxy_address", kRemoteAddress);
    desired.set("server_name", kServerName);
    desired.set("skip_unavailable", true);
    desired.set("proxy_socket_connections", Value());
    return desired;
  }
  Value probe() const {
    Value desired;
    desired.set("cluster", local_end());
    desired.set("alias", "logs");
    desired.set("model", "api_key");
    desired.set("search", "logs:*");
    desired.set("timeout_seconds", 20);
    return desired;
  }
  Value role() const {
    Value desired;
    desired.set("cluster", local_end());
    desired.set("name", "logs_reader");
    desired.set(
        "remote_indices",
        from_json(nlohmann::json::parse(
            R"([{"clusters":["logs"],"names":["logs-*"],"privileges":["read_cross_cluster","read"]}])")));
    return desired;
  }
  /// Trust and keystore of the deployment, by the ECH provider.
  void prepare_local(Driver& driver, const std::string& encoded) {
    Value trust;
    trust.set("deployment", kDeployment);
    trust.set("name", "crosstie-logs");
    trust.set("trust_type", "proxy");
    trust.set("certificates", remote_authority.certificate_pem);
    EXPECT_EQ(driver.apply("trust", "ech.trust", trust), "create");
    Value entry;
    entry.set("deployment", kDeployment);
    entry.set("name", "cluster.remote.logs.credentials");
    entry.set("value", encoded);
    EXPECT_EQ(driver.apply("keystore", "ech.keystore_entry", entry), "create");
  }
  std::size_t live_keys() const { return remote->dump()["api_keys"].size(); }

  sandbox::Identity remote_authority;
  std::unique_ptr<sandbox::ElasticsearchCluster> remote;
  std::unique_ptr<sandbox::Listener> remote_listener;
  std::vector<std::string> remote_requests;
  testing::Faults remote_faults;
  std::unique_ptr<Provider> es;
};

TEST(ElasticsearchProvider, a_link_is_made_proven_seen_unchanged_and_taken_down) {
  LinkWorld link;
  Driver cloud(link.world, *link.provider);
  Driver driver(link.world, *link.es);
  const nlohmann::json before = link.ech->cluster(kDeployment)->dump();
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  const Value& made = driver.records["key"].attributes;
  EXPECT_TRUE(made.find("encoded")->sensitive());
  link.prepare_local(cloud, made.text("encoded"));
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()),
            "create");
  ASSERT_EQ(driver.apply("proof", "elasticsearch.link_probe", link.probe()), "create");
  const Value& proof = driver.records["proof"].attributes;
  EXPECT_TRUE(proof.flag("connected"));
  EXPECT_TRUE(proof.flag("cluster_credentials"));
  EXPECT_EQ(proof.text("remote_version"), "9.1.0");
  EXPECT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")), "none");
  EXPECT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()), "none");
  EXPECT_EQ(driver.apply("proof", "elasticsearch.link_probe", link.probe()), "none");
  EXPECT_EQ(driver.remove("proof", "elasticsearch.link_probe"), "");
  EXPECT_EQ(driver.remove("remote", "elasticsearch.remote_cluster"), "");
  EXPECT_EQ(driver.remove("remote", "elasticsearch.remote_cluster", link.remote_cluster()), "");
  EXPECT_EQ(driver.remove("key", "elasticsearch.cross_cluster_api_key"), "");
  EXPECT_EQ(cloud.remove("keystore", "ech.keystore_entry"), "");
  EXPECT_EQ(cloud.remove("trust", "ech.trust"), "");
  EXPECT_EQ(link.live_keys(), 0U);
  EXPECT_EQ(link.ech->cluster(kDeployment)->dump()["settings"], before["settings"]);
  EXPECT_EQ(link.log.find(kPassword), std::string::npos);
}

TEST(ElasticsearchProvider, looking_sends_only_get_requests) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  link.remote_requests.clear();
  std::vector<ResourceRequest> batch = {
      driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
      driver.request("role", "elasticsearch.role",
                     [&] {
                       Value role = link.role();
                       role.set("cluster", link.remote_end());
                       return role;
                     }()),
      driver.request("r2", "elasticsearch.role",
                     [&] {
                       Value role = link.role();
                       role.set("cluster", link.remote_end());
                       role.set("name", "other");
                       return role;
                     }()),
  };
  const auto seen = driver.observe_all(batch);
  EXPECT_EQ(seen[0].presence, Presence::present) << testing::words(seen[0].diagnostics);
  EXPECT_EQ(seen[1].presence, Presence::absent) << testing::words(seen[1].diagnostics);
  EXPECT_EQ(link.remote_requests.size(), 2U);
  for (const std::string& request : link.remote_requests)
    EXPECT_EQ(request.rfind("GET ", 0), 0U) << request;
}

TEST(ElasticsearchProvider, a_changed_access_rule_updates_the_key_and_keeps_its_secret) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  const Value before = driver.records["key"].attributes;
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("metrics-*")),
            "update");
  const Value after = driver.records["key"].attributes;
  EXPECT_EQ(after.text("id"), before.text("id"));
  EXPECT_EQ(after.text("encoded"), before.text("encoded"));
  EXPECT_TRUE(after.find("encoded")->sensitive());
  EXPECT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("metrics-*")),
            "none");
}

/// What apply does when everything that uses the key has the new one.
bool clear_leftovers(LinkWorld& link, Driver& driver) {
  const ResourceRequest request =
      driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*"));
  WriteRequest write = driver.write(request, driver.observe(request));
  write.leftovers_only = true;
  return link.world.run(link.es->remove(std::move(write))).outcome.has_value();
}

TEST(ElasticsearchProvider, a_key_whose_secret_was_lost_is_replaced_and_only_one_stays_active) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  const std::string first = driver.records["key"].attributes.text("id");
  driver.records.clear();  // killed between the minting and the record
  const ResourceRequest again =
      driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*"));
  const Observation seen = driver.observe(again);
  EXPECT_EQ(seen.presence, Presence::present);
  EXPECT_TRUE(seen.incomplete);
  EXPECT_EQ(seen.ownership, Ownership::ours);
  EXPECT_EQ(driver.put(again, seen, true), "");
  const std::string second = driver.records["key"].attributes.text("id");
  EXPECT_NE(second, first);
  EXPECT_EQ(link.live_keys(), 2U) << "the old one is good until the new one is in use";
  const ResourceRequest recorded =
      driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*"));
  EXPECT_TRUE(driver.observe(recorded).leftovers);
  EXPECT_TRUE(link.es->diff(recorded, driver.observe(recorded)).any());
  EXPECT_TRUE(clear_leftovers(link, driver));
  EXPECT_EQ(link.live_keys(), 1U);
  const Observation left = driver.observe(recorded);
  EXPECT_EQ(left.attributes.text("id"), second);
  EXPECT_FALSE(left.leftovers);
}

TEST(ElasticsearchProvider,
     a_lost_answer_of_the_minting_is_an_unknown_outcome_and_leaves_one_key_in_the_end) {
  using Kind = testing::Faults::Kind;
  int unknown = 0;
  for (const testing::Faults::Fault& fault :
       std::vector<testing::Faults::Fault>{{"POST", Kind::cut_after, 200, ""},
                                           {"POST", Kind::cut_before, 200, ""},
                                           {"POST", Kind::refuse, 500, "{}"},
                                           {"POST", Kind::refuse, 200, "<html>"}}) {
    LinkWorld link;
    Driver driver(link.world, *link.es);
    ResourceRequest request =
        driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*"));
    link.remote_faults.next = {fault};
    const WriteResult result =
        link.world.run(link.es->create(driver.write(request, Observation{})));
    EXPECT_FALSE(result.outcome);
    unknown += result.failure.outcome_unknown ? 1 : 0;
    request.pending_operation = "operation-1";
    const Observation seen = driver.observe(request);
    EXPECT_EQ(seen.presence == Presence::present, fault.kind == Kind::cut_after);
    EXPECT_EQ(driver.put(request, seen, true), "");
    EXPECT_TRUE(clear_leftovers(link, driver));
    EXPECT_EQ(link.live_keys(), 1U);
  }
  EXPECT_EQ(unknown, 4);
}

TEST(ElasticsearchProvider, a_key_of_another_user_is_told_so_and_a_failed_invalidation_is_seen) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  link.remote_faults.next = {
      {"PUT", testing::Faults::Kind::refuse, 404,
       R"({"error":{"type":"resource_not_found_exception","reason":"no API key owned by requesting user found"},"status":404})"}};
  const std::string failed =
      driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("metrics-*"));
  EXPECT_NE(failed.find("belongs to another user"), std::string::npos) << failed;
  link.remote_faults.next = {
      {"DELETE", testing::Faults::Kind::refuse, 200,
       R"({"invalidated_api_keys":[],"previously_invalidated_api_keys":[],"error_count":1,"error_details":[{"type":"exception","reason":"not yours"}]})"}};
  const std::string kept = driver.remove("key", "elasticsearch.cross_cluster_api_key");
  EXPECT_NE(kept.find("not yours"), std::string::npos) << kept;
}

/// A Kubernetes connection that knows one ECK cluster.
class FakeKubernetes : public Provider, public kubernetes::KubernetesAccess {
 public:
  explicit FakeKubernetes(std::function<kubernetes::EckEndpoint()> endpoint)
      : endpoint_(std::move(endpoint)) {}
  const std::vector<ResourceSchema>& schema() const override { return schemas_; }
  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override {
    co_return std::vector<Observation>(batch.size());
  }
  Task<WriteResult> create(WriteRequest /*request*/) override { co_return WriteResult{}; }
  Task<WriteResult> update(WriteRequest /*request*/) override { co_return WriteResult{}; }
  Task<WriteResult> remove(WriteRequest /*request*/) override { co_return WriteResult{}; }
  Task<Result<Value>> get_object(kubernetes::ObjectName name) override {
    asked.push_back(name.name);
    Value data;
    data.set("password", http::base64_encode(kPassword));
    Value object;
    object.set("data", data);
    co_return object;
  }
  Task<Result<std::vector<Value>>> list_objects(kubernetes::ObjectName /*kind*/,
                                                std::string /*selector*/) override {
    co_return std::vector<Value>{};
  }
  Task<Result<int>> forward(std::string /*space*/, std::string /*pod*/,
                            std::uint16_t /*port*/) override {
    co_return -1;
  }
  const std::string& default_namespace() const override { return space_; }
  bool in_cluster() const override { return false; }
  Task<Result<kubernetes::EckEndpoint>> eck_endpoint(std::string space, std::string name) override {
    asked.push_back(space + "/" + name);
    co_return endpoint_();
  }
  const std::string& service() const override { return space_; }

  std::vector<std::string> asked;

 private:
  std::function<kubernetes::EckEndpoint()> endpoint_;
  std::string space_ = "default";
  std::vector<ResourceSchema> schemas_;
};

TEST(ElasticsearchProvider,
     an_eck_cluster_is_reached_with_what_eck_itself_made_once_for_all_its_resources) {
  LinkWorld link;
  FakeKubernetes kubernetes([&link] {
    kubernetes::EckEndpoint found;
    found.endpoint =
        *http::parse_endpoint("https://localhost:" + std::to_string(link.remote_listener->port()));
    found.endpoint.tls_options.authorities_pem = link.authority.certificate_pem;
    found.username = "elastic";
    found.password = Secret(kPassword);
    found.reached_by = "test";
    return found;
  });
  link.variables.erase("ELASTICSEARCH_PASSWORD");
  const auto lookup = [&kubernetes](const std::string& name) -> Provider* {
    return name == "kubernetes" ? &kubernetes : nullptr;
  };
  const auto es =
      std::move(*make_elasticsearch_provider("elasticsearch", Value(), link.environment, lookup));
  Driver driver(link.world, *es);
  Value desired;
  desired.set("cluster", from_json({{"eck", {{"name", "quickstart"}}}}));
  for (int i = 0; i < 2; ++i) {
    const Observation seen = driver.observe(driver.request("c", "elasticsearch.cluster", desired));
    ASSERT_EQ(seen.presence, Presence::present) << testing::words(seen.diagnostics);
  }
  EXPECT_EQ(kubernetes.asked, std::vector<std::string>{"default/quickstart"});
  Value by_secret;
  by_secret.set(
      "cluster",
      merge_values(
          link.remote_end(),
          from_json(nlohmann::json::parse(
              R"({"credentials":{"username":"elastic","password":{"kubernetes_secret":{"name":"mine","key":"password"}}}})"))));
  const Observation seen = driver.observe(driver.request("s", "elasticsearch.cluster", by_secret));
  EXPECT_EQ(seen.presence, Presence::present) << testing::words(seen.diagnostics);
  EXPECT_EQ(kubernetes.asked.back(), "mine");
}

TEST(ElasticsearchProvider, a_key_invalidated_outside_is_absent_with_the_reason) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  Driver other(link.world, *link.es);
  other.records = driver.records;
  ASSERT_EQ(other.remove("key", "elasticsearch.cross_cluster_api_key"), "");
  const Observation seen = driver.observe(
      driver.request("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")));
  EXPECT_EQ(seen.presence, Presence::absent);
  EXPECT_NE(seen.reason.find("invalidated"), std::string::npos);
  EXPECT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  EXPECT_EQ(link.live_keys(), 1U);
}

TEST(ElasticsearchProvider, settings_that_are_named_no_more_are_given_up_and_others_stay) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  Value wanted = link.remote_cluster();
  wanted.set("proxy_socket_connections", 5);
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", wanted), "create");
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()),
            "update");
  EXPECT_EQ(driver.records["remote"].attributes.find("proxy_socket_connections"), nullptr);
  EXPECT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()), "none");
}

TEST(ElasticsearchProvider, a_lost_skip_unavailable_is_mended) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  Value wanted = link.remote_cluster();
  wanted.set("skip_unavailable", false);
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", wanted), "create");
  wanted.set("server_name", "other.svc");  // a rebuilt link forgets the value on 9.1
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", wanted), "update");
  const Observation seen =
      driver.observe(driver.request("remote", "elasticsearch.remote_cluster", wanted));
  EXPECT_FALSE(seen.attributes.flag("effective_skip_unavailable", true));
  EXPECT_FALSE(
      link.es->diff(driver.request("remote", "elasticsearch.remote_cluster", wanted), seen).any());
}

TEST(ElasticsearchProvider, an_alias_of_somebody_else_is_refused_adopted_and_given_back) {
  LinkWorld link;
  Driver owner(link.world, *link.es);
  Value theirs = link.remote_cluster();
  theirs.set("proxy_address", "198.51.100.1:9443");
  ASSERT_EQ(owner.apply("x", "elasticsearch.remote_cluster", theirs), "create");
  const nlohmann::json found = link.ech->cluster(kDeployment)->dump()["settings"];
  Driver driver(link.world, *link.es);
  const Observation seen = driver.observe(
      driver.request("remote", "elasticsearch.remote_cluster", link.remote_cluster()));
  EXPECT_EQ(seen.ownership, Ownership::unowned);
  EXPECT_NE(
      driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()).find("adopt"),
      std::string::npos);
  EXPECT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster(),
                         Adoption::if_unowned),
            "update");
  EXPECT_EQ(driver.remove("remote", "elasticsearch.remote_cluster"), "");
  EXPECT_EQ(link.ech->cluster(kDeployment)->dump()["settings"], found);
}

TEST(ElasticsearchProvider, a_setting_changed_between_plan_and_write_is_not_overwritten) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()),
            "create");
  Value wanted = link.remote_cluster();
  wanted.set("server_name", "ours.svc");
  const ResourceRequest planned = driver.request("remote", "elasticsearch.remote_cluster", wanted);
  const Observation approved = driver.observe(planned);
  Driver other(link.world, *link.es);
  other.records = driver.records;
  Value theirs = link.remote_cluster();
  theirs.set("server_name", "theirs.svc");
  ASSERT_EQ(other.apply("remote", "elasticsearch.remote_cluster", theirs), "update");
  const std::string failed = driver.put(planned, approved, false);
  EXPECT_NE(failed.find("changed since the plan"), std::string::npos) << failed;
  EXPECT_NE(failed.find("theirs.svc"), std::string::npos);
}

TEST(ElasticsearchProvider, a_role_is_made_kept_and_deleted_and_reserved_ones_are_foreign) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("role", "elasticsearch.role", link.role()), "create");
  EXPECT_EQ(driver.apply("role", "elasticsearch.role", link.role()), "none");
  Value wider = link.role();
  wider.set("cluster_privileges", Value::List{"monitor"});
  EXPECT_EQ(driver.apply("role", "elasticsearch.role", wider), "update");
  EXPECT_EQ(driver.apply("role", "elasticsearch.role", wider), "none");
  driver.records.clear();
  const Observation marked = driver.observe(driver.request("role", "elasticsearch.role", wider));
  EXPECT_EQ(marked.ownership, Ownership::ours) << "found again by its mark";
  EXPECT_EQ(driver.remove("role", "elasticsearch.role", wider), "");
  EXPECT_EQ(driver.observe(driver.request("role", "elasticsearch.role", wider)).presence,
            Presence::absent);
}

TEST(ElasticsearchProvider, a_proof_that_fails_names_cause_and_checks) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()),
            "create");
  Value probe = link.probe();
  probe.set("timeout_seconds", 0);
  const std::string failed = driver.apply("proof", "elasticsearch.link_probe", probe);
  EXPECT_NE(failed.find("no credential for alias logs"), std::string::npos) << failed;
  EXPECT_NE(failed.find("Checks made"), std::string::npos) << failed;
}

TEST(ElasticsearchProvider, a_link_that_broke_is_seen_by_the_probe) {
  LinkWorld link;
  Driver cloud(link.world, *link.provider);
  Driver driver(link.world, *link.es);
  ASSERT_EQ(driver.apply("key", "elasticsearch.cross_cluster_api_key", link.key("logs-*")),
            "create");
  link.prepare_local(cloud, driver.records["key"].attributes.text("encoded"));
  ASSERT_EQ(driver.apply("remote", "elasticsearch.remote_cluster", link.remote_cluster()),
            "create");
  ASSERT_EQ(driver.apply("proof", "elasticsearch.link_probe", link.probe()), "create");
  link.world.context.network.unbind(kRemoteAddress);
  const ResourceRequest request = driver.request("proof", "elasticsearch.link_probe", link.probe());
  const Observation seen = driver.observe(request);
  EXPECT_FALSE(seen.attributes.flag("connected", true));
  EXPECT_TRUE(link.es->diff(request, seen).any());
  EXPECT_FALSE(seen.reason.empty());
}

TEST(ElasticsearchProvider, a_cluster_tells_name_version_health_and_licence) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  Value desired;
  desired.set("cluster", link.remote_end());
  const Observation seen = driver.observe(driver.request("c", "elasticsearch.cluster", desired));
  ASSERT_EQ(seen.presence, Presence::present) << testing::words(seen.diagnostics);
  EXPECT_EQ(seen.attributes.text("name"), "quickstart");
  EXPECT_EQ(seen.attributes.text("version"), "9.1.0");
  EXPECT_EQ(seen.attributes.text("license"), "enterprise");
  EXPECT_FALSE(seen.attributes.text("health").empty());
}

TEST(ElasticsearchProvider, missing_credentials_say_all_the_ways_to_give_them) {
  LinkWorld link;
  link.variables.erase("ELASTICSEARCH_PASSWORD");
  Driver driver(link.world, *link.es);
  const Observation seen =
      driver.observe(driver.request("role", "elasticsearch.role", link.role()));
  EXPECT_EQ(seen.presence, Presence::unreadable);
  const std::string text = testing::words(seen.diagnostics);
  for (const char* way :
       {"ELASTICSEARCH_API_KEY", "ELASTICSEARCH_USERNAME", "credentials: {api_key", "providers:"})
    EXPECT_NE(text.find(way), std::string::npos) << way << "\n" << text;
}

TEST(ElasticsearchProvider, a_connection_that_does_not_exist_is_named) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  Value role = link.role();
  role.set("cluster", from_json({{"ech", {{"deployment", kDeployment}, {"provider", "prod"}}}}));
  const Observation seen = driver.observe(driver.request("role", "elasticsearch.role", role));
  EXPECT_NE(testing::words(seen.diagnostics).find("ech.prod"), std::string::npos);
}

TEST(ElasticsearchProvider, an_unknown_end_is_unchecked) {
  LinkWorld link;
  Driver driver(link.world, *link.es);
  Value role = link.role();
  role.set("cluster", Value::unknown("link.logs.remote"));
  const Observation seen = driver.observe(driver.request("role", "elasticsearch.role", role));
  EXPECT_EQ(seen.presence, Presence::unchecked);
}

TEST(ElasticsearchProvider, a_cluster_without_security_is_spoken_to_without_credentials) {
  LinkWorld link;
  link.variables.erase("ELASTICSEARCH_USERNAME");
  link.variables.erase("ELASTICSEARCH_PASSWORD");
  Driver driver(link.world, *link.es);
  bool anonymous = true;
  sandbox::Handler inner = link.remote->handler();
  sandbox::ListenerOptions plain;
  plain.api = "elasticsearch";
  const auto listener =
      sandbox::listen(link.world.context, plain, [&anonymous, inner](sandbox::Request request) {
        anonymous = anonymous && request.header("authorization").empty();
        // What security would have asked for, so that the simulated cluster answers.
        request.headers["authorization"] =
            "Basic " + http::base64_encode(std::string("elastic:") + kPassword);
        return inner(std::move(request));
      });
  Value role = link.role();
  role.set("cluster",
           from_json({{"endpoint", "http://127.0.0.1:" + std::to_string(listener->port())}}));
  EXPECT_EQ(driver.apply("role", "elasticsearch.role", role), "create");
  EXPECT_TRUE(anonymous);
}

}  // namespace
}  // namespace crosstie
