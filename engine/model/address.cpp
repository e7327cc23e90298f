#include "engine/model/address.hpp"

#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace crosstie {
namespace {

constexpr std::size_t kNameCharactersMax = 64;

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

std::string quoted_key(const std::string& key) {
  return "[" + nlohmann::json(key).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "]";
}

/// Reads `NAME` and an optional `["key"]` from the front of `text`.
bool take_part(std::string_view& text, std::string& name, std::optional<std::string>& key) {
  std::size_t end = 0;
  while (end < text.size() && is_name_character(text[end])) ++end;
  name = std::string(text.substr(0, end));
  if (!is_valid_name(name)) return false;
  text.remove_prefix(end);
  if (text.empty() || text.front() != '[') return true;
  // The key is a JSON string; find its closing quote, minding escapes.
  if (text.size() < 4 || text[1] != '"') return false;
  std::size_t quote = 2;
  while (quote < text.size() && text[quote] != '"') quote += text[quote] == '\\' ? 2 : 1;
  if (quote + 1 >= text.size() || text[quote + 1] != ']') return false;
  const nlohmann::json parsed =
      nlohmann::json::parse(text.substr(1, quote), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_string()) return false;
  key = parsed.get<std::string>();
  text.remove_prefix(quote + 2);
  return true;
}

}  // namespace

std::string ResourceAddress::print() const {
  std::string out = shared ? "shared" : link.empty() ? "resource" : print_link();
  out += "." + name;
  if (key) out += quoted_key(*key);
  return out;
}

std::string ResourceAddress::print_link() const {
  if (link.empty()) return {};
  return "link." + link + (link_key ? quoted_key(*link_key) : "");
}

std::optional<ResourceAddress> parse_address(std::string_view text) {
  ResourceAddress address;
  if (text.starts_with("resource.")) {
    text.remove_prefix(9);
  } else if (text.starts_with("shared.")) {
    text.remove_prefix(7);
    address.shared = true;
  } else if (text.starts_with("link.")) {
    text.remove_prefix(5);
    if (!take_part(text, address.link, address.link_key) || !text.starts_with("."))
      return std::nullopt;
    text.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  if (!take_part(text, address.name, address.key) || !text.empty()) return std::nullopt;
  return address;
}

bool is_valid_name(std::string_view name) {
  if (name.empty() || name.size() > kNameCharactersMax) return false;
  if (std::isalpha(static_cast<unsigned char>(name.front())) == 0 && name.front() != '_')
    return false;
  for (const char c : name)
    if (!is_name_character(c)) return false;
  return true;
}

}  // namespace crosstie
