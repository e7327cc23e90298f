#pragma once
// From a session to a plan, and from a plan to its end: what plan, apply, destroy and drift do
// alike.
#include <chrono>
#include <optional>
#include <string>

#include "cmd/session.hpp"
#include "engine/apply.hpp"
#include "engine/plan_file.hpp"
#include "engine/planner.hpp"

namespace crosstie {

/// -target, -replace as addresses; a link's name alone stands for all of its resources.
Result<PlanOptions> plan_options(const Invocation& invocation, bool destroy);
Result<Plan> plan_now(Session& session, const PlanOptions& options);

/// Dry runs of what the plan creates and updates; every refusal.
Diagnostics check_with_services(Session& session, const Plan& plan);

struct RunRequest {
  std::string command;  // "apply", "destroy"
  bool json = false;
  int parallelism = 10;
  std::optional<std::chrono::milliseconds> timeout;  // of the whole run
  std::string patches_folder;                        // -write-patches; "": everything is applied
};

/// -parallelism and -timeout.
Result<RunRequest> run_request(const Invocation& invocation, const std::string& command);
/// The same two, beside a command's own flags.
std::vector<Flag> with_run_flags(std::vector<Flag> flags);

/// Applies under a lock that the caller holds; opens and ends the run; prints progress and the end
/// report. Gives the exit code.
int run_plan(Invocation& invocation, Session& session, Plan plan, const RunRequest& request);

/// Asks on the terminal; only "yes" is a yes.
bool approved_by_user(Invocation& invocation, const std::string& question);

/// Held until it goes out of scope. `failed` has the exit code when the lock could not be taken.
class Lock {
 public:
  Lock(Invocation& invocation, Session& session, const std::string& command, bool json);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  std::optional<int> failed;

 private:
  StateStore* store_;
};

/// Prints errors in the wanted form and gives kError.
int report_as(Invocation& invocation, const Diagnostics& diagnostics, bool json);

/// SHA-256 of the configuration's files by name and content.
std::string configuration_digest(const std::string& folder);

/// Seals a plan into `file` (0600, written beside and renamed).
Result<void> save_plan(Session& session, const SavedPlan& saved, const std::string& file);
Result<SavedPlan> open_plan(Session& session, const std::string& file);

}  // namespace crosstie
