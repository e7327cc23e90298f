// Resources that links share, through plan and apply: a real configuration of small blueprints, a
// scripted provider and a state in memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kBlueprint = R"(
blueprint: 1
name: test-link
model: one
inputs:
  alias: {type: string}
  cluster: {type: string, default: east}
  adds: {type: list, default: []}
  trusting: {type: bool, default: true}
resources:
  own: {type: test.thing, name: "own-${var.alias}"}
  trust:
    type: test.thing
    share: "${var.cluster}"
    when: "${var.trusting}"
    name: "trust-${var.cluster}"
    size: "${concat([\"common\"], var.adds)}"
    depends_on: [resource.own]
  remote: {type: test.thing, name: "remote-${var.alias}", from: "${try(resource.trust.id, null)}"}
)";

class SharedPlan : public ::testing::Test {
 protected:
  SharedPlan() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosstie-shared-XXXXXX");
    folder_ = mkdtemp(pattern.data());
    write("link.yaml", kBlueprint);
  }
  ~SharedPlan() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  /// `links` is the section of that name, in YAML's flow form.
  void configure(const std::string& links) {
    write("a.yaml", "crosstie: 1\nlinks: " + links + "\n");
    LoadOptions options;
    options.folder = folder_;
    auto loaded = load_configuration(options, bench_.catalog);
    ASSERT_TRUE(loaded.ok()) << format_diagnostics(loaded.failure());
    bench_.loaded = *loaded;
  }
  void apply(const std::string& links) {
    configure(links);
    const ApplyResult result = bench_.plan_and_apply();
    ASSERT_TRUE(result.ok());
  }
  Words writes() {
    Words out;
    for (const std::string& words : bench_.provider.log)
      if (!words.starts_with("observe") && !words.starts_with("settle")) out.push_back(words);
    bench_.provider.log.clear();
    return out;
  }
  /// "update shared.trust["east"]" for everything that the plan touches.
  Words planned(PlanOptions options = {}) {
    const Result<Plan> plan = bench_.plan(std::move(options));
    if (!plan) return {format_diagnostics(plan.failure())};
    Words out;
    for (const Change& change : plan->changes)
      if (change.action != Action::no_op)
        out.push_back(std::string(action_name(change.action)) + " " + change.address.print());
    return out;
  }
  std::string error_of(PlanOptions options = {}) {
    const Result<Plan> plan = bench_.plan(std::move(options));
    return plan ? "no error" : format_diagnostics(plan.failure());
  }
  PlanOptions only(const std::string& target, bool destroy = false) {
    PlanOptions options;
    options.destroy = destroy;
    auto address = parse_address(target);
    if (!address) {
      address = parse_address(target + ".x");
      address->name.clear();
    }
    options.targets = {*address};
    return options;
  }
  std::map<std::string, std::string> links_of(const std::string& address) const {
    return bench_.state->resources.at(*parse_address(address)).links;
  }
  Value size_of(const std::string& name) const {
    return *bench_.provider.world.at(name).arguments.find("size");
  }

  Bench bench_;
  std::filesystem::path folder_;
};

constexpr const char* kA = "{blueprint: ./link.yaml, adds: [a]}";
constexpr const char* kTwo =
    "{a: {blueprint: ./link.yaml, adds: [a]}, b: {blueprint: ./link.yaml, adds: [b]}}";
constexpr const char* kOnlyA = "{a: {blueprint: ./link.yaml, adds: [a]}}";
const std::string kTrust = R"(shared.trust["east"])";

TEST_F(SharedPlan, two_links_make_one_object_after_what_both_need) {
  apply(kTwo);
  EXPECT_EQ(writes(),
            (Words{"create own", "create own", "create trust", "create remote", "create remote"}));
  EXPECT_EQ(size_of("trust-east"), Value(Value::List{"common", "a", "b"}));
  EXPECT_EQ(bench_.provider.world.at("remote-b").arguments.text("from"),
            bench_.provider.world.at("trust-east").id);
  EXPECT_FALSE(bench_.plan()->has_changes());
}

TEST_F(SharedPlan, a_link_more_updates_it_in_place) {
  apply(kOnlyA);
  writes();
  configure(kTwo);
  EXPECT_EQ(planned(), (Words{"create link.b.own", "update " + kTrust, "create link.b.remote"}));
  const Result<Plan> plan = bench_.plan();
  for (const Change& change : plan->changes)
    if (change.address.shared) {
      EXPECT_EQ(change.links.size(), 2U);
      EXPECT_EQ(change.recorded_links.size(), 1U);
    }
  ASSERT_TRUE(bench_.apply(*plan).ok());
  EXPECT_EQ(writes(), (Words{"create own", "update trust", "create remote"}));
}

