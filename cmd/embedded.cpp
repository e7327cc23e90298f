#include "cmd/embedded.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace crosstie::embedded {

std::optional<std::string> find(std::span<const File> files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [name](const File& file) { return file.name == name; });
  if (found == files.end()) return std::nullopt;
  return std::string(found->text);
}

}  // namespace crosstie::embedded
