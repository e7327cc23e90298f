#include "engine/model/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace crosstie {
namespace {

TEST(address, prints_and_parses) {
  for (const char* text : {"resource.logs_reader", "resource.role[\"eu\"]", "link.logs.ca_secret",
                           "link.logs[\"a b\"].key[\"x\\\"y\"]"}) {
    const std::optional<ResourceAddress> address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->print(), text);
  }
}

TEST(address, refuses_what_is_none) {
  for (const char* text :
       {"", "resource", "resource.", "resource.1a", "link.logs", "link.logs.", "resource.a[1]",
        "resource.a[\"x]", "resource.a b", "resource.a[\"x\"]z", "var.x", "link..a"})
    EXPECT_FALSE(parse_address(text).has_value()) << text;
}

TEST(address, any_key_comes_back) {
  const bool held = rc::check("parse(print(a)) is a", [](const std::string& bytes) {
    std::string key;  // keys are text: only what JSON can carry unchanged
    for (const char c : bytes) key += static_cast<char>(c & 0x7f);
    ResourceAddress address{"logs", key, "key", key};
    RC_ASSERT(parse_address(address.print()) == address);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace crosstie
