#include "state/value_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/state/random_value.hpp"

namespace crosstie::state_file {
namespace {

const Cell kCell{"resources", "desired", "resource.a"};

Sealer make_sealer() { return Sealer(Secret(std::string(kKeyBytes, 'k')), "lineage"); }

TEST(ValueText, keeps_the_readable_part_and_seals_the_rest) {
  Sealer sealer = make_sealer();
  Value value(Value::Object{
      {"name", "logs"}, {"a/b~c", Value(Value::List{1, Value("hidden-text").mark_sensitive()})}});
  const std::string text = write_value(value, sealer, kCell);
  EXPECT_EQ(text.find("hidden-text"), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["v"]["name"], "logs");
  EXPECT_EQ(json["v"]["a/b~c"], nlohmann::json({1, nullptr}));
  EXPECT_EQ(json["s"], nlohmann::json({"/a~1b~0c/1"}));
  EXPECT_TRUE(json["sealed"].contains("/a~1b~0c/1"));
  EXPECT_EQ(encode_value(read_value(text, sealer, kCell)), encode_value(value));
}

TEST(ValueText, seals_a_sensitive_object_with_its_member_names) {
  Sealer sealer = make_sealer();
  const Value value = Value(Value::Object{{"hidden-name", 1}}).mark_sensitive();
  const std::string text = write_value(value, sealer, kCell);
  EXPECT_EQ(text.find("hidden-name"), std::string::npos);
  EXPECT_EQ(encode_value(read_value(text, sealer, kCell)), encode_value(value));
}

TEST(ValueText, a_sealed_part_does_not_open_at_another_path) {
  Sealer sealer = make_sealer();
  Value value(
      Value::Object{{"a", Value("x").mark_sensitive()}, {"b", Value("y").mark_sensitive()}});
  auto json = nlohmann::json::parse(write_value(value, sealer, kCell));
  std::swap(json["sealed"]["/a"], json["sealed"]["/b"]);
  EXPECT_THROW(read_value(json.dump(), sealer, kCell), std::invalid_argument);
}

TEST(ValueText, null_needs_no_seal_but_sensitive_null_has_one) {
  Sealer sealer = make_sealer();
  EXPECT_FALSE(seal_value(Value(), sealer, kCell));
  const auto sealed = seal_value(Value().mark_sensitive(), sealer, kCell);
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(open_value(*sealed, sealer, kCell).sensitive());
}

TEST(ValueText, refuses_what_it_did_not_write) {
  Sealer sealer = make_sealer();
  const std::string deep(2000, '[');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
        std::string("{\"v\":1} x"), deep, std::string(R"({"v":1,"s":["/a"]})"),
        std::string(R"({"v":[1],"s":["/1"]})"), std::string(R"({"v":1,"s":["a"]})"),
        std::string(R"({"v":1,"u":[]})"), std::string(R"({"v":{"a":1},"u":{"/a":2}})"),
        std::string(R"({"v":1,"s":{}})"), std::string(R"({"v":1,"sealed":[]})"),
        std::string(R"({"v":1,"sealed":{"":"AAAA"}})"),
        std::string(R"({"v":1,"sealed":{"":"**"}})")})
    EXPECT_THROW(read_value(text, sealer, kCell), std::invalid_argument) << text.substr(0, 60);
}

TEST(ValueText, any_value_comes_back_and_reads_as_decode_value_does) {
  Sealer sealer = make_sealer();
  EXPECT_TRUE(rc::check("values survive both forms", [&] {
    const Value value = testing::random_value(3);
    const auto encoded = encode_value(value);
    RC_ASSERT(encode_value(parse_encoded(encoded.dump())) == encode_value(decode_value(encoded)));
    RC_ASSERT(encode_value(read_value(write_value(value, sealer, kCell), sealer, kCell)) ==
              encoded);
    const auto sealed = seal_value(value, sealer, kCell);
    RC_ASSERT(sealed.has_value() == (!value.is_null() || value.sensitive()));
    if (sealed) RC_ASSERT(encode_value(open_value(*sealed, sealer, kCell)) == encoded);
  }));
}

}  // namespace
}  // namespace crosstie::state_file
