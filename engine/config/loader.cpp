#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/reference_check.hpp"
#include "engine/config/schema_check.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"

namespace crosstie {
namespace config {
namespace {

constexpr std::size_t kErrorsMax = 200;

/// In the order of the files, each error once.
Diagnostics tidy(Diagnostics errors) {
  const auto key = [](const Diagnostic& d) {
    return d.where ? std::tuple(d.where->file, d.where->line, d.where->column)
                   : std::tuple(std::string(), 0, 0);
  };
  std::stable_sort(errors.begin(), errors.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  const auto same = [](Diagnostic a, const Diagnostic& b) {
    // An error of a blueprint is found again in each link that uses it.
    a.address = b.address;
    return a == b;
  };
  errors.erase(std::unique(errors.begin(), errors.end(), same), errors.end());
  if (errors.size() <= kErrorsMax) return errors;
  const std::size_t more = errors.size() - kErrorsMax;
  errors.resize(kErrorsMax);
  errors.push_back(make_error("there are more errors",
                              std::to_string(more) + " more errors are not shown.",
                              "To fix it, begin with those above."));
  return errors;
}

/// Where secrets are written although they must not be, and values that are never shown.
void collect_hidden(const ModuleShape& module, std::vector<Place>& out) {
  for (const VariableShape& variable : module.variables)
    if (variable.sensitive && variable.fallback != nullptr) out.push_back(variable.fallback->where);
  for (const ResourceShape& resource : module.resources)
    for (const Entry* argument : resource.arguments) {
      const AttributeSchema* attribute =
          resource.schema == nullptr ? nullptr : resource.schema->find(argument->key);
      if (attribute != nullptr &&
          (attribute->sensitive || attribute->type == AttributeType::secret_reference))
        out.push_back(argument->value->where);
    }
}

void collect_hidden_inputs(const LinkShape& link, std::vector<Place>& out) {
  for (const Entry* input : link.inputs) {
    const VariableShape* variable = link.blueprint->shape.variable(input->key);
    if (variable != nullptr && variable->sensitive) out.push_back(input->value->where);
  }
}

/// An error may point at a line that holds a secret in another place; from there on the line is not
/// shown.
void hide_secrets(const Loaded& loaded, Diagnostics& errors) {
  std::vector<Place> hidden;
  collect_hidden(loaded.shape, hidden);
  for (const auto& [name, blueprint] : loaded.blueprints)
    if (blueprint != nullptr) collect_hidden(blueprint->shape, hidden);
  for (const LinkShape& link : loaded.shape.links)
    if (link.blueprint != nullptr) collect_hidden_inputs(link, hidden);
  std::map<std::pair<std::string, int>, SourceRange> lines;
  for (const Place& place : hidden)
    if (place.file != nullptr) {
      SourceRange range = place.hidden_range();
      std::string file = range.file;
      const auto [found, added] = lines.try_emplace({std::move(file), range.line}, range);
      if (!added && range.column < found->second.column) found->second = range;
    }
  for (Diagnostic& error : errors) {
    if (!error.where || error.where->line_text.empty()) continue;
    const auto found = lines.find({error.where->file, error.where->line});
    if (found != lines.end()) error.where->line_text = found->second.line_text;
  }
}

}  // namespace
}  // namespace config

Result<std::shared_ptr<const Configuration>> load_configuration(const LoadOptions& options,
                                                                const SchemaCatalog& schemas) {
  using namespace config;
  auto loaded = std::make_shared<Loaded>();
  const TypeTable types(schemas);
  Diagnostics errors;
  Loading loading{options, types, *loaded, errors};
  loaded->world.errors = &errors;
  if (read_folder(loading)) {
    load_blueprints(loading);
    check_references(loaded->shape, errors);
    for (const ResourceShape& resource : loaded->shape.resources) check_arguments(resource, errors);
    build_modules(loading);
    build_connections(loading);
    resolve_shares(loading);
    build_resources(loading);
  }
  loaded->world.errors = nullptr;
  if (!errors.empty()) {
    hide_secrets(*loaded, errors);
    return tidy(std::move(errors));
  }
  return std::shared_ptr<const Configuration>(std::move(loaded));
}

}  // namespace crosstie
