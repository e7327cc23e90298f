#pragma once
// Tables resources and outputs. All functions run inside the caller's transaction and throw
// Failure.
#include <map>
#include <string>
#include <vector>

#include "state/context.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {

/// In address order.
std::vector<ResourceRecord> read_records(Context& context);
/// Makes the row, or replaces it.
void write_record(Context& context, const ResourceRecord& record);
/// An absent row is no failure.
void delete_record(Context& context, const std::string& address);

std::map<std::string, Output> read_outputs(Context& context);
/// Replaces all outputs.
void write_outputs(Context& context, const std::map<std::string, Output>& outputs);

}  // namespace crosstie::state_file