TEST_F(SharedPlan, a_link_that_goes_lets_go_of_it_first_and_of_what_it_gave_last) {
  apply(kTwo);
  writes();
  apply(kOnlyA);
  EXPECT_EQ(writes(), (Words{"remove remote", "update trust", "remove own"}));
  EXPECT_EQ(size_of("trust-east"), Value(Value::List{"common", "a"}));
  EXPECT_EQ(links_of(kTrust), (std::map<std::string, std::string>{{"link.a", "one"}}));
  EXPECT_FALSE(bench_.plan()->has_changes());
}

TEST_F(SharedPlan, a_link_that_gave_nothing_of_its_own_leaves_it_untouched) {
  apply("{a: {blueprint: ./link.yaml}, b: {blueprint: ./link.yaml}}");
  EXPECT_EQ(links_of(kTrust).size(), 2U);
  writes();
  apply("{b: {blueprint: ./link.yaml}}");
  EXPECT_EQ(writes(), (Words{"remove remote", "remove own"}));
  EXPECT_EQ(links_of(kTrust), (std::map<std::string, std::string>{{"link.b", "one"}}))
      << "it is recorded whose it is, all the same";
}

TEST_F(SharedPlan, the_last_link_takes_it_along) {
  apply(kTwo);
  apply(kOnlyA);
  writes();
  apply("{}");
  EXPECT_EQ(writes(), (Words{"remove remote", "remove trust", "remove own"}));
  EXPECT_TRUE(bench_.provider.world.empty());
  EXPECT_TRUE(bench_.state->resources.empty());
}

TEST_F(SharedPlan, destroy_takes_everything_in_the_recorded_order) {
  apply(kTwo);
  writes();
  PlanOptions options;
  options.destroy = true;
  bench_.loaded = nullptr;
  bench_.configuration = nullptr;
  ASSERT_TRUE(bench_.plan_and_apply(options).ok());
  EXPECT_EQ(writes(),
            (Words{"remove remote", "remove remote", "remove trust", "remove own", "remove own"}));
}

TEST_F(SharedPlan, a_link_whose_when_is_false_takes_no_part) {
  apply(
      "{a: {blueprint: ./link.yaml, adds: [a]}, "
      "b: {blueprint: ./link.yaml, adds: [b], trusting: false}}");
  EXPECT_EQ(size_of("trust-east"), Value(Value::List{"common", "a"}));
  EXPECT_EQ(bench_.provider.world.at("remote-b").arguments.find("from"), nullptr);
  configure(
      "{a: {blueprint: ./link.yaml, adds: [a], trusting: false}, "
      "b: {blueprint: ./link.yaml, adds: [b], trusting: false}}");
  const Words all = planned();
  EXPECT_NE(std::find(all.begin(), all.end(), "delete " + kTrust), all.end());
}

TEST_F(SharedPlan, a_when_that_is_not_known_yet_is_told_as_for_any_resource) {
  write("late.yaml", R"(
blueprint: 1
inputs: {alias: {type: string}}
resources:
  own: {type: test.thing, name: "own-${var.alias}"}
  trust: {type: test.thing, share: east, when: "${resource.own.id == \"id-7\"}", name: trust-east}
)");
  configure("{a: {blueprint: ./link.yaml}, b: {blueprint: ./late.yaml}}");
  EXPECT_EQ(error_of(), folder_.string() +
                            "/link.yaml:12:3: error: condition is not known yet\n"
                            "  12 |   trust:\n"
                            "         ^~~~~\n"
                            "  resource: shared.trust[\"east\"]\n"
                            "  Its `when` depends on link.b.own, which is known only after apply.\n"
                            "  To go on, apply that part first:\n"
                            "    crosstie apply --target link.b.own\n");
}

TEST_F(SharedPlan, links_of_for_each_share_by_their_keys) {
  configure(R"({l: {blueprint: ./link.yaml, for_each: {x: east, y: west, z: east},
                alias: "${each.key}", cluster: "${each.value}", adds: ["${each.key}"]}})");
  ASSERT_TRUE(bench_.plan_and_apply().ok());
  EXPECT_EQ(size_of("trust-east"), Value(Value::List{"common", "x", "z"}));
  EXPECT_EQ(size_of("trust-west"), Value(Value::List{"common", "y"}));
  EXPECT_EQ(links_of(kTrust), (std::map<std::string, std::string>{{R"(link.l["x"])", "one"},
                                                                  {R"(link.l["z"])", "one"}}));
}

