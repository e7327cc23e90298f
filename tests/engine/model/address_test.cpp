#include "engine/model/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace crosstie {
namespace {

TEST(address, prints_and_parses) {
  for (const char* text :
       {"resource.logs_reader", "resource.role[\"eu\"]", "link.logs.ca_secret",
        "link.logs[\"a b\"].key[\"x\\\"y\"]", "shared.trust[\"default/quickstart\"]",
        "shared.trust[\"kubernetes.west:a \\\"b\\\"\"]"}) {
    const std::optional<ResourceAddress> address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->print(), text);
  }
}

TEST(address, refuses_what_is_none) {
  for (const char* text : {"", "resource", "resource.", "resource.1a", "link.logs", "link.logs.",
                           "resource.a[1]", "resource.a[\"x]", "resource.a b", "resource.a[\"x\"]z",
                           "var.x", "link..a", "shared", "shared.", "shared.a[1]", "shared.a.b"})
    EXPECT_FALSE(parse_address(text).has_value()) << text;
}

TEST(address, any_key_comes_back) {
  const bool held = rc::check("parse(print(a)) is a", [](const std::string& bytes) {
    std::string key;  // keys are text: only what JSON can carry unchanged
    for (const char c : bytes) key += static_cast<char>(c & 0x7f);
    ResourceAddress address{"logs", key, "key", key};
    RC_ASSERT(parse_address(address.print()) == address);
    const ResourceAddress shared{{}, {}, "key", key, true};
    RC_ASSERT(parse_address(shared.print()) == shared);
    RC_ASSERT(shared != (ResourceAddress{{}, {}, "key", key}));
  });
  EXPECT_TRUE(held);
}

TEST(address, a_link_has_a_name_of_its_own) {
  EXPECT_EQ(parse_address("link.logs.a")->print_link(), "link.logs");
  EXPECT_EQ(parse_address("link.logs[\"eu\"].a[\"b\"]")->print_link(), "link.logs[\"eu\"]");
  EXPECT_EQ(parse_address("resource.a")->print_link(), "");
  EXPECT_EQ(parse_address("shared.a[\"k\"]")->print_link(), "");
}

TEST(address, own_resources_come_first_and_shared_ones_last) {
  const auto at = [](const char* text) { return *parse_address(text); };
  EXPECT_LT(at("resource.z"), at("link.a.a"));
  EXPECT_LT(at("link.z[\"k\"].z"), at("shared.a[\"k\"]"));
  EXPECT_LT(at("resource.z[\"k\"]"), at("shared.a[\"k\"]"));
}

}  // namespace
}  // namespace crosstie
