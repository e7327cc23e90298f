#pragma once
// A plan for people: each change with its reason, what it waits for and disturbs, then a short
// table and Terraform's line.
#include <iosfwd>

#include "cmd/view/paint.hpp"
#include "engine/plan.hpp"

namespace crosstie {

void print_plan(std::ostream& out, const Plan& plan, const Paint& paint);
/// Drift only, as `crosstie drift` shows it.
void print_drift(std::ostream& out, const Plan& plan, const Paint& paint);
void print_warnings(std::ostream& out, const Diagnostics& warnings);

}  // namespace crosstie
