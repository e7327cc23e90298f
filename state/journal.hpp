#pragma once
// Table operations: what was about to be written, and what became of it. Inside the caller's
// transaction; throws Failure.
#include <vector>

#include "state/context.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {

void begin_operations(Context& context, const std::vector<Operation>& operations);
/// Closes open operations; records go along. Fails when one of them is not open.
void finish_operations(Context& context, const std::vector<OperationEnd>& ends);
/// Pending and unknown ones, oldest first.
std::vector<Operation> read_open_operations(Context& context);
std::vector<Operation> read_operations(Context& context, std::int64_t run);

}  // namespace crosstie::state_file