TEST_F(SharedPlan, a_target_of_one_link_includes_what_it_shares) {
  configure(kTwo);
  EXPECT_EQ(planned(only("link.b.trust")),
            (Words{"create link.a.own", "create link.b.own", "create " + kTrust}));
  EXPECT_EQ(planned(only(kTrust)),
            (Words{"create link.a.own", "create link.b.own", "create " + kTrust}));
  EXPECT_EQ(planned(only("shared.trust")),
            (Words{"create link.a.own", "create link.b.own", "create " + kTrust}));
  EXPECT_EQ(planned(only("link.b")), (Words{"create link.a.own", "create link.b.own",
                                            "create " + kTrust, "create link.b.remote"}));
}

TEST_F(SharedPlan, destroying_one_link_only_is_refused_where_a_shared_resource_rests_on_it) {
  apply(kTwo);
  EXPECT_EQ(error_of(only("link.b", true)),
            "error: shared resource is still needed\n"
            "  resource: shared.trust[\"east\"]\n"
            "  It needs something that would be destroyed, and it belongs to link.a too.\n"
            "  To take one of several links away, take it out of the configuration and apply; what "
            "the others need stays.\n");
}

TEST_F(SharedPlan, destroying_one_link_leaves_what_others_share_and_the_last_takes_it) {
  std::string text = kBlueprint;
  const std::string needs = "    depends_on: [resource.own]\n";
  text.erase(text.find(needs), needs.size());
  write("link.yaml", text);
  apply(kTwo);
  writes();
  ASSERT_TRUE(bench_.plan_and_apply(only("link.b", true)).ok());
  EXPECT_EQ(bench_.state->resources.size(), 3U);
  EXPECT_EQ(links_of(kTrust), (std::map<std::string, std::string>{{"link.a", "one"}}));
  EXPECT_EQ(planned(only("link.a", true)),
            (Words{"delete link.a.own", "delete " + kTrust, "delete link.a.remote"}));
  ASSERT_TRUE(bench_.plan_and_apply(only("link.a", true)).ok());
  EXPECT_TRUE(bench_.state->resources.empty());
}

TEST_F(SharedPlan, an_item_that_turns_out_to_be_there_already_is_no_other_plan) {
  write("link.yaml", R"(
blueprint: 1
inputs: {alias: {type: string}}
resources:
  ca: {type: test.thing, share: ca, name: ca}
  trust: {type: test.thing, share: east, name: trust, size: ["${resource.ca.id}", common]}
)");
  apply("{a: {blueprint: ./link.yaml}, b: {blueprint: ./link.yaml}}");
  EXPECT_EQ(size_of("trust"), Value(Value::List{bench_.provider.world.at("ca").id, "common"}));
  EXPECT_FALSE(bench_.plan()->has_changes());
}

TEST_F(SharedPlan, links_that_turn_out_to_disagree_stop_before_the_write) {
  write("link.yaml", R"(
blueprint: 1
inputs: {alias: {type: string}}
resources:
  own: {type: test.thing, name: "own-${var.alias}"}
  trust: {type: test.thing, share: east, name: trust, from: "${resource.own.id}"}
)");
  configure("{a: {blueprint: ./link.yaml}, b: {blueprint: ./link.yaml}}");
  const ApplyResult result = bench_.plan_and_apply();
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].diagnostics[0].summary, "links disagree about a shared resource");
  EXPECT_FALSE(bench_.provider.world.contains("trust"));
}

TEST_F(SharedPlan, resources_that_need_each_other_are_a_cycle_with_every_edge) {
  write("one.yaml", R"(
blueprint: 1
inputs: {alias: {type: string}}
resources:
  p: {type: test.thing, share: x, name: p}
  q: {type: test.thing, share: x, name: q, depends_on: [resource.p]}
)");
  write("two.yaml", R"(
blueprint: 1
inputs: {alias: {type: string}}
resources:
  p: {type: test.thing, share: x, name: p, depends_on: [resource.q]}
  q: {type: test.thing, share: x, name: q}
)");
  configure("{a: {blueprint: ./one.yaml}, b: {blueprint: ./two.yaml}}");
  const std::string error = error_of();
  EXPECT_NE(error.find("shared.p[\"x\"]"), std::string::npos) << error;
  EXPECT_NE(error.find("one.yaml:6"), std::string::npos) << error;
  EXPECT_NE(error.find("two.yaml:5"), std::string::npos) << error;
}

