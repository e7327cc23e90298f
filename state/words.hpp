#pragma once
// The words that enumerations are stored as, and lists of addresses.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "state/store.hpp"

namespace crosstie::state_file {

std::string_view word(RecordStatus status);
std::string_view word(OperationAction action);
std::string_view word(OperationState state);
std::string_view word(RunState state);

/// Each throws std::invalid_argument on a word that is none of the enumeration.
RecordStatus parse_record_status(std::string_view text);
OperationAction parse_operation_action(std::string_view text);
OperationState parse_operation_state(std::string_view text);
RunState parse_run_state(std::string_view text);

/// JSON list of printed addresses, and back. Throws std::invalid_argument.
std::string write_addresses(const std::vector<ResourceAddress>& addresses);
std::vector<ResourceAddress> read_addresses(std::string_view json);
ResourceAddress read_address(std::string_view text);

/// JSON object of texts, and back. Throws std::invalid_argument.
std::string write_links(const std::map<std::string, std::string>& links);
std::map<std::string, std::string> read_links(std::string_view json);

}  // namespace crosstie::state_file
