// Every flag of every command has an effect, and a test shows it.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "cmd/command.hpp"

namespace crosstie::testing {
namespace {

/// "command -flag" to the test that shows its effect. A flag is added here together with its test.
const std::map<std::string, std::string>& shown_by() {
  static const std::string kVariables =
      "TwoObjects.variables_come_from_option_file_and_environment";
  static const std::string kColors = "TwoObjects.colors_are_for_terminals_that_want_them";
  static const std::string kDebug = "TwoObjects.debug_log_tells_every_request_on_stderr";
  static const std::string kTarget = "TwoObjects.target_takes_in_only_what_it_names";
  static const std::string kReplace = "TwoObjects.replace_makes_it_again_though_nothing_differs";
  static const std::string kApprove = "TwoObjects.auto_approve_asks_nothing";
  static const std::string kJsonRuns = "json_lines.tell_apply_drift_and_destroy";
  static const std::string kParallelism =
      "order.with_parallelism_one_the_two_ends_wait_for_each_other";
  static const std::string kTimeout =
      "interrupt.a_run_that_is_out_of_time_says_so_and_the_next_apply_goes_on";
  static const std::string kValidate = "TwoObjects.validate_and_version_speak_json";
  static const std::string kOutput = "output.gives_values_as_terraform_does";
  static const std::string kSandbox = "sandbox_command.options_shape_the_world";
  static const std::map<std::string, std::string> kShownBy = {
      {"validate -var", kValidate},
      {"validate -var-file", kValidate},
      {"validate -json", kValidate},
      {"plan -out", "saved_plan.a_link_is_made_as_it_was_planned"},
      {"plan -detailed-exitcode",
       "TwoObjects.options_have_one_dash_or_two_and_stand_before_or_after_names"},
      {"plan -json", "json_lines.tell_a_plan"},
      {"plan -server-check", "server_check.asks_by_dry_run_and_changes_nothing"},
      {"plan -target", kTarget},
      {"plan -replace", kReplace},
      {"plan -destroy", "saved_plan.of_a_destroy_destroys"},
      {"plan -var", kVariables},
      {"plan -var-file", kVariables},
      {"plan -no-color", kColors},
      {"plan -log-level", kDebug},
      {"apply -auto-approve", kApprove},
      {"apply -parallelism", kParallelism},
      {"apply -timeout", kTimeout},
      {"apply -json", kJsonRuns},
      {"apply -target", kTarget},
      {"apply -replace", kReplace},
      {"apply -var", kVariables},
      {"apply -var-file", kVariables},
      {"apply -no-color", kColors},
      {"apply -log-level", kDebug},
      {"apply -write-patches", "write_patches.go_to_files_and_not_to_the_cluster"},
      {"destroy -auto-approve", kApprove},
      {"destroy -timeout", kTimeout},
      {"destroy -parallelism", "destroy_options.parallelism_one_goes_step_by_step"},
      {"destroy -json", kJsonRuns},
      {"destroy -target", kTarget},
      {"destroy -var", "destroy_options.variables_and_colors_are_taken"},
      {"destroy -var-file", "destroy_options.variables_and_colors_are_taken"},
      {"destroy -no-color", "destroy_options.variables_and_colors_are_taken"},
      {"destroy -log-level", kDebug},
      {"drift -detailed-exitcode", "drift.an_edited_object_is_named_by_address_and_field"},
      {"drift -json", kJsonRuns},
      {"drift -target", kTarget},
      {"drift -var", kVariables},
      {"drift -var-file", kVariables},
      {"drift -no-color", kColors},
      {"drift -log-level", kDebug},
      {"output -json", kOutput},
      {"output -raw", kOutput},
      {"show -json", "show_json.gives_state_and_run"},
      {"show -no-color", kColors},
      {"history -limit", "TwoObjects.history_limit_and_json"},
      {"history -json", "TwoObjects.history_limit_and_json"},
      {"graph -format", "TwoObjects.graph_has_three_formats"},
      {"graph -var", kVariables},
      {"graph -var-file", kVariables},
      {"schema -type", "TwoObjects.schema_gives_all_of_the_language_or_one_type"},
      {"sandbox -dir", "whole_job.the_sandbox_as_a_program_of_its_own_serves_the_whole_job"},
      {"sandbox -time-scale", kSandbox},
      {"sandbox -example", "whole_job.the_sandbox_as_a_program_of_its_own_serves_the_whole_job"},
      {"sandbox -world", kSandbox},
      {"sandbox -only", kSandbox},
      {"sandbox -seed", kSandbox},
      {"version -json", kValidate}};
  return kShownBy;
}

std::set<std::string> tests_of_this_program() {
  std::set<std::string> names;
  const ::testing::UnitTest& program = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *program.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k)
      names.insert(std::string(suite.name()) + "." + suite.GetTestInfo(k)->name());
  }
  return names;
}

TEST(flags, every_flag_of_every_command_has_a_test_that_shows_its_effect) {
  const std::set<std::string> tests = tests_of_this_program();
  std::set<std::string> known;
  for (const Command& command : commands()) {
    for (const Flag& flag : command.flags) {
      const std::string name = command.name + " -" + flag.name;
      EXPECT_TRUE(known.insert(name).second) << name << " stands twice in the parser";
      const auto shown = shown_by().find(name);
      ASSERT_NE(shown, shown_by().end()) << name << " has no test in the table";
      EXPECT_TRUE(tests.contains(shown->second)) << name << ": no test " << shown->second;
      EXPECT_FALSE(flag.help.empty()) << name;
    }
  }
  for (const auto& [name, test] : shown_by())
    EXPECT_TRUE(known.contains(name)) << name << " is in the table and not in the parser";
  EXPECT_GT(known.size(), 40U);
}

}  // namespace
}  // namespace crosstie::testing
