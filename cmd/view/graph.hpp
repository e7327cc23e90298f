#pragma once
// The dependency graph for people and for drawing tools.
#include <iosfwd>

#include "engine/graph.hpp"

namespace crosstie {

void print_graph_text(std::ostream& out,
                      const Graph& graph);  // order of apply, each with what it needs
void print_graph_dot(std::ostream& out, const Graph& graph);      // Graphviz
void print_graph_mermaid(std::ostream& out, const Graph& graph);  // flowchart for Markdown

}  // namespace crosstie
