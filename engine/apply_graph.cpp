#include "engine/apply_graph.hpp"

#include <algorithm>
#include <map>

namespace crosstie {
namespace {

bool goes_away(const Change& change) {
  return change.action == Action::remove || change.action == Action::forget;
}

}  // namespace

ApplyOrder order_changes(const std::vector<Change>& changes) {
  std::map<ResourceAddress, std::size_t> index;
  for (std::size_t i = 0; i < changes.size(); ++i) index.emplace(changes[i].address, i);
  ApplyOrder order;
  order.needs.resize(changes.size());
  order.needed_by.resize(changes.size());
  const auto add = [&order](std::size_t first, std::size_t then) {
    order.needs[then].push_back(first);
  };

  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (!goes_away(change)) {
      for (const ResourceAddress& address : change.depends_on) {
        const auto found = index.find(address);
        if (found != index.end() && !goes_away(changes[found->second])) add(found->second, i);
      }
    }
    // What this one used in the last run must stay until this one is done with it (or gone),
    // whether it goes or is made anew.
    for (const ResourceAddress& address : change.recorded_depends_on) {
      const auto found = index.find(address);
      if (found == index.end() || found->second == i) continue;
      const Change& used = changes[found->second];
      if (goes_away(used) || (goes_away(change) && used.action == Action::replace))
        add(i, found->second);
    }
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    std::vector<std::size_t>& needs = order.needs[i];
    std::sort(needs.begin(), needs.end());
    needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
    for (const std::size_t other : needs) order.needed_by[other].push_back(i);
  }
  return order;
}

}  // namespace crosstie
