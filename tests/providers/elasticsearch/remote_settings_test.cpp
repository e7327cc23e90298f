#include "providers/elasticsearch/remote_settings.hpp"

#include <gtest/gtest.h>

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

Value wanted(std::initializer_list<std::pair<const char*, Value>> members) {
  Value value;
  value.set("alias", "b");
  for (const auto& [name, member] : members) value.set(name, member);
  return value;
}

AliasSettings stored(json persistent, json transient = json::object()) {
  json flat = {{"persistent", json::object()}, {"transient", json::object()}};
  for (const auto& [key, value] : persistent.items())
    flat["persistent"]["cluster.remote.b." + key] = value;
  for (const auto& [key, value] : transient.items())
    flat["transient"]["cluster.remote.b." + key] = value;
  flat["persistent"]["cluster.remote.bb.mode"] = "sniff";
  return read_alias(flat, "b");
}

TEST(RemoteSettings, a_new_alias_is_one_put_of_the_named_settings) {
  const json body = settings_change("b",
                                    wanted({{"proxy_address", "h:9443"},
                                            {"skip_unavailable", true},
                                            {"proxy_socket_connections", 4},
                                            {"server_name", Value()}}),
                                    {}, {});
  EXPECT_EQ(
      body,
      json::parse(
          R"({"persistent":{"cluster.remote.b.mode":"proxy","cluster.remote.b.proxy_address":"h:9443",
    "cluster.remote.b.proxy_socket_connections":"4","cluster.remote.b.skip_unavailable":"true"}})"));
}

TEST(RemoteSettings, nothing_is_sent_when_nothing_differs) {
  const json body = settings_change(
      "b", wanted({{"mode", "proxy"}, {"proxy_address", "h:9443"}, {"skip_unavailable", true}}), {},
      stored({{"mode", "PROXY"}, {"proxy_address", "h:9443"}, {"skip_unavailable", "true"}}));
  EXPECT_TRUE(body.empty()) << body.dump();
}

TEST(RemoteSettings, settings_of_others_stay_and_given_up_ones_are_nulled) {
  const json body = settings_change("b", wanted({{"mode", "proxy"}, {"proxy_address", "h:9443"}}),
                                    {"server_name"},
                                    stored({{"mode", "proxy"},
                                            {"proxy_address", "h:9443"},
                                            {"server_name", "x"},
                                            {"transport.compress", "true"}}));
  EXPECT_EQ(body, json::parse(R"({"persistent":{"cluster.remote.b.server_name":null}})"));
}

TEST(RemoteSettings, a_mode_switch_nulls_the_other_modes_settings_in_the_same_put) {
  const json body = settings_change(
      "b", wanted({{"mode", "sniff"}, {"seeds", Value::List{"h:9300"}}}), {},
      stored({{"mode", "proxy"}, {"proxy_address", "h:9443"}, {"server_name", "x"}}));
  EXPECT_EQ(
      body,
      json::parse(
          R"({"persistent":{"cluster.remote.b.mode":"sniff","cluster.remote.b.seeds":["h:9300"],
    "cluster.remote.b.proxy_address":null,"cluster.remote.b.server_name":null}})"));
}

TEST(RemoteSettings, a_transient_value_that_hides_ours_is_taken_back) {
  const json body = settings_change(
      "b", wanted({{"mode", "proxy"}, {"proxy_address", "h:9443"}}), {},
      stored({{"mode", "proxy"}, {"proxy_address", "h:9443"}}, {{"proxy_address", "evil:1"}}));
  EXPECT_EQ(body, json::parse(R"({"transient":{"cluster.remote.b.proxy_address":null}})"));
}

TEST(RemoteSettings, removal_nulls_every_key_that_is_set) {
  const json body = settings_restore(
      "b", {},
      stored({{"mode", "proxy"}, {"skip_unavailable", "true"}, {"transport.compress", "true"}},
             {{"proxy_address", "h:1"}}));
  EXPECT_EQ(body["persistent"].size(), 3U);
  EXPECT_EQ(body["transient"].size(), 1U);
  EXPECT_TRUE(settings_restore("b", {}, {}).empty());
}

TEST(RemoteSettings, an_adopted_alias_is_given_back_as_it_was_found) {
  const StoredSettings found = {{"mode", "sniff"}, {"seeds", json::array({"h:9300"})}};
  const json body =
      settings_restore("b", found, stored({{"mode", "proxy"}, {"proxy_address", "h:9443"}}));
  EXPECT_EQ(
      body,
      json::parse(
          R"({"persistent":{"cluster.remote.b.mode":"sniff","cluster.remote.b.seeds":["h:9300"],
    "cluster.remote.b.proxy_address":null}})"));
}

TEST(RemoteSettings, checks_addresses_that_elasticsearch_would_take) {
  for (const char* good :
       {"h:9443", "10.0.0.1:9443", "[2001:db8::7]:9443", "a-b.elb.example.com:1", "h:65535"})
    EXPECT_EQ(check_address(good), "") << good;
  for (const char* bad :
       {"", "h", "h:", ":9443", "h:0", "h:70000", "h:x", "https://h:9443", "2001:db8::7:9443",
        "[2001:db8::7]", "[h]:1", "[]:1", "h h:1", "h:-1", "h:99999999999999"})
    EXPECT_NE(check_address(bad), "") << bad;
}

TEST(RemoteSettings, checks_aliases) {
  for (const char* good : {"logs", "a_b-1", "UPPER"}) EXPECT_EQ(check_alias(good), "") << good;
  for (const char* bad : {"", "-a", "a.b", "a b", "a:b", "a*", "\xc3\xa4"})
    EXPECT_NE(check_alias(bad), "") << bad;
}

TEST(RemoteSettings, reports_all_wrong_arguments_at_once) {
  const Diagnostics wrong = check_arguments(wanted({{"alias", "a.b"},
                                                    {"mode", "sniff"},
                                                    {"proxy_address", "h"},
                                                    {"proxy_socket_connections", 0}}));
  EXPECT_EQ(wrong.size(), 5U) << format_diagnostics(wrong);
  EXPECT_TRUE(
      check_arguments(wanted({{"proxy_address", Value::unknown("link.logs.address")}})).empty());
}

}  // namespace
}  // namespace crosstie::elasticsearch
