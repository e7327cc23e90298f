#include "cmd/view/paint.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/view/certificates.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"

namespace crosstie {
namespace {

constexpr std::size_t kShownCharacters = 100;
constexpr std::size_t kDigestCharacters = 16;  // enough to tell certificates apart in a line

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::bold:
      return "\x1b[1m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::green:
      return "\x1b[32m";
    case Tone::yellow:
      return "\x1b[33m";
    case Tone::red:
      return "\x1b[31m";
    case Tone::cyan:
      return "\x1b[36m";
  }
  return "";
}

/// Names that YAML takes without quotes.
bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string pem_words(const std::string& text) {
  const std::vector<CertificateWords> certificates = certificates_of(text);
  if (certificates.empty()) return "(a PEM block)";
  std::string out;
  for (const CertificateWords& one : certificates)
    out += (out.empty() ? "certificate " : "; certificate ") + one.subject + ", until " +
           one.until + ", SHA-256 " + one.sha256.substr(0, kDigestCharacters) + "...";
  return out;
}

/// YAML's flow style, as people write it in a configuration.
std::string flow(const Value& value) {
  if (value.sensitive()) return "(sensitive)";
  if (value.is_unknown()) return "(known after " + value.unknown_source() + ")";
  if (value.is_string()) {
    const bool pem = value.as_string().find("-----BEGIN ") != std::string::npos;
    return pem ? pem_words(value.as_string()) : quoted(value.as_string());
  }
  std::string out;
  if (value.is_list()) {
    for (const Value& member : value.as_list()) out += (out.empty() ? "" : ", ") + flow(member);
    return "[" + out + "]";
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.as_object())
      out += (out.empty() ? "" : ", ") + shown_name(name) + ": " + flow(member);
    return "{" + out + "}";
  }
  return to_shown_json(value).dump();
}

}  // namespace

std::string shown_name(const std::string& name) {
  return is_plain_name(name) ? name : quoted(name);
}

std::string Paint::operator()(Tone tone, std::string_view text) const {
  if (!color_ || tone == Tone::plain) return std::string(text);
  return std::string(escape_of(tone)) + std::string(text) + "\x1b[0m";
}

std::string_view action_symbol(Action action) {
  switch (action) {
    case Action::no_op:
      return " ";
    case Action::create:
      return "+";
    case Action::read:
      return "<=";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
      return "-";
    case Action::forget:
      return "#";
  }
  return " ";
}

Tone action_tone(Action action) {
  switch (action) {
    case Action::create:
      return Tone::green;
    case Action::update:
      return Tone::yellow;
    case Action::replace:
    case Action::remove:
      return Tone::red;
    case Action::read:
      return Tone::cyan;
    case Action::no_op:
    case Action::forget:
      return Tone::dim;
  }
  return Tone::plain;
}

std::string shown(const Value& value) { return fit(flow(value), kShownCharacters); }

std::string shown(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (ms < 60000) return std::to_string(ms / 1000) + " s";
  return std::to_string(ms / 60000) + " min " + std::to_string(ms / 1000 % 60) + " s";
}

std::string fit(std::string_view text, std::size_t columns) {
  if (text.size() <= columns) return std::string(text);
  std::size_t end = columns > 3 ? columns - 3 : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // not inside a character
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace crosstie
