// What a person sees for each kind of mistake, in full. A case of tests/data/bad/loader is
// NAME.yaml (or a folder NAME of several files) and NAME.expected, the whole text of its errors.
// CROSSTIE_WRITE_EXPECTED=1 writes the expected texts anew; read the difference as somebody who is
// woken by it.
#include <algorithm>
#include <cstdlib>

#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCasesMin = 180;

fs::path data_folder() { return fs::path(CROSSTIE_SOURCE_DIR) / "tests/data/bad/loader"; }

std::string bytes_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

/// Names of all cases, in order; a file that belongs to none is a failure.
std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_folder())) {
    const fs::path& path = entry.path();
    const fs::path stem = data_folder() / path.stem();
    if (path.extension() == ".expected")
      EXPECT_TRUE(fs::exists(stem) || fs::exists(stem.string() + ".yaml"))
          << path << " belongs to no case";
    else
      names.push_back(path.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Everything that is told of a case, as the commands print it; paths begin at the folder.
std::string told_of(const std::string& name) {
  const Folder folder;
  const fs::path source = data_folder() / name;
  if (fs::is_directory(source)) {
    for (const fs::directory_entry& file : fs::directory_iterator(source))
      folder.write(file.path().filename().string(), bytes_of(file.path()));
  } else {
    folder.write("a.yaml", bytes_of(source.string() + ".yaml"));
  }
  std::string text = format_diagnostics(load_with(folder, options_for(folder)).diagnostics);
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  return text;
}

TEST(BadInput, every_mistake_is_told_in_full) {
  const bool write = std::getenv("CROSSTIE_WRITE_EXPECTED") != nullptr;
  std::size_t compared = 0;
  for (const std::string& name : case_names()) {
    const fs::path expected = data_folder() / (name + ".expected");
    const std::string text = told_of(name);
    EXPECT_FALSE(text.empty()) << name << " is no mistake";
    if (write) std::ofstream(expected, std::ios::binary) << text;
    ASSERT_TRUE(fs::exists(expected)) << name << " has no expected text; it is told as\n" << text;
    EXPECT_EQ(text, bytes_of(expected)) << name;
    ++compared;
  }
  EXPECT_GE(compared, kCasesMin);
}

TEST(BadInput, a_secret_in_a_file_is_in_no_message) {
  std::size_t with_secret = 0;
  for (const std::string& name : case_names()) {
    const fs::path file = data_folder() / (name + ".yaml");
    if (!fs::exists(file) || bytes_of(file).find("hunter2") == std::string::npos) continue;
    ++with_secret;
    EXPECT_EQ(told_of(name).find("hunter2"), std::string::npos) << name;
  }
  EXPECT_GE(with_secret, 6U);
}

TEST(BadInput, an_expression_in_a_key_is_text) {
  EXPECT_EQ(load("crosstie: 1\nlocals: {a: {\"${b}\": 1}}\n").errors, "");
}

TEST(BadInput, an_empty_folder_and_a_missing_one_are_told_apart) {
  const Folder folder;
  EXPECT_EQ(
      load_with(folder, options_for(folder)).errors,
      "folder has no configuration | No file *.yaml of the folder has a top-level key `crosstie:`. "
      "| To fix it, go to the folder of the configuration, or begin one with\n  crosstie init\n");
  LoadOptions options = options_for(folder);
  options.folder = folder.path() / "none";
  EXPECT_EQ(
      load_with(folder, options).errors,
      "folder cannot be read | The folder none cannot be read: No such file or directory. | To fix "
      "it, go to the folder of the configuration, or name it with\n  crosstie -chdir=FOLDER ...\n");
}

TEST(BadInput, deep_nesting_and_large_files_end_in_an_error) {
  const LoadedFolder deep =
      load("crosstie: 1\nlocals: {a: " + std::string(70, '[') + std::string(70, ']') + "}\n");
  ASSERT_EQ(deep.diagnostics.size(), 1U);
  EXPECT_EQ(deep.diagnostics[0].summary, "file is nested too deeply");
  const LoadedFolder deeper = load("crosstie: 1\nlocals: {a: " + std::string(20000, '[') + "}\n");
  EXPECT_EQ(deeper.diagnostics.size(), 1U);
  const LoadedFolder large =
      load("crosstie: 1\n#" + std::string(std::size_t{33} << 20, 'x') + "\n");
  ASSERT_EQ(large.diagnostics.size(), 1U);
  EXPECT_EQ(large.diagnostics[0].summary, "file cannot be read");
}

TEST(BadInput, a_long_chain_of_locals_ends_in_an_error) {
  std::string text = "crosstie: 1\nlocals:\n";
  for (int i = 0; i < 3000; ++i)
    text += "  l" + std::to_string(i) + ": \"${local.l" + std::to_string(i + 1) + "}\"\n";
  const LoadedFolder f = load(text + "  l3000: 1\n");
  ASSERT_FALSE(f.diagnostics.empty());
  EXPECT_EQ(f.diagnostics[0].summary, "references are chained too deeply");
}

TEST(BadInput, errors_beyond_the_limit_are_counted) {
  std::string text = "crosstie: 1\nresources:\n";
  for (int i = 0; i < 500; ++i) text += "  r" + std::to_string(i) + ": {type: null.nothing}\n";
  const LoadedFolder f = load(text);
  ASSERT_EQ(f.diagnostics.size(), 201U);
  EXPECT_EQ(f.diagnostics[200].detail, "300 more errors are not shown.");
}

}  // namespace
}  // namespace crosstie
