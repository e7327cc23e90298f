#include "providers/elasticsearch/key_view.hpp"

#include <gtest/gtest.h>

namespace crosstie::elasticsearch {
namespace {

const char* kKeys = R"({"api_keys":[
  {"id":"1","name":"k","type":"cross_cluster","expiration":1000,"invalidated":false,"metadata":{"crosstie":{"lineage":"L","address":"resource.key"}}},
  {"id":"2","name":"k","type":"cross_cluster","invalidated":true,"metadata":{"crosstie":{"lineage":"L","address":"resource.key"}}},
  {"id":"3","name":"k","type":"cross_cluster","invalidated":false,"metadata":{"crosstie":{"lineage":"L","address":"resource.key"}}},
  {"id":"4","name":"k","type":"cross_cluster","invalidated":false,"metadata":{"crosstie":{"lineage":"other","address":"resource.key"}}},
  {"id":"5","name":"k","type":"rest","invalidated":false,"metadata":{}},
  {"id":"6","name":"k","type":"cross_cluster","invalidated":false,"metadata":{"crosstie":{"lineage":"L","address":"resource.other"}}}]})";

TEST(KeyView, only_live_keys_of_this_very_address_are_leftovers) {
  ResourceRequest request;
  request.lineage = "L";
  request.address.name = "key";
  const auto keys = read_keys(nlohmann::json::parse(kKeys), 2000);
  ASSERT_EQ(keys.size(), 6U);
  EXPECT_EQ(keys[0].state, KeyState::expired);
  EXPECT_EQ(keys[1].state, KeyState::invalidated);
  const OurKeys ours = find_ours(keys, request);
  EXPECT_EQ(ours.recorded, nullptr);
  ASSERT_EQ(ours.leftovers.size(), 1U);
  EXPECT_EQ(ours.leftovers[0]->id, "3");
  request.prior.emplace();
  request.prior->attributes.set("id", "3");
  const OurKeys recorded = find_ours(keys, request);
  ASSERT_NE(recorded.recorded, nullptr);
  EXPECT_TRUE(recorded.leftovers.empty());
}

TEST(KeyView, times_are_printed_in_utc) {
  EXPECT_EQ(format_time(1767225600000), "2026-01-01T00:00:00Z");
  EXPECT_EQ(format_time(0), "");
}

}  // namespace
}  // namespace crosstie::elasticsearch
