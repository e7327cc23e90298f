#pragma once
// Values as the state file keeps them: readable JSON with sealed leaves, or sealed as a whole.
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/value.hpp"
#include "state/seal.hpp"

namespace crosstie::state_file {

/// encode_value() as text, with null in the place of every sensitive part and the sealed part under
/// "sealed". Throws Failure when the value holds text that is not UTF-8.
std::string write_value(const Value& value, Sealer& sealer, const Cell& cell);
/// Throws std::invalid_argument when `text` is not what write_value makes, or a sealed part does
/// not open.
Value read_value(std::string_view text, Sealer& sealer, const Cell& cell);

/// encode_value() as text, sealed as a whole; nullopt for null.
std::optional<std::string> seal_value(const Value& value, Sealer& sealer, const Cell& cell);
/// Throws std::invalid_argument when it does not open.
Value open_value(std::string_view sealed, Sealer& sealer, const Cell& cell);

/// The same as decode_value(parse(text)), without the tree in between: a state of 10,000 resources
/// is read in one go. Throws std::invalid_argument.
Value parse_encoded(std::string_view text);

}  // namespace crosstie::state_file
