#pragma once
// A scalar with `${...}` in it: texts and expressions in turn.
#include <memory>
#include <string>
#include <vector>

#include "engine/config/expression.hpp"
#include "engine/config/yaml_tree.hpp"

namespace crosstie::config {

struct Template {
  struct Part {
    std::string text;  // when there is no expression
    ExpressionPtr expression;
  };
  const Node* node = nullptr;
  std::vector<Part> parts;

  /// The scalar is one expression and keeps its type.
  bool whole() const { return parts.size() == 1 && parts.front().expression != nullptr; }
};

/// Parses every `${...}` of a document. A scalar with an error stays without a template, and counts
/// as unknown later.
void compile_templates(Document& document, Diagnostics& errors);

/// Calls `visit(const Expression&)` for the expression and everything below it.
template <class Visit>
void visit_expression(const Expression& expression, const Visit& visit) {
  visit(expression);
  for (const ExpressionPtr& child : expression.children) visit_expression(*child, visit);
}

/// Calls `visit(const Node&)` for every scalar below `node` that has a template.
template <class Visit>
void visit_templates(const Node& node, const Visit& visit) {
  if (!node.templated) return;
  if (node.parsed != nullptr) visit(node);
  for (const Entry& entry : node.entries) visit_templates(*entry.value, visit);
}

/// Calls `visit(const Node& scalar, const Expression& reference)` for every reference below `node`.
template <class Visit>
void visit_references(const Node& node, const Visit& visit) {
  visit_templates(node, [&](const Node& scalar) {
    for (const Template::Part& part : scalar.parsed->parts)
      if (part.expression != nullptr)
        visit_expression(*part.expression, [&](const Expression& expression) {
          if (expression.operation == Operation::reference) visit(scalar, expression);
        });
  });
}

}  // namespace crosstie::config
