// Bulk requests, and bodies that are compressed.
#include <gtest/gtest.h>

#include "sandbox/gzip.hpp"
#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {
namespace {

/// "{}" as gzip writes it.
const std::string kPacked(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00", 22);

class ElasticsearchBulk : public testing::Test {
 protected:
  Response bulk(const std::string& body) {
    return local.call("POST", "/_bulk", body, {{"content-type", "application/x-ndjson"}});
  }
  TestWorld world;
  TestCluster local{world, "cluster-a", "9.1.0"};
};

TEST_F(ElasticsearchBulk, each_action_has_its_own_outcome) {
  const Response response = bulk(
      "{\"index\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{\"a\":1}\n"
      "{\"create\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{\"a\":2}\n"
      "{\"update\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{\"doc\":{\"b\":3}}\n"
      "{\"delete\":{\"_index\":\"i\",\"_id\":\"2\"}}\n");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json answer = body_of(response);
  EXPECT_EQ(answer["errors"], true);
  ASSERT_EQ(answer["items"].size(), 4u);
  EXPECT_EQ(answer["items"][0]["index"]["status"], 201);
  EXPECT_EQ(answer["items"][1]["create"]["status"], 409);
  EXPECT_EQ(answer["items"][1]["create"]["error"]["type"], "version_conflict_engine_exception");
  EXPECT_EQ(answer["items"][2]["update"]["status"], 200);
  EXPECT_EQ(answer["items"][3]["delete"]["status"], 404);
  EXPECT_EQ(local.get("/i/_doc/1")["_source"], (Json{{"a", 1}, {"b", 3}}));
}

TEST_F(ElasticsearchBulk, a_body_that_is_none_is_refused) {
  EXPECT_EQ(bulk("").status, 400);
  EXPECT_EQ(bulk("{\"delete\":{\"_index\":\"i\",\"_id\":\"2\"}}").status, 400);  // no newline
  EXPECT_EQ(bulk("{\"drop\":{}}\n").status, 400);
  EXPECT_EQ(bulk("not json\n").status, 400);
}

TEST_F(ElasticsearchBulk, a_gzip_body_is_unpacked) {
  const std::map<std::string, std::string> headers{{"content-encoding", "gzip"},
                                                   {"content-type", "application/json"}};
  EXPECT_EQ(local.call("POST", "/_search", kPacked, headers).status, 200);
  EXPECT_EQ(local.call("POST", "/_search", "{}", headers).status, 400);
}

TEST(Gzip, gives_the_content_or_nothing) {
  EXPECT_EQ(gunzip(kPacked, 100), "{}");
  EXPECT_EQ(gunzip(kPacked, 1), std::nullopt);
  for (std::size_t length = 0; length < kPacked.size(); ++length)
    EXPECT_EQ(gunzip(kPacked.substr(0, length), 100), std::nullopt) << length;
}

}  // namespace
}  // namespace crosstie::sandbox
