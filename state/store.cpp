#include "state/store.hpp"

#include <cstdint>
#include <string>

#include "engine/model/diagnostic.hpp"

namespace crosstie {

Diagnostic lock_held_error(const LockInfo& holder, const std::string& release_command) {
  return make_error(std::string(kLockHeldSummary),
                    "Held by " + holder.owner + " on " + holder.host + ", process " +
                        std::to_string(holder.pid) + ", since " + holder.since + ", for `" +
                        holder.command + "`. Nothing was changed.",
                    "To fix it, wait for that run to end. Only when you are sure that its process "
                    "is gone, take the lock "
                    "away:\n  " +
                        release_command);
}

Diagnostic lock_lost_error() {
  return make_error(
      "lock on the state is not held",
      "This process does not hold the lock on the state (any more): somebody took it away, or it "
      "was never "
      "taken. Nothing was changed by this step.",
      "To fix it, look who holds the lock, then run the command again; it settles what began.");
}

Diagnostic not_open_error(const std::string& operation_id) {
  return make_error("operation is not open",
                    "Operation " + operation_id +
                        " is not in the journal, or its outcome is recorded already. Nothing was "
                        "changed by this step.",
                    "To fix it, report this as a bug of crosstie.");
}

Diagnostic no_such_run_error(std::int64_t run) {
  return make_error(
      "run is not in the state",
      "There is no run " + std::to_string(run) + ". Nothing was changed by this step.",
      "To fix it, choose one of the runs that `crosstie history` lists.");
}

}  // namespace crosstie
