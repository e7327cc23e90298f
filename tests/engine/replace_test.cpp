// A type whose replacement is made before the old object goes, and removals that were cut off.
#include <gtest/gtest.h>

#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

std::vector<std::string> writes(const ScriptedProvider& provider) {
  std::vector<std::string> out;
  for (const std::string& words : provider.log)
    if (!words.starts_with("observe") && !words.starts_with("settle")) out.push_back(words);
  return out;
}

Value thing(const std::string& name, Value from = Value()) {
  Value arguments;
  arguments.set("name", name);
  arguments.set("from", std::move(from));
  return arguments;
}

/// `a`, made before its old one goes, and `b`, which uses its id.
class CreateFirst : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<ResourceSchema> schemas = ScriptedProvider::schemas();
    schemas[0].create_first = true;
    bench.catalog = SchemaCatalog();
    bench.catalog.add(schemas);
    bench.configuration->add("a", {}, [](const AttributeLookup&) { return thing("a"); });
    bench.configuration->add("b", {"a"}, [](const AttributeLookup& lookup) {
      const Value attributes = lookup(at("a"));
      const Value* id = attributes.find("id");
      return thing("b", id == nullptr ? Value::unknown(at("a").print()) : *id);
    });
    ASSERT_TRUE(bench.plan_and_apply().ok());
    bench.provider.log.clear();
    options.replace = {at("a")};
  }

  Bench bench;
  PlanOptions options;
};

TEST_F(CreateFirst, old_object_goes_when_its_dependents_have_the_new_one) {
  const ApplyResult result = bench.plan_and_apply(options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(writes(bench.provider), (std::vector<std::string>{"create a", "update b", "clear a"}));
  EXPECT_TRUE(bench.provider.leftovers.empty());
  EXPECT_EQ(result.added, 1);
  EXPECT_EQ(result.destroyed, 1);
  MemoryStore store(bench.state);
  EXPECT_TRUE(store.load()->pending.empty());
}

TEST_F(CreateFirst, old_object_stays_while_a_dependent_has_not_the_new_one) {
  bench.provider.failures["update b"] = "refused";
  const ApplyResult result = bench.plan_and_apply(options);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(writes(bench.provider), (std::vector<std::string>{"create a", "update b"}));
  EXPECT_TRUE(bench.provider.leftovers.contains("a"));
}

TEST_F(CreateFirst, a_run_killed_at_any_write_ends_with_one_object_recorded) {
  int visited = 0;
  for (const std::string point : {"create a", "update b", "clear a"}) {
    bench.provider.dies_before = [&](const std::string& words) { return words == point; };
    bench.plan_and_apply(options);
    ASSERT_TRUE(bench.killed) << point;
    ++visited;
    bench.provider.dies_before = [](const std::string&) { return false; };
    bench.plan_and_apply(options);
    EXPECT_TRUE(bench.provider.leftovers.empty()) << point;
    EXPECT_EQ(bench.provider.world.at("b").arguments.text("from"), bench.provider.world.at("a").id);
    EXPECT_FALSE(bench.plan()->has_changes()) << point;
  }
  EXPECT_EQ(visited, 3);
}

TEST(removal, that_took_effect_in_a_killed_run_is_taken_up_and_not_forgotten) {
  Bench bench;
  bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  PlanOptions destroy;
  destroy.destroy = true;
  bench.provider.dies_before = [](const std::string& words) { return words == "remove a"; };
  bench.plan_and_apply(destroy);
  ASSERT_TRUE(bench.killed);
  bench.provider.dies_before = [](const std::string&) { return false; };
  bench.provider.world.clear();  // it took effect
  bench.provider.log.clear();

  MemoryStore store(bench.state);
  const std::string open = store.load()->pending.at(0).id;
  const Result<Plan> plan = bench.plan(destroy);
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->changes.size(), 1U);
  EXPECT_EQ(plan->changes[0].action, Action::remove);
  EXPECT_EQ(plan->changes[0].resumes, open);
  EXPECT_TRUE(plan->recoveries.empty());
  EXPECT_EQ(plan->recovery_notes.size(), 1U);
  ASSERT_TRUE(bench.apply(*plan).ok());
  EXPECT_EQ(writes(bench.provider), std::vector<std::string>{"remove a"}) << "so that it can wait";
  EXPECT_TRUE(store.load()->pending.empty());
  EXPECT_TRUE(store.load()->resources.empty());
}

TEST(removal, of_an_object_that_somebody_changed_tells_the_change) {
  Bench bench;
  bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.world.at("a").arguments.set("size", 7);
  PlanOptions destroy;
  destroy.destroy = true;
  const Result<Plan> plan = bench.plan(destroy);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->changes[0].action, Action::remove);
  ASSERT_EQ(plan->changes[0].drift.size(), 1U);
  EXPECT_TRUE(plan->has_drift());
}

}  // namespace
}  // namespace crosstie::testing
