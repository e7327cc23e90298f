// What the pages show is true: configurations are valid, commands run, functions give what their
// table says.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "engine/config/functions.hpp"
#include "tests/docs/pages.hpp"
#include "tests/support/project.hpp"

namespace crosstie {
namespace {

using nlohmann::json;
using testing::all_pages;
using testing::Block;
using testing::Outcome;
using testing::Page;
using testing::Process;
using testing::Project;

bool is_configuration(const Block& block) {
  return block.language == "yaml" && (block.text.starts_with("crosstie: 1") ||
                                      block.text.find("\ncrosstie: 1") != std::string::npos);
}

Outcome run_in(const std::filesystem::path& folder, std::vector<std::string> words) {
  testing::Command command;
  command.words = {CROSSTIE_BINARY, "-chdir=" + folder.string()};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", folder.string()}};
  return Process(command).wait();
}

void save(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Examples, configurations_in_the_pages_are_valid) {
  std::size_t tried = 0;
  for (const Page& page : all_pages()) {
    for (const Block& block : page.blocks) {
      if (!is_configuration(block) || block.markers.contains("test")) continue;
      const sandbox::testing::TemporaryDirectory folder;
      for (const Block& other : page.blocks)
        if (other.markers.contains("file"))
          save(folder.path / other.markers.at("file"), other.text);
      save(folder.path / "crosstie.yaml", block.text);
      std::vector<std::string> words = {"validate"};
      if (block.markers.contains("vars")) {
        std::istringstream vars(block.markers.at("vars"));
        for (std::string one; vars >> one;) words.push_back("-var=" + one);
      }
      const Outcome outcome = run_in(folder.path, words);
      EXPECT_EQ(outcome.code, 0) << page.name << ":" << block.line << "\n" << outcome.all();
      ++tried;
    }
  }
  EXPECT_GE(tried, 7U);
}

TEST(Examples, every_command_is_tried_or_says_that_it_is_not) {
  const std::set<std::string> known = {"sandbox", "tutorial-start", "none"};
  std::size_t seen = 0;
  std::size_t tried = 0;
  for (const Page& page : all_pages()) {
    for (const Block& block : page.blocks) {
      if (block.language != "sh") continue;
      const auto test = block.markers.find("test");
      ASSERT_NE(test, block.markers.end()) << page.name << ":" << block.line << " has no marker";
      EXPECT_TRUE(known.contains(test->second)) << page.name << ":" << block.line;
      ++seen;
      tried += test->second == "none" ? 0U : 1U;
    }
  }
  EXPECT_GE(tried, 9U);
  EXPECT_LE(seen - tried, 4U) << "what needs real services or a build stays the exception";
}

TEST(Examples, marked_commands_run_in_a_sandbox) {
  std::size_t tried = 0;
  for (const Page& page : all_pages()) {
    std::string script = "set -euo pipefail\ncrosstie() { \"$CROSSTIE\" \"$@\"; }\n";
    std::size_t blocks = 0;
    for (const Block& block : page.blocks) {
      if (!block.markers.contains("test") || block.markers.at("test") != "sandbox") continue;
      script += block.text;
      ++blocks;
    }
    if (blocks == 0) continue;
    const Project project;
    testing::Command command = project.command({});
    command.words = {"/bin/bash", "-c", "cd \"$PROJECT\"\n" + script};
    command.environment["CROSSTIE"] = CROSSTIE_BINARY;
    command.environment["PROJECT"] = project.folder().string();
    const Outcome outcome = Process(command).wait();
    EXPECT_EQ(outcome.code, 0) << page.name << "\n" << script << outcome.all();
    tried += blocks;
  }
  EXPECT_GE(tried, 3U);
}

/// The tutorial's first lines, as they are pasted into a shell; only the build and the folder are
/// the test's own.
TEST(Examples, the_tutorial_starts_a_sandbox) {
  const Page page = testing::read_page(testing::source_folder() / "docs/tutorial.md");
  const sandbox::testing::TemporaryDirectory folder;
  std::string script;
  for (const Block& block : page.blocks) {
    if (!block.markers.contains("test") || block.markers.at("test") != "tutorial-start") continue;
    std::istringstream lines(block.text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("./dev ") || line.starts_with("export PATH=")) continue;
      for (std::size_t at; (at = line.find("/tmp/sandbox")) != std::string::npos;)
        line.replace(at, 12, folder.path.string() + "/box");
      script += line + '\n';
    }
  }
  ASSERT_NE(script.find("crosstie sandbox"), std::string::npos);
  const std::filesystem::path programs = folder.path / "bin";
  std::filesystem::create_directories(programs);
  std::filesystem::create_symlink(CROSSTIE_BINARY, programs / "crosstie");
  testing::Command command;
  command.words = {"/bin/bash", "-c",
                   "set -euo pipefail\n" + script + "crosstie plan | tail -1\nkill %1\nwait\n"};
  command.environment = {{"PATH", programs.string() + ":/usr/bin:/bin"},
                         {"HOME", folder.path.string()}};
  const Outcome outcome = Process(command).wait();
  EXPECT_NE(outcome.out.find("Plan: 6 to add"), std::string::npos) << script << outcome.all();
}

TEST(Examples, world_files_in_the_pages_start_a_sandbox) {
  std::size_t tried = 0;
  for (const Page& page : all_pages()) {
    for (const Block& block : page.blocks) {
      if (!block.markers.contains("test") || block.markers.at("test") != "world") continue;
      const Project project(block.text);
      EXPECT_FALSE(project.box().world().eck.empty()) << page.name;
      ++tried;
    }
  }
  EXPECT_GE(tried, 1U);
}

/// Of the part "Expressions": "| `lower("ABC")` | `"abc"` |"; a bar inside a cell is written `\\|`.
std::vector<std::pair<std::string, std::string>> function_examples() {
  std::vector<std::pair<std::string, std::string>> examples;
  const Page page = testing::read_page(testing::source_folder() / "docs/configuration.md");
  const std::size_t begin = page.prose.find("\n## Expressions\n");
  std::istringstream lines(page.prose.substr(begin, page.prose.find("\n## Limits\n") - begin));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t middle = line.find("` | `");
    if (!line.starts_with("| `") || middle == std::string::npos || !line.ends_with("` |")) continue;
    std::string expression = line.substr(3, middle - 3);
    for (std::size_t at = expression.find("\\|"); at != std::string::npos;
         at = expression.find("\\|", at))
      expression.erase(at, 1);
    examples.emplace_back(expression, line.substr(middle + 5, line.size() - middle - 8));
  }
  return examples;
}

TEST(Examples, functions_and_operators_give_what_their_table_says) {
  const auto examples = function_examples();
  std::string all;
  std::string configuration = "crosstie: 1\noutputs:\n";
  for (std::size_t i = 0; i < examples.size(); ++i) {
    all += examples[i].first + "\n";
    configuration +=
        "  e" + std::to_string(i) + ": " + json("${" + examples[i].first + "}").dump() + "\n";
  }
  for (const std::string& name : config::function_names())
    EXPECT_NE(all.find(name + "("), std::string::npos) << name;
  const sandbox::testing::TemporaryDirectory folder;
  save(folder.path / "crosstie.yaml", configuration);
  save(folder.path / "motd.txt", "hello");
  const Outcome applied = run_in(folder.path, {"apply", "-auto-approve"});
  ASSERT_EQ(applied.code, 0) << configuration << applied.all();
  const json outputs = json::parse(run_in(folder.path, {"output", "-json"}).out);
  for (std::size_t i = 0; i < examples.size(); ++i)
    EXPECT_EQ(outputs["e" + std::to_string(i)]["value"], json::parse(examples[i].second))
        << examples[i].first;
}

}  // namespace
}  // namespace crosstie
