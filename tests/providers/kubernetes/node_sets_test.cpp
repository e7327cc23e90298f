#include "providers/kubernetes/node_sets.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "providers/kubernetes/node_sets_settings.hpp"
#include "tests/providers/kubernetes/node_sets_random.hpp"

namespace crosstie::kubernetes {
namespace {

using crosstie::testing::printed_seed;
using crosstie::testing::RandomNodeSets;
using nlohmann::json;

constexpr int kRounds = 700;
constexpr int kFewerRounds = 150;

NodeSetEntries entries(const std::string& suffix = "") {
  const Result<NodeSetEntries> read =
      read_node_set_entries(from_json(RandomNodeSets::entries(suffix)));
  EXPECT_TRUE(read.ok());
  return read ? *read : NodeSetEntries{};
}

std::string words(const Diagnostics& why) { return format_diagnostics(why); }

/// As it comes out of the annotation.
NodeSetLedger kept(const NodeSetLedger& ledger) {
  const Result<NodeSetLedger> read = parse_node_set_ledger(print_node_set_ledger(ledger));
  EXPECT_TRUE(read.ok());
  return read ? *read : NodeSetLedger{};
}

TEST(NodeSets, create_then_remove_gives_back_the_users_spec_whatever_is_edited_in_between) {
  const std::uint64_t seed = printed_seed();
  int done = 0;
  int edited = 0;
  int exact = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    RandomNodeSets random(seed + static_cast<std::uint64_t>(round));
    json users = random.node_sets();
    const bool writes_back = random.coin();
    if (writes_back) RandomNodeSets::write_back(users);
    const json before = users;
    const auto placed = place_entries(from_json(users), {}, "a", entries());
    ASSERT_TRUE(placed.ok()) << words(placed.failure()) << users.dump(1);
    ASSERT_EQ(missing_entries(placed->node_sets, entries()), std::vector<std::string>{});
    const auto again = place_entries(placed->node_sets, kept(placed->ledger), "a", entries());
    ASSERT_EQ(to_json(again->node_sets).dump(1), to_json(placed->node_sets).dump(1));
    ASSERT_EQ(again->ledger, placed->ledger);
    json live = to_json(placed->node_sets);
    const int edits = random.up_to(4);
    for (int i = 0; i < edits; ++i) {
      random.edit(users, live);
      if (writes_back) {
        RandomNodeSets::write_back(users);
        RandomNodeSets::write_back(live);
      }
    }
    const auto removed = remove_entries(from_json(live), kept(placed->ledger), "a");
    ASSERT_TRUE(removed.ok()) << words(removed.failure());
    exact += random.lost_track() ? 0 : 1;
    const auto text = [&](const Value& sets) {
      return to_json(random.lost_track() ? without_hollow(sets) : sets).dump(1);
    };
    ASSERT_EQ(text(removed->node_sets), text(from_json(users)))
        << "before: " << before.dump() << "\nlive: " << live.dump()
        << "\nledger: " << print_node_set_ledger(placed->ledger);
    ASSERT_TRUE(removed->ledger.empty());
    ++done;
    edited += edits > 0 ? 1 : 0;
  }
  EXPECT_EQ(done, kRounds);
  EXPECT_GT(edited, kRounds / 2);
  EXPECT_GE(exact, kRounds * 5 / 6) << "to the byte";
}

TEST(NodeSets, what_two_owners_share_stays_until_the_last_goes) {
  const std::uint64_t seed = printed_seed();
  for (int round = 0; round < kFewerRounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    RandomNodeSets random(seed + static_cast<std::uint64_t>(round));
    const json users = random.node_sets();
    const NodeSetEntries second = random.coin() ? entries() : entries("-2");
    const auto one = place_entries(from_json(users), {}, "a", entries());
    const auto both = place_entries(one->node_sets, kept(one->ledger), "b", second);
    ASSERT_TRUE(both.ok()) << words(both.failure());
    const bool first_goes_first = random.coin();
    const auto left =
        remove_entries(both->node_sets, kept(both->ledger), first_goes_first ? "a" : "b");
    ASSERT_TRUE(left.ok());
    const NodeSetEntries stays = first_goes_first ? second : entries();
    ASSERT_EQ(missing_entries(left->node_sets, stays), std::vector<std::string>{});
    if (stays == entries() && second == entries()) {
      ASSERT_EQ(to_json(left->node_sets), to_json(both->node_sets)) << "nothing restarts";
    }
    const auto none =
        remove_entries(left->node_sets, kept(left->ledger), first_goes_first ? "b" : "a");
    ASSERT_EQ(to_json(none->node_sets).dump(1), users.dump(1));
  }
}

TEST(NodeSets, entries_that_change_replace_the_ones_before) {
  const std::uint64_t seed = printed_seed();
  for (int round = 0; round < kFewerRounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    RandomNodeSets random(seed + static_cast<std::uint64_t>(round));
    json other = RandomNodeSets::entries(random.coin() ? "" : "-2");
    const std::string path = "/usr/share/elasticsearch/config/other.yml";
    if (random.coin()) other["config"]["indices.breaker.total.limit"] = "70%";
    if (random.coin()) other["volumes"][0]["secret"]["secretName"] = "another";
    if (random.coin()) other["config"].erase(RandomNodeSets::kAuthorities);
    json own = RandomNodeSets::entries();
    own["config"]["indices.breaker.total.limit"] = "60%";
    const NodeSetEntries first = *read_node_set_entries(from_json(own));
    const NodeSetEntries next = *read_node_set_entries(from_json(other));
    const json users = json::array({{{"name", "hot"}, {"count", 2}}, {{"name", "cold"}}});
    const auto placed = place_entries(from_json(users), {}, "a", first);
    const auto changed = place_entries(placed->node_sets, kept(placed->ledger), "a", next);
    ASSERT_TRUE(changed.ok()) << words(changed.failure());
    const auto directly = place_entries(from_json(users), {}, "a", next);
    ASSERT_EQ(missing_entries(changed->node_sets, next), std::vector<std::string>{});
    ASSERT_EQ(to_json(changed->node_sets)[0]["config"], to_json(directly->node_sets)[0]["config"]);
    const auto removed = remove_entries(changed->node_sets, kept(changed->ledger), "a");
    ASSERT_EQ(to_json(removed->node_sets), users);
  }
}

TEST(NodeSets, the_users_order_and_spelling_stay_in_front) {
  json set = {{"name", "hot"}};
  set["config"]["xpack.security"]["transport"]["ssl"]["certificate_authorities"] = {"/own/ca.crt"};
  const auto placed = place_entries(from_json(json::array({set})), {}, "a", entries());
  const json config = to_json(placed->node_sets)[0]["config"];
  EXPECT_EQ(config["xpack.security"]["transport"]["ssl"]["certificate_authorities"],
            json::array({"/own/ca.crt", "/usr/share/elasticsearch/config/ech-ca/ca.crt"}));
  EXPECT_FALSE(config.contains(RandomNodeSets::kAuthorities));
}

TEST(NodeSets, a_copy_of_a_node_set_does_not_keep_what_was_copied_with_it) {
  const json users = json::array({{{"name", "hot"}, {"count", 2}}});
  const auto placed = place_entries(from_json(users), {}, "a", entries());
  json live = to_json(placed->node_sets);
  live.push_back(live[0]);
  live[1]["name"] = "warm";
  const auto removed = remove_entries(from_json(live), kept(placed->ledger), "a");
  EXPECT_EQ(to_json(removed->node_sets),
            json::array({{{"name", "hot"}, {"count", 2}}, {{"name", "warm"}, {"count", 2}}}));
}

TEST(NodeSets, what_somebody_took_out_or_changed_is_put_right) {
  const auto placed = place_entries(from_json(json::array({{{"name", "hot"}}, {{"name", "cold"}}})),
                                    {}, "a", entries());
  json live = to_json(placed->node_sets);
  live[0]["config"][RandomNodeSets::kRestrictions] = "/elsewhere.yml";
  live[0]["podTemplate"]["spec"]["volumes"][0]["secret"]["secretName"] = "elsewhere";
  live[1]["podTemplate"]["spec"]["containers"][0]["volumeMounts"].erase(0);
  EXPECT_EQ(missing_entries(from_json(live), entries()),
            (std::vector<std::string>{
                "nodeSets[hot].config[\"xpack.security.transport.ssl.trust_restrictions.path\"]",
                "nodeSets[hot].volumes[remote-ech-ca]",
                "nodeSets[cold].volumeMounts[/usr/share/elasticsearch/config/ech-ca]"}));
  const auto mended = place_entries(from_json(live), kept(placed->ledger), "a", entries());
  ASSERT_TRUE(mended.ok()) << words(mended.failure());
  EXPECT_EQ(missing_entries(mended->node_sets, entries()), std::vector<std::string>{});
  const auto removed = remove_entries(mended->node_sets, kept(mended->ledger), "a");
  EXPECT_EQ(to_json(removed->node_sets), json::array({{{"name", "hot"}}, {{"name", "cold"}}}));
}

std::string refusal(const json& set, const json& argument = RandomNodeSets::entries()) {
  const Result<NodeSetEntries> read = read_node_set_entries(from_json(argument));
  if (!read) return words(read.failure());
  const auto placed = place_entries(from_json(json::array({set})), {}, "a", *read);
  return placed ? std::string("taken") : words(placed.failure());
}

void expect_words(const std::string& text, const std::string& wanted) {
  EXPECT_NE(text.find(wanted), std::string::npos) << text;
}

TEST(NodeSets, what_the_user_says_otherwise_is_refused) {
  expect_words(refusal({{"name", "hot"}, {"config", {{RandomNodeSets::kRestrictions, "/mine"}}}}),
               "spec.nodeSets[hot].config." + RandomNodeSets::kRestrictions + " has another value");
  json volume = {{"name", "hot"}};
  volume["podTemplate"]["spec"]["volumes"] = {
      {{"name", "remote-ech-ca"}, {"emptyDir", json::object()}}};
  expect_words(refusal(volume), "another volume named remote-ech-ca");
  json mount = {{"name", "hot"}};
  mount["podTemplate"]["spec"]["containers"] = {
      {{"name", "elasticsearch"},
       {"volumeMounts",
        {{{"name", "mine"}, {"mountPath", "/usr/share/elasticsearch/config/ech-ca"}}}}}};
  expect_words(refusal(mount), "mounts something else at");
}

TEST(NodeSets, shapes_that_would_stop_the_operator_are_refused) {
  json set = {{"name", "hot"}};
  set["podTemplate"]["spec"]["containers"] = "oops";
  expect_words(refusal(set), "podTemplate.spec.containers is not a list");
  expect_words(refusal({{"name", "hot"}, {"config", "oops"}}), "config is not a mapping");
  expect_words(refusal({{"count", 1}}), "is not a mapping with a name");
  json argument = RandomNodeSets::entries();
  argument["volumes"][0]["secret"]["optional"] = "yes";
  expect_words(refusal({{"name", "hot"}}, argument), "secret.optional is not true or false");
  argument = RandomNodeSets::entries();
  argument["volumes"][0]["secrets"] = json::object();
  expect_words(refusal({{"name", "hot"}}, argument), "has no member secrets");
  argument = RandomNodeSets::entries();
  argument["volumes"][0]["name"] = "elasticsearch-data";
  expect_words(refusal({{"name", "hot"}}, argument), "a volume of ECK's own");
  argument = RandomNodeSets::entries();
  argument["volumes"].erase(0);
  expect_words(refusal({{"name", "hot"}}, argument), "has no volume named remote-ech-ca");
  argument = RandomNodeSets::entries();
  argument["volume_mounts"][0]["mountPath"] = 5;
  expect_words(refusal({{"name", "hot"}}, argument), "mountPath is not a string");
}

TEST(NodeSets, a_volume_that_the_user_mounts_too_cannot_go) {
  const auto placed =
      place_entries(from_json(json::array({{{"name", "hot"}}})), {}, "a", entries());
  json live = to_json(placed->node_sets);
  live[0]["podTemplate"]["spec"]["containers"].push_back(
      {{"name", "sidecar"}, {"volumeMounts", {{{"name", "trust"}, {"mountPath", "/t"}}}}});
  const auto removed = remove_entries(from_json(live), placed->ledger, "a");
  ASSERT_FALSE(removed.ok());
  expect_words(words(removed.failure()), "container sidecar mounts volume trust");
}

TEST(NodeSets, two_owners_with_different_values_at_one_place_are_refused) {
  const auto placed =
      place_entries(from_json(json::array({{{"name", "hot"}}})), {}, "a", entries());
  json other = RandomNodeSets::entries();
  other["volumes"][0]["secret"]["secretName"] = "another";
  const auto both = place_entries(placed->node_sets, placed->ledger, "b",
                                  *read_node_set_entries(from_json(other)));
  ASSERT_FALSE(both.ok());
  expect_words(words(both.failure()), "b and a both set volume remote-ech-ca");
}

TEST(NodeSets, a_damaged_ledger_is_an_error_and_never_taken_for_none) {
  EXPECT_TRUE(parse_node_set_ledger("")->empty());
  for (const char* text : {"{", "[]", "{}", R"({"owners":{},"placed":5})",
                           R"({"owners":{"a":{"volumes":"x"}},"placed":{}})"})
    EXPECT_FALSE(parse_node_set_ledger(text).ok()) << text;
}

TEST(NodeSets, nested_entries_are_read_as_dotted_ones) {
  json nested = RandomNodeSets::entries();
  nested["config"] = json::object();
  nested["config"]["xpack"]["security.transport"]["ssl"]["certificate_authorities"] =
      RandomNodeSets::entries()["config"][RandomNodeSets::kAuthorities];
  nested["config"]["xpack.security"]["transport.ssl.trust_restrictions"]["path"] =
      RandomNodeSets::entries()["config"][RandomNodeSets::kRestrictions];
  EXPECT_EQ(*read_node_set_entries(from_json(nested)), entries());
}

}  // namespace
}  // namespace crosstie::kubernetes
