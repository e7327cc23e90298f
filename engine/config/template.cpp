#include "engine/config/template.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/config/expression.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie::config {
namespace {

std::unique_ptr<Template> parse_template(const Node& node, Diagnostics& errors) {
  auto result = std::make_unique<Template>();
  result->node = &node;
  const std::string_view text = node.text;
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("$${")) {
      plain += "${";
      at += 3;
      continue;
    }
    if (!text.substr(at).starts_with("${")) {
      plain += text[at++];
      continue;
    }
    ParsedExpression parsed = parse_expression(text, at + 2, true);
    if (!parsed.expression) {
      const SyntaxError& error = parsed.error;
      errors.push_back(make_error("expression is not well-formed", error.detail, error.fix,
                                  place_in(node, error.begin, error.length).range()));
      return nullptr;
    }
    if (!plain.empty()) result->parts.push_back({std::move(plain), nullptr});
    plain.clear();
    result->parts.push_back({{}, std::move(parsed.expression)});
    at = parsed.end;
  }
  if (!plain.empty()) result->parts.push_back({std::move(plain), nullptr});
  return result;
}

}  // namespace

void compile_templates(Document& document, Diagnostics& errors) {
  for (Node& node : document.nodes) {
    if (!node.templated) continue;
    for (const Entry& entry : node.entries)
      if (entry.key.find("${") != std::string_view::npos)
        errors.push_back(make_error(
            "expression in a key", "The key of a mapping is text and cannot be computed.",
            "To fix it, build the mapping with merge() or in a variable.", entry.where.range()));
    if (!node.is_scalar()) continue;
    if (auto parsed = parse_template(node, errors)) {
      node.parsed = parsed.get();
      document.templates.push_back(std::move(parsed));
    }
  }
}

}  // namespace crosstie::config
