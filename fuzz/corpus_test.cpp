// Every text of the corpus, and a bounded number of mutations of it, through the function that
// libFuzzer runs. Set FUZZ_SEED for other mutations; a failure prints the seed and the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/targets.hpp"

namespace crosstie::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMutations = 150;  // a target
constexpr std::size_t kCorpusBytesMax = 200u << 10;
constexpr std::size_t kInputBytesMax = 64u << 10;

fs::path corpus_folder() { return fs::path(CROSSTIE_SOURCE_DIR) / "fuzz" / "corpus"; }

std::vector<std::string> corpus_of(const std::string& target) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus_folder() / target))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> texts;
  for (const fs::path& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

/// Changes of the kinds that break parsers: bytes, cuts, doublings, parts of another text, odd
/// tokens.
class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::vector<std::string>& corpus)
      : random_(seed), corpus_(corpus) {}

  std::string next() {
    std::string text = corpus_[below(corpus_.size())];
    for (std::size_t count = 1 + below(4); count > 0; --count) change(text);
    text.resize(std::min(text.size(), kInputBytesMax));
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& text) {
    static const std::string kTokens[] = {"\"",    "'",
                                          "{",     "}",
                                          "[",     "]",
                                          "${",    ": ",
                                          "\n",    "\t",
                                          "null",  "-1",
                                          "1e999", "99999999999999999999",
                                          "*a",    "&a ",
                                          "\xff",  std::string(1, '\0'),
                                          "%00",   "\\u0000",
                                          "..",    "/",
                                          "~",     "0"};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(text.size() - at, 1 + below(24));
    const std::string& other = corpus_[below(corpus_.size())];
    const std::size_t from = below(other.size());
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, other.substr(from, 1 + below(40)));
        break;
      case 4:
        text.insert(at, kTokens[below(std::size(kTokens))]);
        break;
      default:
        text.resize(at);
    }
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& corpus_;
};

std::string shown(const std::string& input) {
  std::ostringstream out;
  for (const char c : input) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\')
      out << c;
    else
      out << "\\x" << std::hex << (byte >> 4) << (byte & 15) << std::dec;
  }
  return out.str();
}

class Corpus : public ::testing::TestWithParam<Target> {};

TEST_P(Corpus, and_its_mutations_break_nothing) {
  const Target& target = GetParam();
  const std::vector<std::string> corpus = corpus_of(target.name);
  ASSERT_GE(corpus.size(), 3U) << "a corpus of " << target.name << " is missing";
  const char* given = std::getenv("FUZZ_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::cout << "FUZZ_SEED=" << seed << "\n";
  const auto run = [&](const std::string& input) {
    try {
      target.run(input);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << "\nseed " << seed << ", input: " << shown(input);
    }
  };
  for (const std::string& input : corpus) run(input);
  Mutator mutator(seed, corpus);
  for (std::size_t count = 0; count < kMutations; ++count) run(mutator.next());
}

INSTANTIATE_TEST_SUITE_P(every, Corpus, ::testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& made) { return std::string(made.param.name); });

TEST(CorpusFolder, is_small_and_has_a_folder_for_every_target) {
  std::size_t bytes = 0;
  std::size_t folders = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(corpus_folder())) {
    if (entry.is_directory()) {
      ++folders;
      const std::string name = entry.path().filename().string();
      EXPECT_TRUE(std::any_of(targets().begin(), targets().end(),
                              [&](const Target& target) { return target.name == name; }))
          << name << " is the corpus of no target";
    } else {
      bytes += entry.file_size();
    }
  }
  EXPECT_EQ(folders, targets().size());
  EXPECT_LE(bytes, kCorpusBytesMax);
}

}  // namespace
}  // namespace crosstie::fuzz
