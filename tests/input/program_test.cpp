// Bad input through the real program: what it prints and its exit code, whole. A case is
// tests/data/bad/program/NAME.txt with the sections `--- file PATH` (any number), `--- run` (a
// shell script in a folder of its own; the folder is $DIR there and in the texts) and `---
// expected`. CROSSTIE_WRITE_EXPECTED=1 writes the expected texts anew; read the difference as
// somebody who is woken by it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/sandbox/client.hpp"
#include "tests/support/process.hpp"

namespace crosstie::testing {
namespace {

namespace fs = std::filesystem;

fs::path data_folder() { return fs::path(CROSSTIE_SOURCE_DIR) / "tests/data/bad/program"; }

std::string bytes_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

struct Case {
  std::map<std::string, std::string> files;
  std::string script;
  std::string expected;
  std::string before_expected;  // the text of the file up to there
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

Case read_case(const fs::path& path) {
  Case made;
  std::istringstream lines(bytes_of(path));
  std::string* section = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (section != &made.expected) made.before_expected += line + "\n";
    if (line.starts_with("--- file ")) {
      section = &made.files[line.substr(9)];
    } else if (line == "--- run") {
      section = &made.script;
    } else if (line == "--- expected") {
      section = &made.expected;
    } else {
      EXPECT_NE(section, nullptr) << path << " begins with no section";
      if (section != nullptr) *section += line + "\n";
    }
  }
  EXPECT_FALSE(made.script.empty()) << path << " runs nothing";
  return made;
}

std::string told_of(const Case& tried) {
  const sandbox::testing::TemporaryDirectory temporary;
  const std::string folder = temporary.path.string();
  for (const auto& [name, text] : tried.files) {
    fs::create_directories((temporary.path / name).parent_path());
    std::string content = text;
    replace_all(content, "$DIR", folder);
    std::ofstream(temporary.path / name, std::ios::binary) << content;
  }
  Command command;
  command.words = {"/bin/sh", "-c", "exec 2>&1\ncd \"$DIR\"\n" + tried.script};
  command.environment = {
      {"PATH", fs::path(CROSSTIE_BINARY).parent_path().string() + ":/usr/bin:/bin"},
      {"HOME", folder + "/home"},
      {"DIR", folder}};
  const Outcome outcome = Process(command).wait();
  std::string text = outcome.out + outcome.err + "exit " + std::to_string(outcome.code) + "\n";
  replace_all(text, folder, "$DIR");
  return text;
}

/// Compares every case whose name begins with `group`; at least `cases_min` of them.
void compare(const std::string& group, std::size_t cases_min) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_folder()))
    if (entry.path().filename().string().starts_with(group + "_")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  EXPECT_GE(files.size(), cases_min) << group;
  for (const fs::path& file : files) {
    const Case tried = read_case(file);
    const std::string text = told_of(tried);
    if (std::getenv("CROSSTIE_WRITE_EXPECTED") != nullptr) {
      std::string whole = tried.before_expected;
      if (!whole.ends_with("--- expected\n")) whole += "--- expected\n";
      std::ofstream(file, std::ios::binary) << whole << text;
      continue;
    }
    EXPECT_EQ(text, tried.expected) << file;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << file << " shows a secret";
  }
}

TEST(Program, bad_configurations_are_told_in_full) { compare("configuration", 8); }
TEST(Program, bad_kubeconfigs_are_told_in_full) { compare("kubeconfig", 20); }
TEST(Program, bad_plan_files_are_told_in_full) { compare("plan", 9); }
TEST(Program, bad_world_files_are_told_in_full) { compare("world", 8); }
TEST(Program, bad_variables_of_the_environment_are_told_in_full) { compare("environment", 12); }
TEST(Program, bad_arguments_are_told_in_full) { compare("arguments", 20); }

TEST(Program, every_case_belongs_to_a_group) {
  const std::vector<std::string> groups = {"configuration", "kubeconfig",  "plan",
                                           "world",         "environment", "arguments"};
  for (const fs::directory_entry& entry : fs::directory_iterator(data_folder())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
      return name.starts_with(group + "_");
    })) << name;
  }
}

}  // namespace
}  // namespace crosstie::testing
