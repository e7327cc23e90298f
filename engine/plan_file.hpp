#pragma once
// A plan as text, to be applied later exactly as approved. The text holds sensitive values in
// clear: the caller seals it before it touches a disk.
#include <map>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/plan.hpp"

namespace crosstie {

struct SavedPlan {
  Plan plan;
  std::string created_at;
  std::string
      configuration_digest;  // of every file that was read; the plan is refused when they differ
  std::vector<std::string> variables;  // -var, in order
  std::vector<std::string> variable_files;
  std::map<std::string, std::string> environment;  // CROSSTIE_VAR_*
  std::vector<ResourceAddress> targets;
  std::vector<ResourceAddress> replace;
};

std::string write_plan(const SavedPlan& saved);
/// Errors: not a plan, made by another version, damaged.
Result<SavedPlan> read_plan(const std::string& text);

/// What moved between a saved plan and a fresh one made the same way: addresses whose change is not
/// the approved one any more.
std::vector<ResourceAddress> moved_since(const Plan& saved, const Plan& fresh);

/// The lineage and serial that a plan was made on must be the present ones.
Result<void> check_plan_is_current(const Plan& plan, const std::string& lineage,
                                   std::int64_t serial);

}  // namespace crosstie
