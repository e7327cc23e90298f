#include "providers/ech/plan_tracker.hpp"

#include <gtest/gtest.h>

namespace crosstie::ech {
namespace {

PlanAttempt attempt(std::string id, bool healthy = true, std::string message = {}) {
  return {std::move(id), healthy, "", std::move(message)};
}

PlanView idle(std::string current, std::vector<PlanAttempt> history = {}) {
  return {std::nullopt, attempt(std::move(current)), std::move(history)};
}

PlanView pending(std::string id, std::string current) {
  return {attempt(std::move(id)), attempt(std::move(current)), {}};
}

struct Case {
  const char* reason;
  std::string attempt;
  std::vector<PlanView> looks;
  std::vector<PlanVerdict> verdicts;
};

TEST(PlanTracker, follows_every_course_of_a_plan_to_its_end) {
  using V = PlanVerdict;
  const std::vector<Case> cases = {
      {"pending, then current",
       "b",
       {pending("b", "a"), pending("b", "a"), idle("b")},
       {V::waiting, V::waiting, V::succeeded}},
      {"pending flickers once",
       "b",
       {pending("b", "a"), idle("a"), pending("b", "a"), idle("b")},
       {V::waiting, V::waiting, V::waiting, V::succeeded}},
      {"flicker before the attempt is known",
       "",
       {idle("a"), pending("b", "a"), idle("b")},
       {V::waiting, V::waiting, V::succeeded}},
      {"the attempt was over before the first look", "", {idle("b")}, {V::succeeded}},
      {"failed: only the history has it",
       "b",
       {pending("b", "a"), idle("a"), idle("a", {attempt("b", false, "no room")})},
       {V::waiting, V::waiting, V::failed}},
      {"in the history and healthy, another one is current by now",
       "b",
       {idle("c"), idle("c", {attempt("a"), attempt("b"), attempt("c")})},
       {V::waiting, V::succeeded}},
      {"another plan follows at once",
       "b",
       {pending("b", "a"), pending("c", "b")},
       {V::waiting, V::succeeded}},
      {"another plan runs, ours is in the history",
       "b",
       {pending("c", "a"), {attempt("c"), attempt("a"), {attempt("b", false, "x")}}},
       {V::waiting, V::failed}},
      {"never seen, nothing changed", "", {idle("a"), idle("a")}, {V::waiting, V::idle}},
      {"seen, then lost from sight",
       "b",
       {pending("b", "a"), idle("a"), idle("a")},
       {V::waiting, V::waiting, V::idle}},
      {"a first plan has no current",
       "",
       {{attempt("b"), std::nullopt, {}}, idle("b")},
       {V::waiting, V::succeeded}},
  };
  for (const Case& test : cases) {
    PlanTracker tracker(test.attempt, "a");
    for (std::size_t i = 0; i < test.looks.size(); ++i)
      EXPECT_EQ(tracker.step(test.looks[i]), test.verdicts[i]) << test.reason << ", look " << i;
  }
}

TEST(PlanTracker, asks_for_the_history_only_when_the_attempt_is_out_of_sight) {
  PlanTracker tracker("b", "a");
  tracker.step(pending("b", "a"));
  EXPECT_FALSE(tracker.wants_history());
  tracker.step(idle("a"));
  EXPECT_TRUE(tracker.wants_history());
}

TEST(PlanTracker, tells_the_words_of_the_failed_attempt) {
  PlanTracker tracker("b", "a");
  tracker.step(
      idle("a", {attempt("b", false, "Plan change failed: Some instances were not running")}));
  EXPECT_EQ(tracker.failure(), "Plan change failed: Some instances were not running");
}

TEST(PlanTracker, tells_the_words_of_a_failure_that_was_over_before_the_first_look) {
  PlanTracker tracker("", "a");
  tracker.step(idle("a"));
  EXPECT_TRUE(tracker.wants_history());
  const PlanView end = idle("a", {attempt("a"), attempt("b", false, "no room")});
  EXPECT_EQ(tracker.step(end), PlanVerdict::idle) << "whether b is ours only the settings can tell";
  EXPECT_EQ(tracker.failure(), "no room");
}

TEST(PlanTracker, knows_no_failure_when_the_newest_attempt_was_well) {
  PlanTracker tracker("", "b");
  tracker.step(idle("b"));
  tracker.step(idle("b", {attempt("a", false, "no room"), attempt("b")}));
  EXPECT_EQ(tracker.failure(), "");
}

TEST(PlanTracker, shows_the_step_that_runs) {
  PlanTracker tracker("", "a");
  PlanView view = pending("b", "a");
  view.pending->step = "wait-until-running";
  tracker.step(view);
  EXPECT_EQ(tracker.progress().detail, "wait-until-running");
  EXPECT_EQ(tracker.attempt(), "b");
}

TEST(PlanTracker, polls_back_off_from_50_ms_to_5_s) {
  using std::chrono::milliseconds;
  milliseconds interval = next_poll(milliseconds(0));
  EXPECT_EQ(interval, milliseconds(50));
  for (int i = 0; i < 30; ++i) {
    const milliseconds next = next_poll(interval);
    EXPECT_GE(next, interval);
    interval = next;
  }
  EXPECT_EQ(interval, milliseconds(5000));
}

TEST(PlanView, reads_failure_type_and_words_of_the_last_log_entry) {
  const auto resource = nlohmann::json::parse(
      R"({"info":{"plan_info":{"healthy":false,"history":[{"plan_attempt_id":"x","healthy":true,
    "plan_attempt_log":[{"step_id":"start-instances","status":"error","info_log":[]},{"step_id":"plan-completed","status":"error",
    "info_log":[{"message":"Plan change failed","failure_type":"InfrastructureFailure:NotEnoughCapacity"}]}]}]}}})");
  const PlanView view = read_plans(resource);
  ASSERT_EQ(view.history.size(), 1U);
  EXPECT_FALSE(view.history[0].healthy);
  EXPECT_EQ(view.history[0].message,
            "Plan change failed (InfrastructureFailure:NotEnoughCapacity)");
}

TEST(PlanView, takes_an_answer_that_lacks_everything) {
  const PlanView view = read_plans(
      nlohmann::json::parse(R"({"info":{"plan_info":{"pending":null,"history":null}}})"));
  EXPECT_FALSE(view.pending);
  EXPECT_FALSE(view.current);
  EXPECT_TRUE(view.history.empty());
}

}  // namespace
}  // namespace crosstie::ech
