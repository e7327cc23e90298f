#include "cmd/arguments.hpp"

#include <gtest/gtest.h>

#include "cmd/command.hpp"
#include "cmd/embedded.hpp"

namespace crosstie {
namespace {

const std::vector<Flag>& flags() {
  static const std::vector<Flag> kFlags = {{"var", FlagKind::list, "NAME=VALUE", ""},
                                           {"out", FlagKind::value, "FILE", ""},
                                           {"auto-approve", FlagKind::toggle, "", ""}};
  return kFlags;
}

TEST(arguments, one_dash_and_two_mean_the_same) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-auto-approve", "-out=f", "-var", "a=1", "-var=b=2", "plan"},
        std::vector<std::string>{"--auto-approve", "--out", "f", "--var", "a=1", "--var=b=2",
                                 "plan"}}) {
    const Result<Arguments> arguments = parse_arguments(flags(), 1, words);
    ASSERT_TRUE(arguments.ok());
    EXPECT_TRUE(arguments->has("auto-approve"));
    EXPECT_EQ(arguments->value("out"), "f");
    EXPECT_EQ(arguments->list("var"), (std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_EQ(arguments->names(), std::vector<std::string>{"plan"});
  }
}

TEST(arguments, wrong_lines_are_told_with_a_way_out) {
  struct Row {
    std::vector<std::string> words;
    std::string message;
  };
  for (const Row& row : {
           Row{{"-auto-aprove"},
               "error: unknown option\n  -auto-aprove is no option of this command.\n  Did you "
               "mean -auto-approve?\n"},
           Row{{"-zzz"},
               "error: unknown option\n  -zzz is no option of this command.\n  Add -help to see "
               "the options it has.\n"},
           Row{{"a", "b"},
               "error: too many arguments\n  This command does not know what to do with \"b\".\n  "
               "Add -help to see what it takes.\n"},
       }) {
    const Result<Arguments> arguments = parse_arguments(flags(), 1, row.words);
    ASSERT_FALSE(arguments.ok());
    EXPECT_EQ(format_diagnostics(arguments.failure()), row.message);
  }
  EXPECT_FALSE(parse_arguments(flags(), 1, {"-out"}).ok()) << "a value is missing";
  EXPECT_FALSE(parse_arguments(flags(), 1, {"-auto-approve=1"}).ok()) << "a value is unwanted";
}

TEST(arguments, counts_are_whole_numbers_in_range) {
  EXPECT_EQ(*parse_count("n", "7", 1, 9), 7);
  for (const char* text : {"", "x", "7x", "0", "10", "-1", "99999999999999999999"})
    EXPECT_FALSE(parse_count("n", text, 1, 9).ok()) << text;
}

TEST(commands, each_has_a_summary_and_a_manual_page) {
  ASSERT_GE(commands().size(), 17U);
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    ASSERT_NE(command.run, nullptr) << command.name;
    std::string page = command.name + ".md";
    for (char& c : page)
      if (c == ' ') c = '_';
    EXPECT_TRUE(embedded::find(embedded::manual(), page).has_value()) << page;
    for (const Flag& flag : command.flags)
      EXPECT_FALSE(flag.help.empty()) << command.name << " -" << flag.name;
  }
}

}  // namespace
}  // namespace crosstie
