#include <gtest/gtest.h>

#include "engine/decide.hpp"
#include "tests/support/scripted.hpp"

namespace crosstie::testing {
namespace {

Operation intended(OperationAction action) {
  Operation operation;
  operation.id = "operation-1";
  operation.address = at("a");
  operation.type = "test.thing";
  operation.connection = "test";
  operation.action = action;
  operation.desired.set("name", "a");
  operation.desired.set("size", 2);
  operation.recorded_before.set("size", 1);
  return operation;
}

Observation present(int size) {
  Observation seen;
  seen.presence = Presence::present;
  seen.attributes.set("name", "a");
  seen.attributes.set("size", size);
  return seen;
}

struct Row {
  OperationAction action;
  Observation seen;
  OperationState state;
  bool record;
  bool removed;
  const char* reason;
};

TEST(recover, tells_what_became_of_each_kind_of_operation) {
  const Observation absent;
  const ScriptedProvider provider;
  for (const Row& row : {
           Row{OperationAction::create, present(2), OperationState::succeeded, true, false,
               "made, the answer was lost"},
           Row{OperationAction::create, absent, OperationState::failed, false, false,
               "never reached the service"},
           Row{OperationAction::update, present(2), OperationState::succeeded, true, false,
               "took effect"},
           Row{OperationAction::update, present(1), OperationState::failed, false, false,
               "did not take effect"},
           Row{OperationAction::update, absent, OperationState::failed, false, false,
               "gone meanwhile"},
           Row{OperationAction::remove, absent, OperationState::succeeded, false, true, "deleted"},
           Row{OperationAction::remove, present(2), OperationState::failed, false, false,
               "still there"},
           Row{OperationAction::replace_delete, absent, OperationState::succeeded, false, true,
               "first half of a replacement"},
           Row{OperationAction::replace_create, present(2), OperationState::succeeded, true, false,
               "second half"},
       }) {
    const std::optional<OperationEnd> end = recover(provider, intended(row.action), {}, row.seen);
    ASSERT_TRUE(end.has_value()) << row.reason;
    EXPECT_EQ(end->state, row.state) << row.reason;
    EXPECT_EQ(end->record.has_value(), row.record) << row.reason;
    EXPECT_EQ(end->remove_record, row.removed) << row.reason;
  }
}

TEST(recover, cannot_tell_without_a_look) {
  const ScriptedProvider provider;
  Observation seen;
  seen.presence = Presence::unreadable;
  EXPECT_FALSE(recover(provider, intended(OperationAction::create), {}, seen).has_value());
}

TEST(recover, a_killed_adoption_keeps_what_destroy_must_give_back) {
  const ScriptedProvider provider;
  const std::optional<OperationEnd> end =
      recover(provider, intended(OperationAction::update), {}, present(2));
  ASSERT_TRUE(end && end->record);
  EXPECT_EQ(end->record->before.find("size")->as_integer(), 1);
}

TEST(recover, an_object_whose_secret_is_lost_is_recorded_as_unsound) {
  const ScriptedProvider provider;
  Observation seen = present(2);
  seen.incomplete = true;
  const std::optional<OperationEnd> end =
      recover(provider, intended(OperationAction::create), {}, seen);
  ASSERT_TRUE(end && end->record);
  EXPECT_EQ(end->record->status, RecordStatus::tainted);
}

}  // namespace
}  // namespace crosstie::testing
