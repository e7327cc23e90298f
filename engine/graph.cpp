#include "engine/graph.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie {
namespace {

/// Walks needs from `start` until a node comes again: the nodes of one cycle, first one not
/// repeated.
std::vector<std::size_t> find_cycle(const std::vector<std::vector<std::size_t>>& needs,
                                    const std::vector<bool>& left, std::size_t start) {
  std::vector<std::size_t> trail;
  std::vector<std::size_t> seen_at(needs.size(), needs.size());
  std::size_t here = start;
  while (seen_at[here] == needs.size()) {
    seen_at[here] = trail.size();
    trail.push_back(here);
    // Every node that is left needs another that is left; otherwise it would have been ordered.
    here = *std::find_if(needs[here].begin(), needs[here].end(),
                         [&](std::size_t n) { return left[n]; });
  }
  return {trail.begin() + static_cast<std::ptrdiff_t>(seen_at[here]), trail.end()};
}

Diagnostic cycle_error(const std::vector<GraphInput>& inputs,
                       const std::vector<std::size_t>& cycle) {
  std::string detail = "These resources wait for each other, so none of them can come first:";
  std::optional<SourceRange> first_place;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const GraphInput& from = inputs[cycle[i]];
    const ResourceAddress& to = inputs[cycle[(i + 1) % cycle.size()]].address;
    detail += "\n  " + from.address.print() + " needs " + to.print();
    const auto edge = std::find(from.depends_on.begin(), from.depends_on.end(), to);
    const auto at = static_cast<std::size_t>(edge - from.depends_on.begin());
    if (at < from.references.size() && from.references[at].line > 0) {
      const SourceRange& where = from.references[at];
      detail += " (" + where.file + ":" + std::to_string(where.line) + ":" +
                std::to_string(where.column) + ")";
      if (!first_place) first_place = where;
    }
  }
  return make_error("dependency cycle", std::move(detail),
                    "To fix it, take one of these references or depends_on entries out.",
                    std::move(first_place));
}

}  // namespace

Result<Graph> Graph::build(std::vector<GraphInput> inputs) {
  Graph graph;
  graph.needs_.resize(inputs.size());
  graph.needed_by_.resize(inputs.size());
  graph.addresses_.reserve(inputs.size());
  for (const GraphInput& input : inputs) graph.addresses_.push_back(input.address);
  graph.by_address_.resize(inputs.size());
  std::iota(graph.by_address_.begin(), graph.by_address_.end(), std::size_t{0});
  const auto before = [&graph](std::size_t a, std::size_t b) {
    return graph.addresses_[a] < graph.addresses_[b];
  };
  // A configuration comes in this order already.
  if (!std::is_sorted(graph.by_address_.begin(), graph.by_address_.end(), before))
    std::stable_sort(graph.by_address_.begin(), graph.by_address_.end(), before);
  std::vector<std::size_t> open(inputs.size());
  for (std::size_t node = 0; node < inputs.size(); ++node) {
    std::vector<std::size_t>& needs = graph.needs_[node];
    for (const ResourceAddress& dependency : inputs[node].depends_on) {
      const std::size_t other = graph.find(dependency);
      if (other != inputs.size()) needs.push_back(other);
    }
    std::sort(needs.begin(), needs.end());
    needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
    open[node] = needs.size();
    for (const std::size_t other : needs) graph.needed_by_[other].push_back(node);
  }

  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  for (std::size_t node = 0; node < inputs.size(); ++node)
    if (open[node] == 0) free.push(node);
  std::vector<bool> left(inputs.size(), true);
  graph.order_.reserve(inputs.size());
  while (!free.empty()) {
    const std::size_t node = free.top();
    free.pop();
    left[node] = false;
    graph.order_.push_back(node);
    for (const std::size_t dependent : graph.needed_by_[node])
      if (--open[dependent] == 0) free.push(dependent);
  }
  if (graph.order_.size() < inputs.size()) {
    const auto start =
        static_cast<std::size_t>(std::find(left.begin(), left.end(), true) - left.begin());
    return cycle_error(inputs, find_cycle(graph.needs_, left, start));
  }
  return graph;
}

std::size_t Graph::find(const ResourceAddress& address) const {
  const auto found = std::lower_bound(by_address_.begin(), by_address_.end(), address,
                                      [this](std::size_t node, const ResourceAddress& wanted) {
                                        return addresses_[node] < wanted;
                                      });
  return found != by_address_.end() && addresses_[*found] == address ? *found : addresses_.size();
}

}  // namespace crosstie
