#pragma once
// Formats of the state file: which one this program writes, and the way there from every earlier
// one.
#include <span>
#include <string_view>

#include "state/sqlite.hpp"

namespace crosstie::state_file {

/// Format that this program reads and writes (SQLite's user_version).
inline constexpr int kFormat = 2;
/// "xtie": says that a SQLite file is a crosstie state (SQLite's application_id).
inline constexpr std::int64_t kApplicationId = 0x78746965;

/// Text of state/schema.sql.
std::string_view schema_sql();

/// One step from format `to - 1`. Steps are never changed once they were released.
struct Migration {
  int to;
  std::string_view sql;
};

/// All steps, in order. Each is tested from a file of the format before it, kept in
/// tests/data/state/.
std::span<const Migration> migrations();

/// Format of the file. Fails when it is no crosstie state, or one of a newer program.
int read_format(Database& database, int newest = kFormat);

/// Brings the file to the format of the last step, all steps in one commit. Nothing happens when it
/// is there already.
void migrate(Database& database, std::span<const Migration> steps);

}  // namespace crosstie::state_file
