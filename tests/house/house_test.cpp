// Rules of the house that tools cannot see: file length, which way includes point, how open work is
// written down.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesMax = 600;

struct SourceFile {
  std::string path;  // relative to the repository
  std::vector<std::string> lines;
};

std::vector<SourceFile> source_files() {
  std::vector<SourceFile> files;
  const fs::path root = CROSSTIE_SOURCE_DIR;
  for (const char* folder : {"engine", "providers", "state", "sandbox", "cmd", "tests"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".hpp") continue;
      SourceFile file{fs::relative(entry.path(), root).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) file.lines.push_back(line);
      files.push_back(std::move(file));
    }
  }
  return files;
}

/// The part of the program that a path belongs to.
std::string part_of(const std::string& path) {
  for (const char* part : {"engine/model", "engine/config", "engine", "providers/http",
                           "providers/kubernetes", "providers/ech", "providers/elasticsearch",
                           "providers/null", "providers", "state", "sandbox", "cmd", "tests"})
    if (path.starts_with(std::string(part) + "/")) return part;
  return "";
}

/// What each part may include beside itself. docs/architecture.md draws the same arrows.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> kAllowed = {
      {"engine/model", {}},
      {"engine/config", {"engine/model"}},
      {"engine", {"engine/model", "engine/config", "providers/provider.hpp", "state/store.hpp"}},
      {"providers",
       {"engine/model", "providers/kubernetes", "providers/ech", "providers/elasticsearch",
        "providers/null"}},
      {"providers/http", {"engine/model"}},
      {"providers/null", {"engine/model", "providers/provider.hpp"}},
      {"providers/kubernetes",
       {"engine/model", "providers/http", "providers/comparison.hpp", "providers/provider.hpp",
        "providers/registry.hpp"}},
      {"providers/ech",
       {"engine/model", "providers/http", "providers/comparison.hpp", "providers/provider.hpp",
        "providers/registry.hpp"}},
      {"providers/elasticsearch",
       {"engine/model", "providers/http", "providers/comparison.hpp", "providers/provider.hpp",
        "providers/registry.hpp", "providers/kubernetes", "providers/ech"}},
      {"state", {"engine/model"}},
      {"sandbox", {}},
      {"cmd", {"engine", "engine/model", "engine/config", "providers", "state", "sandbox"}}};
  return kAllowed;
}

TEST(house, no_file_is_longer_than_its_reader) {
  std::size_t seen = 0;
  for (const SourceFile& file : source_files()) {
    ++seen;
    EXPECT_LE(file.lines.size(), kLinesMax) << file.path << " should be split";
  }
  EXPECT_GT(seen, 50U);
}

TEST(house, includes_point_one_way) {
  const std::regex include("^#include \"([a-z_/]+/[a-z_]+\\.hpp)\"");
  std::size_t seen = 0;
  for (const SourceFile& file : source_files()) {
    const std::string part = part_of(file.path);
    if (part == "tests") continue;
    ASSERT_TRUE(allowed().contains(part)) << file.path;
    for (const std::string& line : file.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      ++seen;
      const std::string target = match[1];
      const std::string target_part = part_of(target);
      if (target_part == part) continue;
      const std::set<std::string>& may = allowed().at(part);
      EXPECT_TRUE(may.contains(target_part) || may.contains(target))
          << file.path << " may not include " << target;
    }
  }
  EXPECT_GT(seen, 100U);
}

TEST(house, heavy_libraries_stay_out_of_headers_that_others_include) {
  const std::regex heavy("^#include <(boost/beast|boost/asio/ssl|openssl/|sqlite3|yaml-cpp)");
  for (const SourceFile& file : source_files()) {
    if (!file.path.ends_with(".hpp") || file.path.starts_with("tests/") ||
        file.path == "engine/model/secret.hpp")
      continue;
    for (const std::string& line : file.lines) {
      if (!std::regex_search(line, heavy)) continue;
      // A header that only its own folder includes may be heavy.
      const std::string own = fs::path(file.path).parent_path().string();
      for (const SourceFile& other : source_files()) {
        if (fs::path(other.path).parent_path().string() == own) continue;
        for (const std::string& use : other.lines)
          EXPECT_NE(use, "#include \"" + file.path + "\"")
              << other.path << " gets a heavy header: " << line;
      }
      break;
    }
  }
}

TEST(house, open_work_names_an_issue) {
  const std::regex open("\\b(TODO|FIXME|XXX)\\b");
  const std::regex with_issue("(TODO|FIXME|XXX)\\(#[0-9]+\\)");
  for (const SourceFile& file : source_files()) {
    if (file.path == "tests/house/house_test.cpp") continue;
    for (const std::string& line : file.lines)
      EXPECT_TRUE(!std::regex_search(line, open) || std::regex_search(line, with_issue))
          << file.path << ": " << line;
  }
}

}  // namespace
