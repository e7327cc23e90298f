#include "cmd/view/graph.hpp"

#include <cstddef>
#include <ostream>
#include <string>

#include "engine/graph.hpp"

namespace crosstie {
namespace {

std::string escaped(const std::string& text, const std::string& quote) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += quote;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void print_graph_text(std::ostream& out, const Graph& graph) {
  std::size_t place = 0;
  for (const std::size_t node : graph.order()) {
    out << ++place << ". " << graph.address(node).print() << '\n';
    for (const std::size_t need : graph.needs(node))
      out << "     after " << graph.address(need).print() << '\n';
  }
}

void print_graph_dot(std::ostream& out, const Graph& graph) {
  out << "digraph crosstie {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const std::size_t node : graph.order()) {
    const std::string name = escaped(graph.address(node).print(), "\\\"");
    out << "  \"" << name << "\";\n";
    for (const std::size_t need : graph.needs(node))
      out << "  \"" << escaped(graph.address(need).print(), "\\\"") << "\" -> \"" << name
          << "\";\n";
  }
  out << "}\n";
}

void print_graph_mermaid(std::ostream& out, const Graph& graph) {
  out << "flowchart LR\n";
  for (const std::size_t node : graph.order()) {
    out << "  n" << node << "[\"" << escaped(graph.address(node).print(), "#quot;") << "\"]\n";
    for (const std::size_t need : graph.needs(node))
      out << "  n" << need << " --> n" << node << '\n';
  }
}

}  // namespace crosstie
