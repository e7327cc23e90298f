// docs/faults.md and the tests name the same faults, and the page quotes what the program says.
#include <algorithm>
#include <cctype>
#include <set>

#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

struct Row {
  std::string name;               // of its test
  std::vector<std::string> says;  // quoted messages
};

std::filesystem::path source(const std::string& path) {
  return std::filesystem::path(CROSSTIE_SOURCE_DIR) / path;
}

std::string name_of(std::string words) {
  std::string name;
  for (const char c : words) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) name += static_cast<char>(std::tolower(byte));
    if ((c == ' ' || c == '-') && !name.empty() && name.back() != '_') name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

std::vector<Row> rows() {
  std::vector<Row> found;
  std::istringstream page(sandbox::testing::read_file(source("docs/faults.md")));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| fault ")) continue;
    const std::size_t first = line.find(" | ");
    const std::size_t second = line.find(" | ", first + 3);
    Row row;
    row.name = name_of(line.substr(2, first - 2));
    const std::string says = line.substr(first + 3, second - first - 3);
    for (std::size_t at = says.find('`'); at != std::string::npos;) {
      const std::size_t end = says.find('`', at + 1);
      row.says.push_back(says.substr(at + 1, end - at - 1));
      at = end == std::string::npos ? end : says.find('`', end + 1);
    }
    found.push_back(std::move(row));
  }
  return found;
}

std::set<std::string> tests() {
  std::set<std::string> names;
  for (const FaultCase& one : all_faults()) names.insert(one.name);
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(i);
    if (std::string(suite.name()) != "fault") continue;
    for (int k = 0; k < suite.total_test_count(); ++k) names.insert(suite.GetTestInfo(k)->name());
  }
  return names;
}

TEST(page, names_every_tested_fault_and_no_other) {
  std::set<std::string> named;
  for (const Row& row : rows()) EXPECT_TRUE(named.insert(row.name).second) << row.name << " twice";
  const std::set<std::string> tested = tests();
  EXPECT_GT(tested.size(), 45U);
  for (const std::string& name : tested)
    EXPECT_TRUE(named.contains(name)) << name << " is tested and not in docs/faults.md";
  for (const std::string& name : named)
    EXPECT_TRUE(tested.contains(name)) << name << " is in docs/faults.md and not tested";
}

TEST(page, quotes_what_the_program_says) {
  const std::string moments = sandbox::testing::read_file(source("tests/faults/moments_test.cpp"));
  const std::vector<FaultCase> cases = all_faults();
  std::size_t seen = 0;
  for (const Row& row : rows()) {
    std::string told =
        sandbox::testing::read_file(source("tests/data/faults/" + row.name + ".txt"));
    for (const FaultCase& one : cases)
      if (one.name == row.name) told += one.shows;
    for (const std::string& quote : row.says) {
      ++seen;
      EXPECT_NE((told.empty() ? moments : told).find(quote), std::string::npos)
          << row.name << ": " << quote;
    }
  }
  EXPECT_GT(seen, 40U);
}

TEST(page, every_kept_message_belongs_to_a_fault) {
  const std::set<std::string> tested = tests();
  for (const auto& entry : std::filesystem::directory_iterator(source("tests/data/faults")))
    EXPECT_TRUE(tested.contains(entry.path().stem().string())) << entry.path();
}

}  // namespace
}  // namespace crosstie::testing
