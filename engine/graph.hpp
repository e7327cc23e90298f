#pragma once
// What depends on what. Nodes keep the order they were given in; the topological order is
// deterministic.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/result.hpp"

namespace crosstie {

struct GraphInput {
  ResourceAddress address;
  std::vector<ResourceAddress> depends_on;
  std::vector<SourceRange> references;  // parallel to depends_on, may be shorter
};

class Graph {
 public:
  /// Dependencies on addresses that are no node are left aside (the loader has checked references).
  /// Error: a cycle, every edge named with its place.
  static Result<Graph> build(std::vector<GraphInput> inputs);

  std::size_t size() const { return addresses_.size(); }
  const ResourceAddress& address(std::size_t node) const { return addresses_[node]; }
  std::span<const std::size_t> needs(std::size_t node) const { return needs_[node]; }
  std::span<const std::size_t> needed_by(std::size_t node) const { return needed_by_[node]; }
  /// Every node after what it needs; among the free ones the smallest node index first.
  std::span<const std::size_t> order() const { return order_; }
  /// size() when there is no such node.
  std::size_t find(const ResourceAddress& address) const;

 private:
  std::vector<ResourceAddress> addresses_;
  std::vector<std::size_t> by_address_;  // the nodes in address order
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<std::vector<std::size_t>> needed_by_;
  std::vector<std::size_t> order_;
};

}  // namespace crosstie
