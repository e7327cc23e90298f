#pragma once
// The table of commands, and what each is given.
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "cmd/arguments.hpp"
#include "cmd/view/paint.hpp"

namespace crosstie {

// Exit codes; published in docs/exit-codes.md, never renumbered.
inline constexpr int kDone = 0;
inline constexpr int kError = 1;
inline constexpr int kChanges = 2;  // only with -detailed-exitcode
inline constexpr int kDrift = 3;    // only with -detailed-exitcode
inline constexpr int kRolledBack = 4;
inline constexpr int kRollbackIncomplete = 5;
inline constexpr int kKept = 6;  // failed; what was done stays
inline constexpr int kLockHeld = 7;
inline constexpr int kStalePlan = 8;
inline constexpr int kInterrupted = 130;

/// One call of the program. Commands read the environment only through `variable`.
struct Invocation {
  Arguments arguments;
  std::ostream& out;
  std::ostream& err;
  std::string folder = ".";  // -chdir
  bool out_is_terminal = false;
  bool in_is_terminal = false;
  std::string self;  // the program's own path

  std::string variable(const std::string& name) const;
  bool color() const;  // terminal, NO_COLOR unset, no -no-color
  /// Colors as wanted, lines as wide as the terminal.
  Paint paint() const;
};

struct Command {
  std::string name;     // "plan", "state list"
  std::string summary;  // one line, for the list
  std::string usage;    // "[options] [PLANFILE]"
  std::vector<Flag> flags;
  std::size_t names_max = 0;
  int (*run)(Invocation&) = nullptr;
};

/// Every command, in the order of the help.
const std::vector<Command>& commands();

/// Parses the line and runs it; catches what must not escape. The whole program.
int run_program(const std::vector<std::string>& words, const std::string& self);

/// Prints diagnostics to stderr and gives kError.
int report(Invocation& invocation, const Diagnostics& diagnostics);

}  // namespace crosstie
