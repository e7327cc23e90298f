// What a shell does with the program's words: pipes that close, disks that are full, wrong words.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

Outcome in_shell(const Project& project, const std::string& script) {
  Command command = project.command({});
  command.words = {"/bin/bash", "-c", "cd \"$PROJECT\"\n" + script};
  command.environment["CROSSTIE"] = CROSSTIE_BINARY;
  command.environment["PROJECT"] = project.folder().string();
  return Process(command).wait();
}

TEST(pipes, output_that_does_not_arrive_is_an_error) {
  const Project project;
  for (const char* line : {"\"$CROSSTIE\" version > /dev/full", "\"$CROSSTIE\" plan > /dev/full",
                           "\"$CROSSTIE\" -help > /dev/full", "\"$CROSSTIE\" graph >&-"}) {
    const Outcome outcome = in_shell(project, line);
    EXPECT_EQ(outcome.code, 1) << line << outcome.all();
    EXPECT_NE(outcome.err.find("error: output cannot be written"), std::string::npos)
        << line << outcome.all();
  }
}

TEST(pipes, a_reader_that_goes_away_ends_no_apply) {
  const Project project;
  const Outcome outcome =
      in_shell(project, "\"$CROSSTIE\" apply -auto-approve | true; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(outcome.code, 0) << outcome.all();
  EXPECT_TRUE(project.connected("logs"));
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}).code, 0);
  const Outcome shown = in_shell(project, "\"$CROSSTIE\" show | head -1; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(shown.code, 0) << shown.all();
  EXPECT_EQ(shown.err, "");
}

TEST(pipes, a_closed_terminal_ends_an_apply_gently) {
  const Project project("", "", 1);
  Process process(project.command({"apply", "-auto-approve"}));
  process.listen_until(
      [&] { return process.out().find("link.logs.remote_server: waiting") != std::string::npos; });
  process.signal(SIGHUP);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.all();
}

TEST(words, help_is_given_for_the_command_that_is_named) {
  const Project project;
  EXPECT_EQ(project.run({"help", "plan"}).out, project.run({"plan", "-help"}).out);
  EXPECT_EQ(project.run({"help", "state", "list"}).out, project.run({"state", "list", "-h"}).out);
  EXPECT_EQ(project.run({"help"}).out, project.run({}).out);
}

TEST(words, half_a_command_and_a_late_chdir_are_told_the_way) {
  const Project project;
  const auto told = [&](std::vector<std::string> words, const std::string& way) {
    const Outcome outcome = project.run(words);
    EXPECT_EQ(outcome.code, 1) << outcome.all();
    EXPECT_NE(outcome.err.find(way), std::string::npos) << outcome.all();
  };
  told({"state"}, "\n    crosstie state list\n    crosstie state show\n");
  told({"blueprint", "lst"}, "\n    crosstie blueprint list\n");
  told({"plan", "-chdir=/tmp"}, "\n    crosstie -chdir=DIR plan\n");
  told({"plan", "-target"}, "-target needs a value.");
  told({"plan", "-target=link.nope"}, "is named link.nope.\n");
  told({"show", "nothing"}, "nothing is neither the number of a run nor a file.");
}

TEST(words, an_empty_folder_has_no_state_to_show) {
  const Project project;
  const Outcome shown = project.run({"show"});
  EXPECT_EQ(shown.out, "No state yet: nothing was applied in this folder.\n") << shown.all();
}

}  // namespace
}  // namespace crosstie::testing
