#pragma once
// The unique name of a resource in a configuration: `resource.logs_reader`, `resource.role["eu"]`,
// `link.logs.ca_secret`.
#include <optional>
#include <string>
#include <string_view>

namespace crosstie {

struct ResourceAddress {
  std::string link;                     // "" for a resource of the configuration itself
  std::optional<std::string> link_key;  // of a link with for_each
  std::string name;
  std::optional<std::string> key;  // of a resource with for_each

  friend auto operator<=>(const ResourceAddress&, const ResourceAddress&) = default;

  /// `resource.NAME["key"]` or `link.LINK["key"].NAME["key"]`; keys are quoted as JSON strings.
  std::string print() const;
};

/// nullopt when `text` is not an address.
std::optional<ResourceAddress> parse_address(std::string_view text);

/// Names of variables, links and resources: a letter or underscore, then letters, digits,
/// underscore, dash; at most 64 characters.
bool is_valid_name(std::string_view name);

}  // namespace crosstie
