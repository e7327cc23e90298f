#include "sandbox/elasticsearch/version.hpp"

#include <cstddef>
#include <string>
#include <tuple>

namespace crosstie::sandbox::elasticsearch {

StackVersion StackVersion::parse(const std::string& text) {
  StackVersion version;
  version.text = text;
  int* const parts[] = {&version.major_part, &version.minor_part, &version.patch_part};
  std::size_t part = 0;
  for (const char c : text) {
    if (c == '.' && ++part < 3) continue;
    if (c < '0' || c > '9' || part > 2 || *parts[part] > 9999) break;
    *parts[part] = *parts[part] * 10 + (c - '0');
  }
  return version;
}

bool StackVersion::at_least(int major_number, int minor_number) const {
  return std::tie(major_part, minor_part) >= std::tie(major_number, minor_number);
}

std::string StackVersion::minimum_wire() const {
  if (major_part <= 8) return "7.17.0";
  return minor_part == 0 ? "8.18.0" : "8.19.0";
}

std::string StackVersion::minimum_index() const { return major_part <= 8 ? "7.0.0" : "8.0.0"; }

bool can_connect(const StackVersion& one, const StackVersion& other) {
  if (one.major_part == other.major_part) return true;
  const StackVersion& older = one.major_part < other.major_part ? one : other;
  const StackVersion& newer = one.major_part < other.major_part ? other : one;
  if (older.major_part != 8 || newer.major_part != 9) return false;
  return older.minor_part >= 19 || (older.minor_part == 18 && newer.minor_part == 0);
}

}  // namespace crosstie::sandbox::elasticsearch
