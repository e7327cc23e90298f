#include "providers/kubernetes/elasticsearch_nodes.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "providers/http/request.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/transport_certificates.hpp"
#include "tests/providers/kubernetes/elasticsearch_patch_cluster.hpp"
#include "tests/providers/kubernetes/fixtures.hpp"

namespace crosstie {
namespace {

using crosstie::testing::EckCluster;
using crosstie::testing::fixture_object;

const char* kRestriction = "xpack.security.transport.ssl.trust_restrictions.path";

ResourceRequest nodes_request(const std::string& name = "quickstart") {
  ResourceRequest request;
  request.address.name = "nodes";
  request.type = "kubernetes.elasticsearch_nodes";
  request.lineage = crosstie::testing::kLineage;
  request.desired = Value(Value::Object{{"name", Value(name)}, {"namespace", Value("default")}});
  return request;
}

TEST(ElasticsearchNodes, names_are_those_that_real_certificates_carry) {
  CROSSTIE_NEEDS_FIXTURES();
  Value secret = fixture_object("secret-es-masters-es-transport-certs-with-nodes.json");
  kubernetes::keep_only_certificates(secret);
  EXPECT_EQ(to_json(secret).dump().find("tls.key"), std::string::npos);
  EXPECT_EQ(secret.as_object().size(), 1u) << "nothing but data";
  Value authority = fixture_object("secret-es-transport-certs-public-additional-ca.json");
  kubernetes::keep_only_certificates(authority);
  const Value elasticsearch = fixture_object("es-1-created-no-nodes.json");
  EXPECT_EQ(kubernetes::certificate_secrets(elasticsearch),
            (std::vector<std::string>{"east-es-masters-es-transport-certs",
                                      "east-es-data-es-transport-certs",
                                      "east-es-transport-certs-public"}));
  const Result<Value> found =
      kubernetes::elasticsearch_nodes_of(elasticsearch, {secret, Value(), authority});
  ASSERT_TRUE(found.ok()) << format_diagnostics(found.failure());
  EXPECT_EQ(to_json(*found->find("subject_names")),
            nlohmann::json::array({"east-es-masters-0.node.east.search.es.local",
                                   "east-es-masters-1.node.east.search.es.local",
                                   "east-es-masters-2.node.east.search.es.local"}));
  EXPECT_EQ(to_json(*found->find("pods"))["data"],
            nlohmann::json::array({"east-es-data-0", "east-es-data-1"}));
  EXPECT_EQ(found->find("extra_authorities")->as_list().size(), 1u)
      << to_json(*found->find("extra_authorities"));
  EXPECT_EQ(*found->find("restricted"), Value(false));
}

TEST(ElasticsearchNodes, peers_and_foreign_restrictions_are_told) {
  nlohmann::json object = {
      {"metadata", {{"name", "a"}, {"namespace", "search"}}},
      {"spec",
       {{"remoteClusters",
         {{{"name", "x"}, {"elasticsearchRef", {{"name", "b"}}}},
          {{"name", "y"}, {"elasticsearchRef", {{"name", "c"}, {"namespace", "other"}}}}}},
        {"nodeSets", {{{"name", "hot"}, {"config", {{kRestriction, "/mine.yml"}}}}}}}}};
  const auto read = [&] { return *kubernetes::elasticsearch_nodes_of(from_json(object), {}); };
  EXPECT_EQ(to_json(*read().find("peers")),
            nlohmann::json::array({"*.node.b.search.es.local", "*.node.c.other.es.local"}));
  EXPECT_EQ(*read().find("restricted"), Value(true));

  object["spec"]["nodeSets"] = {{{"name", "hot"}}};
  EXPECT_EQ(*read().find("restricted"), Value(false));
  const auto placed = kubernetes::place_entries(
      from_json(object["spec"]["nodeSets"]), {}, "crosstie:1:link.logs.patch",
      *kubernetes::read_node_set_entries(from_json({{"config", {{kRestriction, "/ours.yml"}}}})));
  object["spec"]["nodeSets"] = to_json(placed->node_sets);
  object["metadata"]["annotations"][kubernetes::kLedgerAnnotation] =
      kubernetes::print_node_set_ledger(placed->ledger);
  EXPECT_EQ(*read().find("restricted"), Value(false)) << "ours is no restriction of theirs";
}

TEST(ElasticsearchNodes, what_is_no_certificate_is_an_error) {
  EXPECT_FALSE(kubernetes::node_names_of("rubbish").ok());
  EXPECT_FALSE(kubernetes::subjects_of("").ok());
}

TEST_F(EckCluster, nodes_are_read_by_name_and_no_key_is_kept) {
  const Observation seen = observe(nodes_request());
  ASSERT_EQ(seen.presence, Presence::present) << format_diagnostics(seen.diagnostics);
  EXPECT_EQ(to_json(*seen.attributes.find("subject_names")),
            nlohmann::json::array({"quickstart-es-default-0.node.quickstart.default.es.local",
                                   "quickstart-es-default-1.node.quickstart.default.es.local",
                                   "quickstart-es-default-2.node.quickstart.default.es.local"}));
  EXPECT_EQ(to_json(*seen.attributes.find("extra_authorities")), nlohmann::json::array());
  EXPECT_EQ(to_json(seen.attributes).dump().find("PRIVATE"), std::string::npos);
  EXPECT_EQ(world.seen.writes(), 0);
  for (const std::string& line : world.seen.lines) EXPECT_FALSE(line.ends_with("/secrets")) << line;
  EXPECT_EQ(observe(nodes_request("none")).presence, Presence::absent);
}

}  // namespace
}  // namespace crosstie
