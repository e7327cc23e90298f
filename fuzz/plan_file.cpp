// A saved plan behind its seal: somebody with the key, or an older program, may have written
// anything.
#include "engine/plan_file.hpp"

#include <set>

#include "fuzz/diagnostics.hpp"

namespace crosstie::fuzz {
namespace {

/// An address that stands for two changes, which make_plan never does.
bool has_twins(const Plan& plan) {
  std::set<ResourceAddress> seen;
  for (const Change& change : plan.changes)
    if (!seen.insert(change.address).second) return true;
  return false;
}

}  // namespace

void plan_file(std::string_view input) {
  const Result<SavedPlan> read = read_plan(std::string(input));
  if (!read) return check_diagnostics(read.failure());
  const std::string written = write_plan(*read);
  const Result<SavedPlan> again = read_plan(written);
  require(again.ok(), "what was written can be read");
  require(write_plan(*again) == written, "a plan is written as it was read");
  require(moved_since(read->plan, again->plan).empty() || has_twins(read->plan),
          "a plan equals itself");
}

}  // namespace crosstie::fuzz
