#pragma once
// The unique name of a resource in a configuration: `resource.logs_reader`, `resource.role["eu"]`,
// `link.logs.ca_secret`, `shared.trust["default/quickstart"]`.
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace crosstie {

struct ResourceAddress {
  std::string link;  // "" for a resource of the configuration itself, and for a shared one
  std::optional<std::string> link_key;  // of a link with for_each
  std::string name;
  std::optional<std::string> key;  // of a resource with for_each; by which links share one
  bool shared = false;             // belongs to all links that have a resource of this name and key

  /// The configuration's own resources first, shared ones last.
  friend std::strong_ordering operator<=>(const ResourceAddress& a, const ResourceAddress& b) {
    return std::tie(a.shared, a.link, a.link_key, a.name, a.key) <=>
           std::tie(b.shared, b.link, b.link_key, b.name, b.key);
  }
  friend bool operator==(const ResourceAddress&, const ResourceAddress&) = default;

  /// `resource.NAME["key"]`, `link.LINK["key"].NAME["key"]` or `shared.NAME["key"]`; keys are
  /// quoted as JSON strings.
  std::string print() const;
  /// `link.LINK["key"]`, "" for a resource that is of no link or of several.
  std::string print_link() const;
};

/// nullopt when `text` is not an address.
std::optional<ResourceAddress> parse_address(std::string_view text);

/// Names of variables, links and resources: a letter or underscore, then letters, digits,
/// underscore, dash; at most 64 characters.
bool is_valid_name(std::string_view name);

}  // namespace crosstie
