#include "engine/planner.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

const Change& change_of(const Plan& plan, const std::string& name) {
  for (const Change& change : plan.changes)
    if (change.address == at(name)) return change;
  throw std::out_of_range("no change of " + name);
}

Value thing(const std::string& name, Value from) {
  Value arguments;
  arguments.set("name", name);
  arguments.set("from", std::move(from));
  return arguments;
}

/// `from` is the id of another thing.
ScriptedConfiguration::Arguments id_of(const std::string& name, const std::string& other) {
  return [name, other](const AttributeLookup& lookup) {
    const Value attributes = lookup(at(other));
    const Value* id = attributes.find("id");
    return thing(name, id == nullptr ? Value::unknown(at(other).print()) : *id);
  };
}

TEST(planner, plans_to_create_what_is_not_there) {
  Bench bench;
  bench.configuration->add("a");
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").action, Action::create);
  EXPECT_EQ(plan->to_add(), 1);
  EXPECT_EQ(plan->coverage.live, 1);
}

TEST(planner, a_second_plan_is_empty_and_sends_no_write) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"}, id_of("b", "a"));
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.log.clear();
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->has_changes());
  EXPECT_EQ(bench.provider.log, std::vector<std::string>{"observe 2"})
      << "one batch, however deep the graph";
}

/// A configuration of things in chains of ten: each takes the name of the one before, which is
/// known without looking.
void add_chains(Bench& bench, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string name = "a" + std::to_string(i);
    if (i % 10 == 0) {
      bench.configuration->append(name, {},
                                  [name](const AttributeLookup&) { return thing(name, 1); });
      continue;
    }
    const std::string other = "a" + std::to_string(i - 1);
    bench.configuration->append(name, {other}, [name, other](const AttributeLookup& lookup) {
      const Value attributes = lookup(at(other));
      const Value* known = attributes.find("name");
      return thing(name, known == nullptr ? Value::unknown(at(other).print()) : *known);
    });
  }
  bench.configuration->sort();
}

TEST(planner, asks_for_one_batch_only_however_many_resources_there_are) {
  for (const int count : {1000, 4000}) {
    Bench bench;
    add_chains(bench, count);
    ASSERT_TRUE(bench.plan().ok());
    EXPECT_EQ(bench.provider.log, std::vector<std::string>{"observe " + std::to_string(count)})
        << "first plan";
    ASSERT_TRUE(bench.plan_and_apply().ok());
    bench.provider.log.clear();
    const Result<Plan> second = bench.plan();
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second->has_changes());
    EXPECT_EQ(bench.provider.log, std::vector<std::string>{"observe " + std::to_string(count)})
        << "second plan";
  }
}

TEST(planner, looks_again_where_the_guess_from_new_arguments_was_wrong) {
  Bench bench;
  bench.provider.world["a"].arguments = thing("a", 1);
  bench.provider.world["a"].id = "id-a";
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"}, [](const AttributeLookup& lookup) {
    const Value attributes = lookup(at("a"));
    const Value* id = attributes.find("id");
    return thing(id == nullptr || id->is_unknown() ? "b" : id->as_string(), 1);
  });
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(bench.provider.log, (std::vector<std::string>{"observe 2", "observe 1"}));
  EXPECT_EQ(change_of(*plan, "b").after.find("name")->as_string(), "id-a");
}

TEST(planner, evaluates_what_needs_nothing_only_once) {
  Bench bench;
  int evaluated = 0;
  bench.configuration->add("a", {}, [&evaluated](const AttributeLookup&) {
    ++evaluated;
    return thing("a", 1);
  });
  ASSERT_TRUE(bench.plan().ok());
  EXPECT_EQ(evaluated, 1);
}

TEST(planner, a_value_of_a_new_resource_is_unknown_and_says_where_it_comes_from) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"}, id_of("b", "a"));
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "b").after.find("from")->unknown_source(), "resource.a");
}

TEST(planner, tells_drift_from_a_change_asked_for) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.world["a"].arguments.set("size", 7);  // somebody else
  bench.configuration = std::make_shared<ScriptedConfiguration>();
  bench.configuration->add("a");
  bench.configuration->add("b", {}, 2);
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").reason, Reason::drift);
  EXPECT_EQ(change_of(*plan, "a").drift.size(), 1U);
  EXPECT_EQ(change_of(*plan, "b").reason, Reason::changed_arguments);
  EXPECT_TRUE(change_of(*plan, "b").drift.empty());
}

