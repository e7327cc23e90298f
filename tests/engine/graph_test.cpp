#include "engine/graph.hpp"

#include <gtest/gtest.h>

namespace crosstie {
namespace {

ResourceAddress named(const std::string& name) { return *parse_address("resource." + name); }

GraphInput input(const std::string& name, std::vector<std::string> needs = {}) {
  GraphInput out{named(name), {}, {}};
  int line = 1;
  for (const std::string& need : needs) {
    out.depends_on.push_back(named(need));
    out.references.push_back({"crosstie.yaml", line++, 5, 1, ""});
  }
  return out;
}

TEST(graph, orders_every_node_after_what_it_needs) {
  const Result<Graph> graph =
      Graph::build({input("c", {"b"}), input("a"), input("b", {"a"}), input("d", {"a", "c"})});
  ASSERT_TRUE(graph.ok());
  std::vector<std::string> order;
  for (const std::size_t node : graph->order()) order.push_back(graph->address(node).name);
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST(graph, leaves_dependencies_on_unknown_addresses_aside) {
  const Result<Graph> graph = Graph::build({input("a", {"gone"})});
  ASSERT_TRUE(graph.ok());
  EXPECT_TRUE(graph->needs(0).empty());
}

TEST(graph, cycle_names_every_edge_with_its_place) {
  const Result<Graph> graph =
      Graph::build({input("a", {"b"}), input("b", {"c"}), input("c", {"a"}), input("d", {"a"})});
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(format_diagnostics(graph.failure()),
            "crosstie.yaml:1:5: error: dependency cycle\n"
            "  These resources wait for each other, so none of them can come first:\n"
            "    resource.a needs resource.b (crosstie.yaml:1:5)\n"
            "    resource.b needs resource.c (crosstie.yaml:1:5)\n"
            "    resource.c needs resource.a (crosstie.yaml:1:5)\n"
            "  To fix it, take one of these references or depends_on entries out.\n");
}

TEST(graph, a_resource_that_needs_itself_is_a_cycle) {
  EXPECT_FALSE(Graph::build({input("a", {"a"})}).ok());
}

TEST(graph, a_long_chain_is_ordered_without_recursion) {
  std::vector<GraphInput> inputs;
  for (int i = 0; i < 100000; ++i)
    inputs.push_back(input("n" + std::to_string(i),
                           i == 0 ? std::vector<std::string>{}
                                  : std::vector<std::string>{"n" + std::to_string(i - 1)}));
  const Result<Graph> graph = Graph::build(std::move(inputs));
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->order().back(), 99999U);
}

}  // namespace
}  // namespace crosstie
