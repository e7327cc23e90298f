#pragma once
// From a file name to an open, checked and unsealed database.
#include <optional>

#include "state/context.hpp"
#include "state/sqlite_store.hpp"

namespace crosstie::state_file {

/// A file up to this size is checked page by page whenever it is opened (1 MiB takes about a
/// millisecond).
inline constexpr std::uintmax_t kQuickCheckBytesMax = 1 << 20;

/// Opens the state, or makes it. nullopt when there is no file and none is to be made. Throws
/// Failure; then nothing was changed.
std::optional<Context> open_state(const StateOptions& options);

}  // namespace crosstie::state_file