TEST_F(SharedPlan, what_went_with_its_link_does_not_hold_up_what_stays) {
  // `after` was told to follow link b and the trust; both constraints cannot hold once b goes.
  write("b.yaml",
        "crosstie: 1\nresources: {after: {type: test.thing, name: after, "
        "depends_on: [link.b, link.a]}}\n");
  apply(kTwo);
  writes();
  write("b.yaml",
        "crosstie: 1\nresources: {after: {type: test.thing, name: after, size: 2, "
        "depends_on: [link.a]}}\n");
  apply(kOnlyA);
  const Words all = writes();
  EXPECT_EQ(all.size(), 4U);
  EXPECT_EQ(bench_.provider.world.size(), 4U);
}

// ---- the model of a link

constexpr const char* kOther = R"(
blueprint: 1
name: other-link
model: two
inputs: {alias: {type: string}, adds: {type: list, default: []}}
resources:
  own: {type: test.thing, name: "own-${var.alias}", size: 2}
)";

class SharedModel : public SharedPlan {
 protected:
  void SetUp() override { write("other.yaml", kOther); }
  std::string refusal() const {
    return folder_.string() +
           "/a.yaml:2:9: error: model of a link cannot be changed\n"
           "  2 | links: {a: {blueprint: ./other.yaml}}\n"
           "              ^\n"
           "  link.a was made with the model `one`, and its blueprint is of the model `two`. "
           "Nothing was planned; the link stays as it is.\n"
           "  To go on, put the model `one` back, and give a link of the other model a name and an "
           "alias of its own; or take link.a out of the configuration, apply, and write it again "
           "with the other model.\n";
  }
};

TEST_F(SharedModel, a_change_is_refused_whatever_of_the_link_is_there) {
  apply(kOnlyA);
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(error_of(), refusal());
}

TEST_F(SharedModel, it_is_refused_after_a_first_apply_that_broke_off) {
  configure(kOnlyA);
  bench_.provider.failures["create trust"] = "refused";
  EXPECT_FALSE(bench_.plan_and_apply().ok());
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(error_of(), refusal());
}

TEST_F(SharedModel, it_is_refused_while_only_something_shared_is_there) {
  write("link.yaml", R"(
blueprint: 1
model: one
inputs: {alias: {type: string}}
resources:
  trust: {type: test.thing, share: east, name: trust-east}
  own: {type: test.thing, name: "own-${var.alias}", depends_on: [resource.trust]}
)");
  configure("{a: {blueprint: ./link.yaml}}");
  bench_.provider.failures["create own"] = "refused";
  EXPECT_FALSE(bench_.plan_and_apply().ok());
  ASSERT_EQ(bench_.state->resources.size(), 1U);
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(error_of(), refusal());
}

TEST_F(SharedModel, it_is_refused_while_the_first_write_has_no_outcome) {
  configure(kOnlyA);
  bench_.provider.unknown_outcomes.insert("create own");
  EXPECT_FALSE(bench_.plan_and_apply().ok());
  ASSERT_TRUE(bench_.state->resources.empty());
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(error_of(), refusal());
}

TEST_F(SharedModel, the_named_ways_out_work) {
  apply(kTwo);
  writes();
  apply("{b: {blueprint: ./link.yaml, adds: [b]}}");
  apply("{a: {blueprint: ./other.yaml}, b: {blueprint: ./link.yaml, adds: [b]}}");
  EXPECT_EQ(links_of("link.a.own"), (std::map<std::string, std::string>{{"link.a", "two"}}));
  EXPECT_EQ(links_of(kTrust), (std::map<std::string, std::string>{{"link.b", "one"}}));
  apply("{c: {blueprint: ./link.yaml, adds: [c]}, a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(size_of("trust-east"), Value(Value::List{"common", "c"}));
}

TEST_F(SharedModel, another_blueprint_of_the_same_model_is_welcome) {
  apply(kOnlyA);
  std::string text = kOther;
  text.replace(text.find("two"), 3, "one");
  write("other.yaml", text);
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(planned().size(), 3U);
}

TEST_F(SharedModel, a_record_that_knows_no_model_holds_nobody_up) {
  apply(kOnlyA);
  for (auto& [address, record] : bench_.state->resources) record.links.clear();
  configure("{a: {blueprint: ./other.yaml}}");
  EXPECT_EQ(error_of(), "no error");
}

TEST_F(SharedModel, records_of_an_older_state_learn_their_links_with_the_next_write) {
  apply(kTwo);
  for (auto& [address, record] : bench_.state->resources) record.links.clear();
  bench_.provider.world.erase("own-b");
  ASSERT_TRUE(bench_.plan_and_apply().ok());
  EXPECT_EQ(links_of("link.a.own"), (std::map<std::string, std::string>{{"link.a", "one"}}));
  EXPECT_EQ(links_of(kTrust).size(), 2U);
}

}  // namespace
}  // namespace crosstie::testing
