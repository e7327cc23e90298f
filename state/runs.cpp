#include "state/runs.hpp"

#include <string>
#include <utility>
#include <vector>

#include "state/context.hpp"
#include "state/failure.hpp"
#include "state/seal.hpp"
#include "state/store.hpp"
#include "state/words.hpp"

namespace crosstie::state_file {

void mark_interrupted(Context& context) {
  context.database->use("UPDATE runs SET state = 'interrupted' WHERE state = 'running'").run();
}

Run insert_run(Context& context, const std::string& command, const LockInfo& who) {
  Run run;
  run.command = command;
  run.owner = who.owner;
  run.host = who.host;
  run.pid = who.pid;
  run.started_at = context.now();
  context.database
      ->use(
          "INSERT INTO runs (command, owner, host, pid, started_at, state) VALUES (?, ?, ?, ?, ?, "
          "'running')")
      .run(run.command, run.owner, run.host, run.pid, run.started_at);
  run.id = context.database->last_row_id();
  return run;
}

void update_run(Context& context, const Run& run) {
  const std::string finished_at = run.finished_at.empty() ? context.now() : run.finished_at;
  context.database
      ->use(
          "UPDATE runs SET finished_at = ?, state = ?, added = ?, changed = ?, destroyed = ?, "
          "failed = ?, summary = ? "
          "WHERE id = ?")
      .run(finished_at, word(run.state), run.added, run.changed, run.destroyed, run.failed,
           run.summary, run.id);
  if (context.database->changes() != 1) throw Failure(no_such_run_error(run.id));
}

std::vector<Run> read_runs(Context& context, int limit) {
  std::vector<Run> runs;
  if (limit <= 0) return runs;
  Statement rows = context.database->use(
      "SELECT id, command, owner, host, pid, started_at, finished_at, state, added, changed, "
      "destroyed, failed, summary "
      "FROM runs ORDER BY id DESC LIMIT ?");
  rows.start(limit);
  while (rows.step()) {
    Run run;
    run.id = rows.integer(0);
    run.command = rows.text(1);
    run.owner = rows.text(2);
    run.host = rows.text(3);
    run.pid = rows.integer(4);
    run.started_at = rows.text(5);
    run.finished_at = rows.text(6);
    const Cell cell{"runs", "state", run.command};
    run.state = read_cell(context, cell, [&] { return parse_run_state(rows.text(7)); });
    run.added = static_cast<int>(rows.integer(8));
    run.changed = static_cast<int>(rows.integer(9));
    run.destroyed = static_cast<int>(rows.integer(10));
    run.failed = static_cast<int>(rows.integer(11));
    run.summary = rows.text(12);
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace crosstie::state_file
