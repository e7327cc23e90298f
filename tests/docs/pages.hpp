#pragma once
// The documentation as files: pages, their fenced blocks with the markers before them, headings,
// links.
//   <!-- file: NAME -->       the next block is a file beside the page's configurations
//   <!-- vars: NAME=VALUE --> the next configuration is validated with these variables
//   <!-- test: sandbox -->    the next block is run in a sandbox, after the earlier ones of its
//   page
//   <!-- test: world -->      the next block is a world file that a sandbox starts with
//   <!-- test: none -->       the next block is not tried (it shows an error, or needs real
//   services)
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace crosstie::testing {

struct Block {
  std::string language;  // "yaml", "sh", ""
  std::string text;
  std::map<std::string, std::string>
      markers;  // of the comments right before it: "test" -> "sandbox"
  int line = 0;
};

struct Page {
  std::filesystem::path path;
  std::string name;  // "docs/tutorial.md"
  std::string text;
  std::vector<Block> blocks;
  std::string prose;  // the page without its blocks
};

inline std::filesystem::path source_folder() { return CROSSTIE_SOURCE_DIR; }

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `<!-- key: value -->`
inline bool read_marker(const std::string& line, std::map<std::string, std::string>& markers) {
  if (!line.starts_with("<!-- ") || !line.ends_with(" -->")) return false;
  const std::string inside = line.substr(5, line.size() - 9);
  const std::size_t colon = inside.find(": ");
  if (colon == std::string::npos) return false;
  markers[inside.substr(0, colon)] = inside.substr(colon + 2);
  return true;
}

inline Page read_page(const std::filesystem::path& path) {
  Page page;
  page.path = path;
  page.name = std::filesystem::relative(path, source_folder()).string();
  page.text = file_text(path);
  std::istringstream lines(page.text);
  std::map<std::string, std::string> markers;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      if (!inside) page.blocks.push_back({line.substr(3), "", std::exchange(markers, {}), number});
      inside = !inside;
    } else if (inside) {
      page.blocks.back().text += line + '\n';
    } else {
      page.prose += line + '\n';
      if (!read_marker(line, markers) && !line.empty()) markers.clear();
    }
  }
  return page;
}

/// README.md and everything below docs/.
inline std::vector<Page> all_pages() {
  std::vector<Page> pages = {read_page(source_folder() / "README.md")};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder() / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(read_page(entry.path()));
  std::sort(pages.begin(), pages.end(),
            [](const Page& a, const Page& b) { return a.name < b.name; });
  return pages;
}

/// Anchors as GitHub makes them of headings.
inline std::vector<std::string> anchors_of(const Page& page) {
  std::vector<std::string> anchors;
  std::istringstream lines(page.prose);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#")) continue;
    std::string anchor;
    for (const char c : line.substr(line.find_first_not_of("# "))) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '_')
        anchor += static_cast<char>(std::tolower(byte));
      if (c == ' ') anchor += '-';
    }
    anchors.push_back(anchor);
  }
  return anchors;
}

}  // namespace crosstie::testing
