#pragma once
// Reading whole text files, with a limit.
#include <filesystem>
#include <string>

namespace crosstie::config {

struct FileText {
  std::string text;
  std::string problem;  // "" when the text was read
};

/// At most `bytes_max`; the problem is a part of a sentence: "No such file or directory".
FileText read_text_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace crosstie::config
