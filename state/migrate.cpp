#include "state/migrate.hpp"

#include <cstdint>
#include <span>
#include <string>

#include "engine/model/diagnostic.hpp"
#include "state/failure.hpp"
#include "state/sqlite.hpp"

namespace crosstie::state_file {

std::span<const Migration> migrations() {
  // Format 1 is the first: schema.sql alone made it. What it recorded does not say of which model
  // its links were; the next apply writes it.
  static constexpr Migration kSteps[] = {
      {2,
       "ALTER TABLE resources ADD COLUMN links TEXT NOT NULL DEFAULT '{}';"
       "ALTER TABLE operations ADD COLUMN links TEXT NOT NULL DEFAULT '{}';"}};
  return kSteps;
}

int read_format(Database& database, int newest) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t format = database.number("PRAGMA user_version");
  const std::string name = database.file().string();
  if (application != kApplicationId || format < 1)
    throw Failure(make_error("file is not a crosstie state",
                             name + " is a SQLite file of something else. It was not changed.",
                             "To fix it, name another state file, or move this one away; a new "
                             "state is made by the next apply."));
  if (format > newest)
    throw Failure(make_error(
        "state was written by a newer crosstie",
        name + " has format " + std::to_string(format) + "; this program knows formats up to " +
            std::to_string(newest) + ". The file was not changed.",
        "To fix it, use the newer crosstie; a state is never taken back to an older format."));
  return static_cast<int>(format);
}

void migrate(Database& database, std::span<const Migration> steps) {
  if (steps.empty()) return;
  const int newest = steps.back().to;
  if (read_format(database, newest) == newest) return;
  Transaction transaction(database, Transaction::Kind::write);
  // Read again: another process may have done it while this one waited for the write lock.
  const int format = read_format(database, newest);
  for (const Migration& step : steps) {
    if (step.to <= format) continue;
    database.execute(step.sql);
    database.execute("PRAGMA user_version = " + std::to_string(step.to));
  }
  transaction.commit();
}

}  // namespace crosstie::state_file
