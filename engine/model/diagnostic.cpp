#include "engine/model/diagnostic.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crosstie {
namespace {

constexpr std::size_t kShownSourceColumns = 160;

void add_indented(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += "  ";
    out += text.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

/// The UTF-8 characters of a line; a byte that belongs to none counts as one.
std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> characters;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    characters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return characters;
}

void add_source(std::string& out, const SourceRange& where) {
  if (where.line_text.empty()) return;
  // A very long line is cut around the place, so that the caret stays under it.
  const std::vector<std::string_view> characters = characters_of(where.line_text);
  const std::size_t at = where.column > 0 ? static_cast<std::size_t>(where.column - 1) : 0;
  const std::size_t start = at > kShownSourceColumns / 2 ? at - kShownSourceColumns / 2 : 0;
  if (start >= characters.size()) return;
  const std::vector<std::string_view> shown(
      characters.begin() + static_cast<std::ptrdiff_t>(start),
      characters.begin() +
          static_cast<std::ptrdiff_t>(std::min(start + kShownSourceColumns, characters.size())));
  const std::string gutter = std::to_string(where.line) + " | ";
  out += "  " + gutter;
  for (const std::string_view character : shown) out += character;
  out += '\n';
  out += "  " + std::string(gutter.size(), ' ');
  for (std::size_t i = 0; i < at - start && i < shown.size(); ++i)
    out += shown[i] == "\t" ? '\t' : ' ';
  const std::size_t room = shown.size() > at - start ? shown.size() - (at - start) : 1;
  out += '^';
  out += std::string(std::min<std::size_t>(room, std::max(where.length, 1)) - 1, '~');
  out += '\n';
}

/// Insertions, deletions, replacements and swaps of neighbours, letter case aside.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

}  // namespace

Diagnostic make_error(std::string summary, std::string detail, std::string fix,
                      std::optional<SourceRange> where) {
  return {Severity::error, std::move(summary), std::move(detail),
          std::move(fix),  std::move(where),   {}};
}

Diagnostic make_warning(std::string summary, std::string detail, std::string fix,
                        std::optional<SourceRange> where) {
  return {Severity::warning, std::move(summary), std::move(detail),
          std::move(fix),    std::move(where),   {}};
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

void append(Diagnostics& to, const Diagnostics& more) {
  to.insert(to.end(), more.begin(), more.end());
}

Diagnostics with_address(Diagnostics diagnostics, const std::string& address) {
  for (Diagnostic& one : diagnostics)
    if (one.address.empty()) one.address = address;
  return diagnostics;
}

namespace {

std::string format_one(const Diagnostic& diagnostic, const std::vector<std::string>& addresses) {
  std::string out;
  if (diagnostic.where) {
    out += diagnostic.where->file + ":" + std::to_string(diagnostic.where->line) + ":" +
           std::to_string(diagnostic.where->column) + ": ";
  }
  out += diagnostic.severity == Severity::error ? "error: " : "warning: ";
  out += diagnostic.summary + '\n';
  if (diagnostic.where) add_source(out, *diagnostic.where);
  if (addresses.size() == 1) out += "  resource: " + addresses.front() + '\n';
  if (addresses.size() > 1) {
    out += "  resources:";
    for (const std::string& address : addresses) out += ' ' + address;
    out += '\n';
  }
  add_indented(out, diagnostic.detail);
  add_indented(out, diagnostic.fix);
  return out;
}

bool says_the_same(const Diagnostic& one, const Diagnostic& other) {
  return !one.where && !other.where && !one.address.empty() && !other.address.empty() &&
         one.severity == other.severity && one.summary == other.summary &&
         one.detail == other.detail && one.fix == other.fix;
}

}  // namespace

std::string format_diagnostic(const Diagnostic& diagnostic) {
  std::vector<std::string> addresses;
  if (!diagnostic.address.empty()) addresses.push_back(diagnostic.address);
  return format_one(diagnostic, addresses);
}

/// What is the same for several resources is said once, with all of their addresses.
std::string format_diagnostics(const Diagnostics& diagnostics) {
  std::string out;
  for (auto one = diagnostics.begin(); one != diagnostics.end(); ++one) {
    const auto said = [&](const Diagnostic& other) { return says_the_same(*one, other); };
    if (std::any_of(diagnostics.begin(), one, said)) continue;
    std::vector<std::string> addresses;
    if (!one->address.empty()) addresses.push_back(one->address);
    for (auto later = std::next(one); later != diagnostics.end(); ++later)
      if (said(*later)) addresses.push_back(later->address);
    out += format_one(*one, addresses);
  }
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 128;  // keeps the cost of a hostile word small
  if (word.size() > kLongestWord) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace crosstie
