// No secret byte in any file of the state, at any time.
#include "tests/state/state_fixture.hpp"

namespace crosstie::testing {
namespace {

namespace fs = std::filesystem;

/// Files below `folder` that hold `text`.
std::vector<std::string> files_with(const fs::path& folder, const std::string& text,
                                    int& looked_at) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++looked_at;
    if (read_bytes(entry.path()).find(text) != std::string::npos)
      found.push_back(entry.path().filename());
  }
  return found;
}

ResourceRecord full_record() {
  ResourceRecord record = record_of("resource.a", "PLAIN-desired");
  record.attributes.set(
      "keys",
      Value(Value::List{Value(Value::Object{{"PLAIN-name", "PLAIN-value"}}).mark_sensitive()}));
  record.before = Value(Value::Object{{"data", "PLAIN-before"}});
  record.token = Value("PLAIN-token");
  return record;
}

Operation full_operation(std::int64_t run) {
  Operation operation = operation_of("op", run, "resource.a");
  operation.desired = Value(Value::Object{{"text", "PLAIN-operation"}});
  operation.before_image = Value("PLAIN-image");
  operation.recorded_before = Value("PLAIN-recorded");
  return operation;
}

TEST(Secrets, are_in_no_file_after_any_call_and_after_closing) {
  TempFolder folder;
  int looked_at = 0;
  const auto expect_none = [&](const std::string& after) {
    EXPECT_EQ(files_with(folder.path(), "PLAIN", looked_at), std::vector<std::string>{}) << after;
    // "PLAIN" as base64 would show it, at each of the three offsets.
    for (const char* text : {"UExBSU", "BMQUlO", "QTEFJT"})
      EXPECT_EQ(files_with(folder.path(), text, looked_at), std::vector<std::string>{}) << after;
  };
  auto store = open_or_die(options_in(folder.path()));
  const crosstie::Run run = store->begin_run("apply", own_lock()).value();
  ASSERT_TRUE(store->begin({full_operation(run.id)}).ok());
  expect_none("begin");
  ASSERT_TRUE(store->finish({{"op", OperationState::succeeded, "", full_record(), false}}).ok());
  expect_none("finish");
  ASSERT_TRUE(store->put({full_record()}, {}).ok());
  ASSERT_TRUE(
      store->set_outputs({{"key", {Value("PLAIN-output").mark_sensitive(), "string"}}}).ok());
  expect_none("set_outputs");
  const int open_files = looked_at;
  store.reset();
  expect_none("closing");
  store = open_or_die(options_in(folder.path()));
  const StateSnapshot snapshot = store->load().value();
  EXPECT_EQ(describe(snapshot.resources.at(0)), describe(full_record()));
  EXPECT_EQ(snapshot.outputs.at("key").value.as_string(), "PLAIN-output");
  EXPECT_GE(open_files, 4 * 3 * 4);  // database, log, shared memory and key, each time
}

TEST(Secrets, the_search_itself_finds_what_is_not_secret) {
  TempFolder folder;
  const auto store = open_or_die(options_in(folder.path()));
  ASSERT_TRUE(store->set_outputs({{"open", {"PLAIN-but-not-secret", "string"}}}).ok());
  int looked_at = 0;
  EXPECT_EQ(files_with(folder.path(), "PLAIN", looked_at),
            std::vector<std::string>{"state.db-wal"});
}

}  // namespace
}  // namespace crosstie::testing
