// Random sequences of calls give the same snapshots on every store.
#include <rapidcheck.h>

#include "tests/state/random_value.hpp"
#include "tests/state/state_fixture.hpp"
#include "tests/support/memory_store.hpp"

namespace crosstie::testing {
namespace {

const std::vector<std::string> kAddresses = {"resource.a", "resource.b[\"x\"]", "link.l.a",
                                             "link.l[\"eu\"].a[\"b.c\"]",
                                             "shared.a[\"kubernetes.west:a/b\"]"};

std::string random_address() { return *rc::gen::elementOf(kAddresses); }

ResourceRecord random_record(const std::string& address) {
  ResourceRecord record = record_of(address);
  record.desired = random_value(2);
  record.attributes = random_value(2);
  record.before = random_value(1);
  record.token = random_value(1);
  record.status = static_cast<RecordStatus>(*rc::gen::inRange(0, 3));
  record.prevent_destroy = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) record.depends_on = {address_of(random_address())};
  if (*rc::gen::arbitrary<bool>()) record.links = {{"link.l", "api_key"}, {"link.m", ""}};
  record.run = *rc::gen::inRange(0, 5);
  return record;
}

Operation random_operation(int number, std::int64_t run) {
  Operation operation = operation_of("op-" + std::to_string(number), run, random_address());
  operation.action = static_cast<OperationAction>(*rc::gen::inRange(0, 5));
  operation.desired = random_value(2);
  operation.before_image = random_value(1);
  operation.recorded_before = random_value(1);
  operation.prevent_destroy = *rc::gen::arbitrary<bool>();
  return operation;
}

OperationEnd random_end(int begun) {
  OperationEnd end;
  end.id = "op-" + std::to_string(*rc::gen::inRange(0, begun + 1));
  end.state = static_cast<OperationState>(*rc::gen::inRange(1, 4));
  if (end.state == OperationState::failed) end.error = "failed";
  if (*rc::gen::arbitrary<bool>())
    end.record = random_record(random_address());
  else
    end.remove_record = *rc::gen::arbitrary<bool>();
  return end;
}

/// The same random calls on two stores.
class Pair {
 public:
  Pair(StateStore& left, StateStore& right) : left_(left), right_(right) {}

  void random_call() {
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
        return call([](StateStore& store) { return store.begin_run("apply", own_lock()).ok(); },
                    &runs_);
      case 1: {
        // Now and then of a run that is not there, or with an id that was used.
        const std::int64_t run = *rc::gen::inRange(runs_ > 0 ? 1 : 0, runs_ + 2);
        std::vector<Operation> operations;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
          operations.push_back(random_operation(begun_++, run));
        if (!operations.empty() && *rc::gen::inRange(0, 8) == 0)
          operations.push_back(operations.front());
        return call([&](StateStore& store) { return store.begin(operations).ok(); });
      }
      case 2:
      case 3: {
        std::vector<OperationEnd> ends;
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) ends.push_back(random_end(begun_));
        return call([&](StateStore& store) { return store.finish(ends).ok(); });
      }
      case 4: {
        std::vector<ResourceRecord> records;
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
          records.push_back(random_record(random_address()));
        std::vector<ResourceAddress> forget;
        if (*rc::gen::arbitrary<bool>()) forget.push_back(address_of(random_address()));
        return call([&](StateStore& store) { return store.put(records, forget).ok(); });
      }
      case 5: {
        std::map<std::string, Output> outputs;
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
          outputs[random_text() + "n"] = {random_value(1), "string"};
        return call([&](StateStore& store) { return store.set_outputs(outputs).ok(); });
      }
      default: {
        Run run;
        run.id = *rc::gen::inRange(0, runs_ + 2);
        run.state = static_cast<RunState>(*rc::gen::inRange(1, 4));
        run.added = *rc::gen::inRange(0, 9);
        return call([&](StateStore& store) { return store.end_run(run).ok(); });
      }
    }
  }

  void compare() {
    RC_ASSERT(describe(left_.load().value()) == describe(right_.load().value()));
    RC_ASSERT(describe(left_.history(100).value()) == describe(right_.history(100).value()));
    for (int run = 0; run <= runs_; ++run)
      RC_ASSERT(describe(left_.operations(run).value()) ==
                describe(right_.operations(run).value()));
  }

 private:
  template <class Call>
  void call(const Call& body, int* count = nullptr) {
    const bool left = body(left_);
    RC_ASSERT(left == body(right_));
    if (left && count != nullptr) ++*count;
  }

  StateStore& left_;
  StateStore& right_;
  int runs_ = 0;
  int begun_ = 0;
};

TEST(RandomCalls, give_the_same_on_sqlite_and_in_memory) {
  EXPECT_TRUE(rc::check("the same calls, the same state", [] {
    TempFolder folder;
    auto sqlite = open_or_die(options_in(folder.path()));
    MemoryStore memory;
    Pair pair(*sqlite, memory);
    for (int i = *rc::gen::inRange(1, 25); i > 0; --i) pair.random_call();
    pair.compare();
    sqlite.reset();
    const auto reopened = open_or_die(options_in(folder.path()));
    RC_ASSERT(describe(reopened->load().value()) == describe(memory.load().value()));
  }));
}

}  // namespace
}  // namespace crosstie::testing