TEST(planner, an_object_that_is_not_ours_is_an_error_with_the_ways_on) {
  Bench bench;
  bench.configuration->add("a");
  bench.provider.world["a"] = {thing("a", {}), "id-9", false, true};
  const Result<Plan> plan = bench.plan();
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(format_diagnostics(plan.failure()),
            "error: object exists and is not ours\n"
            "  resource: resource.a\n"
            "  An object of this name exists and crosstie did not make it.\n"
            "  To go on, give the resource another name, or let crosstie use the object; destroy "
            "gives it back as it was found:\n"
            "    adopt: if_unowned\n");
}

TEST(planner, an_unowned_object_is_adopted_when_allowed) {
  Bench bench;
  bench.configuration->add("a").adoption = Adoption::if_unowned;
  bench.provider.world["a"] = {thing("a", {}), "id-9", false, true};
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").action, Action::update);
  EXPECT_EQ(change_of(*plan, "a").reason, Reason::adopted);
}

TEST(planner, what_is_recorded_and_gone_is_created_anew) {
  Bench bench;
  bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.world.clear();
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").action, Action::create);
  EXPECT_EQ(change_of(*plan, "a").reason, Reason::gone);
  EXPECT_TRUE(plan->has_drift());
}

TEST(planner, what_left_the_configuration_is_removed_and_what_is_gone_is_forgotten) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.configuration = std::make_shared<ScriptedConfiguration>();
  bench.provider.world.erase("b");
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").action, Action::remove);
  EXPECT_EQ(change_of(*plan, "b").action, Action::forget);
}

TEST(planner, a_protected_resource_is_neither_removed_nor_replaced) {
  Bench bench;
  bench.configuration->add("a").lifecycle.prevent_destroy = true;
  ASSERT_TRUE(bench.plan_and_apply().ok());
  PlanOptions destroy;
  destroy.destroy = true;
  EXPECT_FALSE(bench.plan(destroy).ok());
  PlanOptions replace;
  replace.replace = {at("a")};
  EXPECT_FALSE(bench.plan(replace).ok());
}

TEST(planner, an_ignored_field_is_no_change_until_its_date) {
  Bench bench;
  ResourceConfig& config = bench.configuration->add("a");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  bench.provider.world["a"].arguments.set("size", 7);
  config.lifecycle.ignore_changes = {{{{std::string("size")}}, "scaled by hand", "2026-06-01"}};
  EXPECT_FALSE(bench.plan()->has_changes());
  config.lifecycle.ignore_changes[0].until = "2025-06-01";
  EXPECT_TRUE(bench.plan()->has_changes());
}

TEST(planner, a_read_waits_for_apply_only_when_what_it_needs_changes) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add(
      "look", {"a"}, [](const AttributeLookup&) { return thing("a", {}); }, "test.read");
  const Result<Plan> first = bench.plan();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(change_of(*first, "look").action, Action::read);
  ASSERT_TRUE(bench.apply(*first).ok());
  EXPECT_FALSE(bench.plan()->has_changes());
}

TEST(planner, a_read_of_something_that_does_not_exist_fails_the_plan) {
  Bench bench;
  bench.configuration->add(
      "look", {}, [](const AttributeLookup&) { return thing("nowhere", {}); }, "test.read");
  const Result<Plan> plan = bench.plan();
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.failure().front().summary, "object to be read does not exist");
}

TEST(planner, a_false_condition_makes_nothing_and_removes_what_was_made) {
  Bench bench;
  bench.configuration->add("a");
  bool wanted = true;
  bench.configuration->whens[at("a")] = [&wanted](const AttributeLookup&) { return Value(wanted); };
  ASSERT_TRUE(bench.plan_and_apply().ok());
  wanted = false;
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(change_of(*plan, "a").action, Action::remove);
  EXPECT_EQ(change_of(*plan, "a").reason, Reason::when_false);
}

TEST(planner, a_target_takes_only_what_it_needs) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"});
  bench.configuration->add("c");
  PlanOptions options;
  options.targets = {at("b")};
  const Result<Plan> plan = bench.plan(options);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->to_add(), 2);
  options.targets = {at("nowhere")};
  EXPECT_FALSE(bench.plan(options).ok());
}

TEST(planner, outputs_are_planned_with_what_is_known) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add_output(
      "id", [](const AttributeLookup& lookup) { return *lookup(at("a")).find("id"); });
  const Result<Plan> plan = bench.plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->outputs.at("id").output.value.is_unknown());
  const ApplyResult applied = bench.apply(*plan);
  EXPECT_EQ(applied.outputs.at("id").value, Value("id-1"));
  EXPECT_FALSE(bench.plan()->has_changes());
}

}  // namespace
}  // namespace crosstie::testing
