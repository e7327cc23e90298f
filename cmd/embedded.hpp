#pragma once
// Texts compiled into the binary: blueprints and manual pages.
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace crosstie::embedded {

struct File {
  std::string_view name;  // "ech-to-eck-api-key.yaml", "plan.md"
  std::string_view text;
};

std::span<const File> blueprints();
std::span<const File> manual();

std::optional<std::string> find(std::span<const File> files, std::string_view name);

}  // namespace crosstie::embedded
