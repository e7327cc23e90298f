// Links: finding their blueprints, and holding the inputs that are written against those that the
// blueprint declares.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/files.hpp"
#include "engine/config/loaded.hpp"
#include "engine/config/reference_check.hpp"
#include "engine/config/schema_check.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/template.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie::config {
namespace {

class BlueprintLoader {
 public:
  explicit BlueprintLoader(Loading& loading) : loading_(loading) {}

  void run() {
    for (LinkShape& link : loading_.loaded.shape.links) {
      if (link.broken) continue;
      link.blueprint = blueprint_of(link);
      if (link.blueprint != nullptr) check_inputs(link);
    }
  }

 private:
  static std::string_view text_of(const Node* node) {
    return node != nullptr && node->kind == NodeKind::string && !node->templated
               ? node->text
               : std::string_view();
  }

  const Blueprint* blueprint_of(const LinkShape& link) {
    const std::string_view name = text_of(link.blueprint_name);
    const std::string_view model = text_of(link.model);
    if (link.blueprint_name == nullptr && link.model == nullptr) {
      loading_.errors.push_back(make_error("link has no model",
                                           "The keys `model` and `blueprint` are both missing.",
                                           "To fix it, add `model: api_key`.", link.where.range()));
      return nullptr;
    }
    if (name.empty() && model.empty()) return nullptr;
    const bool by_name = !name.empty();
    const Blueprint* found = load(std::string(by_name ? name : model),
                                  by_name ? *link.blueprint_name : *link.model, by_name);
    if (found != nullptr && by_name && !model.empty() && model != found->model)
      loading_.errors.push_back(make_error(
          "model differs from the blueprint's",
          "The blueprint is of model `" + found->model + "`, not `" + std::string(model) + "`.",
          "To fix it, take `model` away.", link.model->where.range()));
    return found;
  }

  const Blueprint* load(const std::string& name, const Node& node, bool by_name) {
    const bool path = by_name && (name.find('/') != std::string::npos || name.ends_with(".yaml") ||
                                  name.ends_with(".yml"));
    // A model and a blueprint may have one name.
    const auto [entry, added] =
        loading_.loaded.blueprints.try_emplace((by_name ? "blueprint " : "model ") + name);
    if (!added) return entry->second.get();
    std::optional<std::string> text;
    std::string shown = "built-in blueprint " + name;
    if (path) {
      shown = (loading_.options.folder / name).lexically_normal().string();
      FileText file = read_text_file(loading_.options.folder / name, kFileBytesMax);
      if (!file.problem.empty()) {
        loading_.errors.push_back(
            make_error("blueprint cannot be read",
                       "The file " + shown + " cannot be read: " + file.problem + ".",
                       "To fix it, check the path; it begins at the folder of the configuration.",
                       node.where.range()));
        return nullptr;
      }
      text = std::move(file.text);
    } else if (loading_.options.builtin_blueprint &&
               (by_name || name == "api_key" || name == "certificate")) {
      text = loading_.options.builtin_blueprint(name);
    }
    if (!text) {
      refuse(name, node, by_name);
      return nullptr;
    }
    entry->second = read(std::move(shown), std::move(*text));
    return entry->second.get();
  }

  void refuse(const std::string& name, const Node& node, bool by_name) {
    if (!by_name && (name == "api_key" || name == "certificate"))
      loading_.errors.push_back(make_error(
          "model has no blueprint", "This crosstie has no blueprint for the model `" + name + "`.",
          "To fix it, name one with `blueprint:`.", node.where.range()));
    else if (!by_name)
      loading_.errors.push_back(
          make_error("unknown model of a link", "There is no model `" + name + "`.",
                     suggest(name, {"api_key", "certificate"}), node.where.range()));
    else
      loading_.errors.push_back(
          make_error("unknown blueprint", "There is no built-in blueprint `" + name + "`.",
                     suggest(name, loading_.options.builtin_blueprint_names) +
                         " A file is named with its path, like ./" + name + ".yaml.",
                     node.where.range()));
  }

  std::unique_ptr<Blueprint> read(std::string shown, std::string text) {
    auto blueprint = std::make_unique<Blueprint>();
    Diagnostics& errors = loading_.errors;
    const std::size_t before = errors.size();
    blueprint->document = parse_yaml(std::move(shown), std::move(text), errors);
    if (blueprint->document->root == nullptr) {
      if (errors.size() == before)
        errors.push_back(make_error("file is no blueprint",
                                    blueprint->document->file.name + " is empty.",
                                    "To fix it, name a blueprint file."));
      return nullptr;
    }
    compile_templates(*blueprint->document, errors);
    read_blueprint(*blueprint->document, loading_.types, *blueprint, errors);
    if (blueprint->name.empty()) blueprint->name = blueprint->document->file.name;
    check_references(blueprint->shape, errors);
    for (const ResourceShape& resource : blueprint->shape.resources)
      check_arguments(resource, errors);
    return blueprint;
  }

  void check_inputs(const LinkShape& link) {
    const ModuleShape& inside = link.blueprint->shape;
    std::vector<std::string> names = names_of(inside.variables);
    for (const Entry* input : link.inputs)
      if (inside.variable(input->key) == nullptr) {
        names.insert(names.end(), {"for_each", "model", "blueprint"});
        loading_.errors.push_back(make_error("unknown input",
                                             "The blueprint `" + link.blueprint->name +
                                                 "` has no input `" + std::string(input->key) +
                                                 "`.",
                                             suggest(input->key, names), input->where.range()));
      }
    for (const VariableShape& variable : inside.variables) {
      if (variable.fallback != nullptr || variable.name == "alias") continue;
      const bool given =
          std::any_of(link.inputs.begin(), link.inputs.end(),
                      [&](const Entry* input) { return input->key == variable.name; });
      if (given) continue;
      const std::string about =
          variable.description.empty() ? "." : ": " + variable.description + ".";
      loading_.errors.push_back(make_error(
          "input is missing",
          "The blueprint `" + link.blueprint->name + "` needs `" + variable.name + "`" + about,
          "To fix it, add `" + variable.name + ":` to the link.", link.where.range()));
    }
  }

  Loading& loading_;
};

}  // namespace

void load_blueprints(Loading& loading) { BlueprintLoader(loading).run(); }

}  // namespace crosstie::config
