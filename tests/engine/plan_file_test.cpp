#include "engine/plan_file.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

SavedPlan some_plan(Bench& bench) {
  bench.configuration->add("a");
  bench.configuration->add("b", {"a"}, [](const AttributeLookup& lookup) {
    Value arguments;
    arguments.set("name", "b");
    arguments.set("from", *lookup(at("a")).find("id"));
    arguments.as_object().find("from")->second.mark_sensitive();
    return arguments;
  });
  SavedPlan saved;
  saved.plan = *bench.plan();
  saved.variables = {"x=1"};
  saved.environment = {{"y", "2"}};
  saved.targets = {at("a")};
  return saved;
}

TEST(plan_file, reads_back_what_was_written) {
  Bench bench;
  const SavedPlan saved = some_plan(bench);
  const Result<SavedPlan> read = read_plan(write_plan(saved));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(write_plan(*read), write_plan(saved));
  EXPECT_TRUE(moved_since(saved.plan, read->plan).empty());
  EXPECT_TRUE(read->plan.changes[1].after.find("from")->sensitive());
  EXPECT_TRUE(read->plan.changes[1].after.find("from")->is_unknown());
}

TEST(plan_file, refuses_what_is_no_plan) {
  for (const char* text :
       {"", "{}", "[1]", "not json", R"({"crosstie_plan": 2})", R"({"crosstie_plan": 1})"}) {
    const Result<SavedPlan> read = read_plan(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.failure().front().summary, "plan file cannot be used") << text;
  }
}

TEST(plan_file, every_truncation_is_refused) {
  Bench bench;
  const std::string text = write_plan(some_plan(bench));
  for (std::size_t length = 0; length < text.size(); length += 7)
    EXPECT_FALSE(read_plan(text.substr(0, length)).ok()) << length;
}

TEST(plan_file, names_the_object_that_moved) {
  Bench bench;
  bench.configuration->add("a");
  bench.configuration->add("b");
  ASSERT_TRUE(bench.plan_and_apply().ok());
  const Plan before = *bench.plan();
  bench.provider.world["b"].arguments.set("size", 9);
  EXPECT_EQ(moved_since(before, *bench.plan()), std::vector<ResourceAddress>{at("b")});
}

TEST(plan_file, is_refused_when_the_state_moved_on) {
  Plan plan;
  plan.lineage = "l";
  plan.serial = 3;
  EXPECT_TRUE(check_plan_is_current(plan, "l", 3).ok());
  EXPECT_EQ(check_plan_is_current(plan, "l", 4).failure().front().summary, "plan is stale");
  EXPECT_EQ(check_plan_is_current(plan, "m", 3).failure().front().summary,
            "plan is of another state");
}

}  // namespace
}  // namespace crosstie::testing
