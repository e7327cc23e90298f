// Every fault: a message that helps, a state that is true, and a next run that ends in a proven
// link. The rows stand in the files beside this one, the messages in tests/data/faults.
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

/// What stands after the last line of progress: the report of a run that failed.
std::string report_of(const Outcome& outcome) {
  if (outcome.code == 0) return {};
  static const std::regex kProgress("^[0-9]{2}:[0-9]{2}:[0-9]{2}  .*");
  std::string report;
  bool began = false;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    const bool progress = std::regex_match(line, kProgress);
    began = began || progress;
    if (progress) report.clear();
    if (began && !progress) report += line + "\n";
  }
  return report;
}

/// Exit code, messages and records, as a file of tests/data/faults has them.
std::string told(const Stage& stage, const Outcome& outcome) {
  const Outcome list = stage.project.run({"state", "list"});
  return "exit " + std::to_string(outcome.code) + "\n" +
         stage.masked(outcome.err + report_of(outcome)) + "\nrecorded:\n" +
         (list.code == 0 ? list.out : "(the state cannot be read)\n");
}

/// The expected text; with CROSSTIE_WRITE_MESSAGES the file gets the actual one, to be read and
/// judged before it is kept.
std::string expected(const std::string& name, const std::string& actual) {
  const std::filesystem::path file =
      std::filesystem::path(CROSSTIE_SOURCE_DIR) / "tests/data/faults" / (name + ".txt");
  if (std::getenv("CROSSTIE_WRITE_MESSAGES") != nullptr) std::ofstream(file) << actual;
  return sandbox::testing::read_file(file);
}

class Faults : public ::testing::TestWithParam<FaultCase> {};

TEST_P(Faults, are_told_and_the_next_run_recovers) {
  const FaultCase& given = GetParam();
  Stage stage(given.world, "", given.time_scale);
  const json before = stage.project.world();
  given.arrange(stage);
  if (::testing::Test::IsSkipped()) return;

  const Outcome faulted = stage.run(given.words);
  EXPECT_EQ(stage.unmet_faults(), "");
  stage.project.clear_faults();
  if (given.clear) given.clear(stage);
  const std::string actual = told(stage, faulted);
  EXPECT_EQ(actual, expected(given.name, actual)) << faulted.out;
  EXPECT_NE(faulted.out.find(given.shows), std::string::npos) << faulted.out;

  const Outcome recovered = stage.project.apply();
  EXPECT_EQ(recovered.code, 0) << recovered.all();
  EXPECT_TRUE(stage.project.connected("logs")) << recovered.all();
  EXPECT_EQ(stage.project.active_keys(), std::vector<std::string>{"crosstie-logs"});
  const Outcome again = stage.project.run({"plan", "-detailed-exitcode"});
  EXPECT_EQ(again.code, 0) << again.all();
  const Outcome destroyed = stage.project.destroy();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  const json after = stage.project.world_once([&](const json& now) { return now == before; });
  EXPECT_EQ(difference(before, after), "");
}

INSTANTIATE_TEST_SUITE_P(, Faults, ::testing::ValuesIn(all_faults()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace crosstie::testing
