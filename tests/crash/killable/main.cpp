// The real program, which SIGKILLs itself right before or right after one commit of its state.
// CROSSTIE_TEST_KILL_AT: "before:7" or "after:7", the seventh commit of this process.
// CROSSTIE_TEST_COMMITS: a file that is told how many commits there were, when the program ends by
// itself. SQLite's own hooks tell of the commits, so that the program is the one that users run.
#include <sqlite3.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "cmd/command.hpp"

namespace {

struct Commits {
  int count = 0;
  bool under_way = false;
  bool kill_before = false;
  int kill_at = 0;  // 0: never
};

Commits& commits() {
  static Commits all;
  return all;
}

/// SQLite is about to commit; nothing of it is on disk yet.
int on_commit(void* /*context*/) {
  Commits& all = commits();
  ++all.count;
  if (all.kill_before && all.count == all.kill_at) std::raise(SIGKILL);
  all.under_way = true;
  return 0;
}

/// A statement came to its end; the first one after on_commit() is the commit itself.
int on_statement_end(unsigned /*kind*/, void* /*context*/, void* /*statement*/, void* /*time*/) {
  Commits& all = commits();
  if (!all.under_way) return 0;
  all.under_way = false;
  if (!all.kill_before && all.count == all.kill_at) std::raise(SIGKILL);
  return 0;
}

int watch(sqlite3* database, char** /*error*/, const void* /*routines*/) {
  sqlite3_commit_hook(database, on_commit, nullptr);
  return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, on_statement_end, nullptr);
}

void read_environment() {
  const char* text = std::getenv("CROSSTIE_TEST_KILL_AT");
  const std::string at = text == nullptr ? "" : text;
  const std::size_t colon = at.find(':');
  if (colon == std::string::npos) return;
  commits().kill_before = at.substr(0, colon) == "before";
  commits().kill_at = std::atoi(at.c_str() + colon + 1);
}

}  // namespace

int main(int argc, char** argv) {
  read_environment();
  sqlite3_auto_extension(reinterpret_cast<void (*)(void)>(watch));
  const int code = crosstie::run_program({argv + 1, argv + argc}, argv[0]);
  if (const char* file = std::getenv("CROSSTIE_TEST_COMMITS"))
    std::ofstream(file) << commits().count << '\n';
  return code;
}
