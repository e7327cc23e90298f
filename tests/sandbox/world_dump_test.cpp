#include "sandbox/world_dump.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

TEST(WorldDump, uids_of_references_stand_under_server) {
  const json dump = json::parse(
      R"({"v1/X/a/b": {"endpoints": [{"targetRef": {"name": "p", "uid": "1"}}], "server": {"uid": "2"}}})");
  EXPECT_EQ(canonical_kubernetes(dump),
            json::parse(R"({"v1/X/a/b": {"endpoints": [{"targetRef": {"name": "p", "server":
                        {"uid": "1"}}}], "server": {"uid": "2"}}})"));
}

TEST(WorldDump, empty_and_absent_are_equal_in_an_elasticsearch_spec_only) {
  const json dump = json::parse(R"({
    "elasticsearch.k8s.elastic.co/v1/Elasticsearch/a/b": {"spec": {"auth": {}, "version": "9.1.0",
      "remoteClusterServer": {"service": {"metadata": {}, "spec": {}}}, "nodeSets": [{"config": {}}]}},
    "v1/Pod/a/b": {"spec": {"volumes": [{"emptyDir": {}}]}}})");
  EXPECT_EQ(canonical_kubernetes(dump), json::parse(R"({
    "elasticsearch.k8s.elastic.co/v1/Elasticsearch/a/b": {"spec": {"version": "9.1.0", "nodeSets": [{}]}},
    "v1/Pod/a/b": {"spec": {"volumes": [{"emptyDir": {}}]}}})"));
}

}  // namespace
}  // namespace crosstie::sandbox
