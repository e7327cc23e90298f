#pragma once
// Which versions can connect, and which pairs are supported for search: two findings
// (facts/elasticsearch.md, section 5). Pure.
#include <optional>
#include <string>

namespace crosstie::elasticsearch {

struct StackVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const StackVersion&, const StackVersion&) = default;
};

/// "9.1.0", also with a suffix ("9.2.0-SNAPSHOT"); nullopt when it is no version.
std::optional<StackVersion> parse_version(const std::string& text);

struct Compatibility {
  bool connectable = false;
  bool supported = false;  // for cross-cluster search, as documented up to 9.3
  std::string note;        // what to know, "" when all is well
};

/// Symmetric for the handshake, not for support.
Compatibility judge_versions(const StackVersion& local, const StackVersion& remote);

/// Versions before 8.14 have no API-key model that crosstie uses.
inline constexpr StackVersion kApiKeyModelSince{8, 14, 0};

}  // namespace crosstie::elasticsearch
