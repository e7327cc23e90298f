#pragma once
// What went wrong, where, why, and the way out. Printing is here too, because files, plans and the
// terminal share one form.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosstie {

/// A place in a source file; lines and columns count from 1. `line_text` is the source line, for
/// the caret.
struct SourceRange {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;  // characters to underline, at least 1
  std::string line_text;

  friend bool operator==(const SourceRange&, const SourceRange&) = default;
};

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string summary;  // a fixed phrase without user text, no full stop
  std::string detail;   // what and why, whole sentences
  std::string fix;  // how to get out: "To fix it, ..."; a command stands alone on an indented line
  std::optional<SourceRange> where;
  std::string address;  // resource address, "" when none

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

Diagnostic make_error(std::string summary, std::string detail, std::string fix = {},
                      std::optional<SourceRange> where = {});
Diagnostic make_warning(std::string summary, std::string detail, std::string fix = {},
                        std::optional<SourceRange> where = {});
bool has_errors(const Diagnostics& diagnostics);
void append(Diagnostics& to, const Diagnostics& more);
/// Names the resource in every diagnostic that has no address yet.
Diagnostics with_address(Diagnostics diagnostics, const std::string& address);

/// `file:line:col: error: summary`, source line with caret, address, then detail and fix, each line
/// indented by two.
std::string format_diagnostic(const Diagnostic& diagnostic);
std::string format_diagnostics(const Diagnostics& diagnostics);

/// The nearest of `candidates` to `word` by edit distance, "" when nothing is near enough to be
/// meant.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace crosstie
