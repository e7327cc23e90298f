#pragma once
// Which step of an apply waits for which: creates and updates after what they need, deletes after
// what needed them.
#include <vector>

#include "engine/plan.hpp"

namespace crosstie {

struct ApplyOrder {
  std::vector<std::vector<std::size_t>> needs;  // by index into the plan's changes
  std::vector<std::vector<std::size_t>> needed_by;
};

ApplyOrder order_changes(const std::vector<Change>& changes);

}  // namespace crosstie
