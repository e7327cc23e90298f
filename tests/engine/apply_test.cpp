#include "engine/apply.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

ScriptedConfiguration::Arguments id_of(const std::string& name, const std::string& other) {
  return [name, other](const AttributeLookup& lookup) {
    Value arguments;
    arguments.set("name", name);
    const Value attributes = lookup(at(other));
    const Value* id = attributes.find("id");
    arguments.set("from", id == nullptr ? Value() : *id);
    return arguments;
  };
}

std::vector<std::string> writes(const ScriptedProvider& provider) {
  std::vector<std::string> out;
  for (const std::string& words : provider.log)
    if (!words.starts_with("observe") && !words.starts_with("settle")) out.push_back(words);
  return out;
}

TEST(apply, a_value_unknown_at_plan_is_used_in_the_same_apply) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"}, id_of("b", "a"));
  ASSERT_TRUE(bench.plan_and_apply().ok());
  EXPECT_EQ(bench.provider.world.at("b").arguments.text("from"), "id-1");
}

TEST(apply, writes_in_dependency_order_and_destroys_in_reverse) {
  Bench bench;
  bench.configuration->add("c", {"b"});
  bench.configuration->add("b", {"a"});
  bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  EXPECT_EQ(writes(bench.provider), (std::vector<std::string>{"create a", "create b", "create c"}));
  bench.provider.log.clear();
  PlanOptions destroy;
  destroy.destroy = true;
  const ApplyResult result = bench.plan_and_apply(destroy);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(writes(bench.provider), (std::vector<std::string>{"remove c", "remove b", "remove a"}));
  EXPECT_EQ(result.verified_absent.size(), 3U);
  EXPECT_TRUE(bench.state->resources.empty());
}

TEST(apply, independent_steps_overlap_up_to_the_limit_and_share_commits) {
  Bench bench;
  for (int i = 0; i < 20; ++i) bench.configuration->add("n" + std::to_string(i));
  bench.parallelism = 5;
  ASSERT_TRUE(bench.plan_and_apply().ok());
  EXPECT_EQ(bench.provider.in_flight_max, 5);
  EXPECT_LT(bench.state->serial, 2 * 20) << "steps that are ready together share one commit";
}

TEST(apply, a_failure_stops_only_what_depends_on_it_and_names_the_chain) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"});
  bench.configuration->add("c", {"b"});
  bench.configuration->add("other");
  bench.provider.failures["create a"] = "scripted failure";
  const ApplyResult result = bench.plan_and_apply();
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.added, 1);
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].phase, "apply");
  ASSERT_EQ(result.skipped.size(), 2U);
  EXPECT_EQ(result.skipped[1].blocked_by,
            (std::vector<std::string>{"resource.b", "resource.a (failed)"}));
  EXPECT_TRUE(bench.provider.world.contains("other"));
}

TEST(apply, what_was_written_but_not_ready_is_waited_for_again_and_not_written_again) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"});
  bench.provider.settle_needed = true;
  bench.provider.failures["settle a"] = "never ready";
  const ApplyResult first = bench.plan_and_apply();
  ASSERT_EQ(first.failed.size(), 1U);
  EXPECT_EQ(first.failed[0].phase, "ready");
  EXPECT_TRUE(first.something_written);
  EXPECT_EQ(first.skipped[0].blocked_by,
            std::vector<std::string>{"resource.a (did not become ready)"});
  bench.provider.failures.clear();
  bench.provider.log.clear();
  ASSERT_TRUE(bench.plan_and_apply().ok());
  EXPECT_EQ(writes(bench.provider), std::vector<std::string>{"create b"});
}

TEST(apply, a_lost_answer_is_found_out_by_the_next_run_and_nothing_is_doubled) {
  Bench bench;
  bench.configuration->add("a");
  bench.provider.unknown_outcomes.insert("create a");
  EXPECT_FALSE(bench.plan_and_apply().ok());
  bench.provider.unknown_outcomes.clear();
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->recoveries.size(), 1U);
  EXPECT_EQ(plan->to_add(), 0);
  ASSERT_TRUE(bench.apply(*plan).ok());
  EXPECT_EQ(bench.provider.next_id, 2) << "one object was made";
  EXPECT_FALSE(bench.plan()->has_changes());
}

TEST(apply, a_run_killed_before_any_write_reaches_the_same_end) {
  // Four writes in the plan; die before each of them in turn, then run again undisturbed.
  std::size_t visited = 0;
  for (const std::string point : {"create a", "create b", "create c", "create d"}) {
    Bench bench;
    bench.configuration->add("a");
    bench.configuration->add("b", {"a"}, id_of("b", "a"));
    bench.configuration->add("c", {"a"});
    bench.configuration->add("d", {"b", "c"});
    bench.provider.dies_before = [&](const std::string& words) { return words == point; };
    bench.plan_and_apply();
    ASSERT_TRUE(bench.killed) << point;
    ++visited;
    bench.provider.dies_before = [](const std::string&) { return false; };
    ASSERT_TRUE(bench.plan_and_apply().ok()) << point;
    EXPECT_EQ(bench.provider.world.size(), 4U) << point;
    EXPECT_EQ(bench.provider.next_id, 5) << "nothing was made twice, point " << point;
    EXPECT_EQ(bench.state->resources.size(), 4U) << point;
    EXPECT_FALSE(bench.plan()->has_changes()) << point;
  }
  EXPECT_EQ(visited, 4U);
}

TEST(apply, nothing_is_sent_when_the_intent_cannot_be_written_down) {
  Bench bench;
  bench.configuration->add("a");
  Plan plan = *bench.plan();
  MemoryStore store(bench.state);
  store.fault = [](const std::string& call) -> std::optional<Diagnostic> {
    if (call == "begin") return make_error("disk is full", "scripted");
    return std::nullopt;
  };
  const ApplyResult result = bench.apply_with(store, std::move(plan));
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(writes(bench.provider).empty());
}

TEST(apply, a_value_that_differs_from_the_plan_is_refused) {
  Bench bench;
  int size = 1;
  bench.configuration->add("a", {}, [&size](const AttributeLookup&) {
    Value arguments;
    arguments.set("name", "a");
    arguments.set("size", size);
    return arguments;
  });
  Plan plan = *bench.plan();
  size = 2;
  const ApplyResult result = bench.apply(std::move(plan));
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].diagnostics.front().summary, "value differs from the plan");
  EXPECT_TRUE(bench.provider.world.empty());
}

TEST(apply, replace_removes_then_creates) {
  Bench bench;
  bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.log.clear();
  PlanOptions options;
  options.replace = {at("a")};
  const ApplyResult result = bench.plan_and_apply(options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(writes(bench.provider), (std::vector<std::string>{"remove a", "create a"}));
  EXPECT_EQ(result.added, 1);
  EXPECT_EQ(result.destroyed, 1);
}

}  // namespace
}  // namespace crosstie::testing
