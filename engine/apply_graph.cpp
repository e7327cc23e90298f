#include "engine/apply_graph.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/plan.hpp"

namespace crosstie {
namespace {

bool goes_away(const Change& change) {
  return change.action == Action::remove || change.action == Action::forget;
}

void sort_out(std::vector<std::size_t>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

bool leads_to(const ApplyOrder& order, std::size_t from, std::size_t to) {
  std::vector<std::size_t> open{from};
  std::vector<bool> met(order.needed_by.size());
  while (!open.empty()) {
    const std::size_t here = open.back();
    open.pop_back();
    if (here == to) return true;
    if (met[here]) continue;
    met[here] = true;
    open.insert(open.end(), order.needed_by[here].begin(), order.needed_by[here].end());
  }
  return false;
}

/// What goes with a link is taken away in the order of its end, also through what the link shares:
/// first what uses the shared resource, then that shrinks, then goes what it alone had used. Only
/// where this is possible: what stays may need the shared one first and the link's rest last.
class LettingGo {
 public:
  LettingGo(const std::vector<Change>& changes, const std::map<ResourceAddress, std::size_t>& index,
            ApplyOrder& order)
      : changes_(changes), index_(index), order_(order) {}

  void run() {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (!goes_away(changes_[i])) continue;
      for (const ResourceAddress& address : changes_[i].recorded_depends_on) {
        const auto found = address.shared ? index_.find(address) : index_.end();
        if (found == index_.end() || goes_away(changes_[found->second])) continue;
        if (changes_[found->second].action == Action::no_op)
          go_before_needs(i, changes_[found->second]);
        else
          add(i, found->second);
      }
    }
    if (!added_) return;
    for (std::vector<std::size_t>& needs : order_.needs) sort_out(needs);
    for (std::vector<std::size_t>& dependents : order_.needed_by) sort_out(dependents);
  }

 private:
  /// What stays as it is need not wait, and must not fail with what goes.
  void go_before_needs(std::size_t first, const Change& shared) {
    for (const ResourceAddress& address : shared.recorded_depends_on) {
      const auto found = index_.find(address);
      if (found != index_.end() && goes_away(changes_[found->second])) add(first, found->second);
    }
  }

  void add(std::size_t first, std::size_t then) {
    if (leads_to(order_, then, first)) return;
    order_.needs[then].push_back(first);
    order_.needed_by[first].push_back(then);
    added_ = true;
  }

  const std::vector<Change>& changes_;
  const std::map<ResourceAddress, std::size_t>& index_;
  ApplyOrder& order_;
  bool added_ = false;
};

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
    sort_out(order.needs[i]);
    for (const std::size_t other : order.needs[i]) order.needed_by[other].push_back(i);
  }
  LettingGo(changes, index, order).run();
  return order;
}

}  // namespace crosstie
