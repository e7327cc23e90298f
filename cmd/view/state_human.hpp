#pragma once
// State and history for people.
#include <iosfwd>

#include "state/store.hpp"

namespace crosstie {

void print_record(std::ostream& out, const ResourceRecord& record);
void print_run(std::ostream& out, const Run& run);
void print_operations(std::ostream& out, const std::vector<Operation>& operations);
std::string_view state_name(RunState state);
std::string_view state_name(OperationState state);
std::string_view operation_name(OperationAction action);

}  // namespace crosstie
