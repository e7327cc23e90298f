#include "state/seal.hpp"

#include <gtest/gtest.h>

#include <set>

namespace crosstie::state_file {
namespace {

const Secret kKey(std::string(kKeyBytes, 'k'));
const Cell kCell{"resources", "before", "resource.a"};

TEST(Seal, opens_what_it_sealed) {
  Sealer sealer(kKey, "lineage");
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100'000, 'z')})
    EXPECT_EQ(sealer.open(sealer.seal(text, kCell), kCell), text);
}

TEST(Seal, has_no_plain_text_inside) {
  Sealer sealer(kKey, "lineage");
  const std::string sealed = sealer.seal("a long secret text", kCell);
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(sealed.size(), 1 + 12 + 18 + 16U);
}

TEST(Seal, never_gives_the_same_bytes_twice) {
  Sealer sealer(kKey, "lineage");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(sealer.seal("same", kCell));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Seal, does_not_open_at_another_place) {
  Sealer sealer(kKey, "lineage");
  const std::string sealed = sealer.seal("text", kCell);
  const Cell others[] = {{"operations", "before", "resource.a"},
                         {"resources", "token", "resource.a"},
                         {"resources", "before", "resource.b"},
                         {"resources", "before", "resource.a", "/x"},
                         {"resources", "beforeresource.a", ""}};
  for (const Cell& cell : others)
    EXPECT_FALSE(sealer.open(sealed, cell)) << cell.table << cell.column << cell.row;
  EXPECT_TRUE(sealer.open(sealed, kCell));
}

TEST(Seal, does_not_open_with_another_key_or_lineage) {
  Sealer sealer(kKey, "lineage");
  const std::string sealed = sealer.seal("text", kCell);
  EXPECT_FALSE(Sealer(Secret(std::string(kKeyBytes, 'x')), "lineage").open(sealed, kCell));
  EXPECT_FALSE(Sealer(kKey, "other").open(sealed, kCell));
}

TEST(Seal, notices_every_changed_or_missing_byte) {
  Sealer sealer(kKey, "lineage");
  const std::string sealed = sealer.seal("text", kCell);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer.open(changed, kCell)) << i;
    EXPECT_FALSE(sealer.open(sealed.substr(0, i), kCell)) << i;
  }
}

TEST(Base64, goes_back_and_forth) {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string data = secure_random(size);
    EXPECT_EQ(from_base64(to_base64(data)), data);
  }
  EXPECT_EQ(to_base64("ab"), "YWI=");
}

TEST(Base64, refuses_what_is_none) {
  for (const char* text : {"a", "abc", "ab=c", "====", "YWI= ", " YWI=", "YW I", "YWI*", "Y==="})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Hex, writes_two_digits_a_byte) { EXPECT_EQ(to_hex(std::string("\x00\xff\x1a", 3)), "00ff1a"); }

}  // namespace
}  // namespace crosstie::state_file
