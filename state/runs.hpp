#pragma once
// Table runs. Inside the caller's transaction; throws Failure.
#include <string>
#include <vector>

#include "state/context.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {

/// Every run without an end becomes interrupted: only one process writes at a time, so its process
/// is gone.
void mark_interrupted(Context& context);
Run insert_run(Context& context, const std::string& command, const LockInfo& who);
/// Fails when there is no such run.
void update_run(Context& context, const Run& run);
/// Newest first.
std::vector<Run> read_runs(Context& context, int limit);

}  // namespace crosstie::state_file
