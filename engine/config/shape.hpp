#pragma once
// What is written in the files, before anything is evaluated: names with their places, and nodes of
// the trees. Views and pointers point into documents, which the configuration keeps.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/expression.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/schema.hpp"

namespace crosstie::config {

/// `validation` of a variable, `precondition` of a resource.
struct ConditionShape {
  const Node* condition = nullptr;
  const Node* message = nullptr;
  Place where;
};

/// A variable of the configuration, or an input of a blueprint.
struct VariableShape {
  std::string name;
  Place where;
  std::string type = "any";
  const Node* fallback = nullptr;  // `default`; null pointer when the value must be given
  std::string description;
  bool sensitive = false;
  std::vector<ConditionShape> validation;
  const Node* allowed = nullptr;
};

struct LocalShape {
  std::string_view name;
  Place where;
  const Node* value = nullptr;
};

struct ProviderShape {
  std::string_view name;  // "kubernetes", "kubernetes.west"
  Place where;
  const Node* settings = nullptr;
};

struct Blueprint;

struct LinkShape {
  std::string_view name;
  Place where;
  const Node* model = nullptr;
  const Node* blueprint_name = nullptr;
  const Node* alias = nullptr;
  const Node* for_each = nullptr;
  std::vector<const Entry*> inputs;
  bool broken = false;                   // no mapping; what it lacks is no second error
  const Blueprint* blueprint = nullptr;  // null pointer when it could not be loaded
};

/// One entry of `depends_on`.
struct DependsOnShape {
  ExpressionPtr owned;  // written as plain text
  const Expression* reference = nullptr;
  const Node* node = nullptr;
};

/// The rarely used part of a resource.
struct ResourceExtras {
  Lifecycle lifecycle;
  std::vector<ConditionShape> preconditions;
  std::vector<DependsOnShape> depends_on;
};

struct ResourceShape {
  std::string_view name;
  Place where;
  std::string_view type;
  Place type_where;
  const ResourceSchema* schema = nullptr;  // null pointer when the type is not known
  std::string_view connection;             // of `provider`, "" when none is written
  Place connection_where;
  const Node* for_each = nullptr;
  const Node* when = nullptr;
  const Node* share = nullptr;
  Place share_where;  // of the key
  Adoption adoption = Adoption::never;
  std::vector<const Entry*> arguments;  // by name
  std::unique_ptr<ResourceExtras> extras;
};

struct OutputShape {
  std::string_view name;
  Place where;
  const Node* value = nullptr;
  std::string description;
  bool sensitive = false;
};

/// A configuration, or a blueprint.
struct ModuleShape {
  std::vector<VariableShape> variables;
  std::vector<LocalShape> locals;
  std::vector<ProviderShape> providers;
  std::vector<LinkShape> links;
  std::vector<ResourceShape> resources;
  std::vector<OutputShape> outputs;
  bool is_blueprint = false;

  std::unordered_map<std::string_view, std::size_t> variable_index, local_index, provider_index,
      link_index, resource_index, output_index;

  const VariableShape* variable(std::string_view name) const {
    return find(variables, variable_index, name);
  }
  const LocalShape* local(std::string_view name) const { return find(locals, local_index, name); }
  const LinkShape* link(std::string_view name) const { return find(links, link_index, name); }
  const ResourceShape* resource(std::string_view name) const {
    return find(resources, resource_index, name);
  }
  const OutputShape* output(std::string_view name) const {
    return find(outputs, output_index, name);
  }

 private:
  template <class T>
  static const T* find(const std::vector<T>& all,
                       const std::unordered_map<std::string_view, std::size_t>& index,
                       std::string_view name) {
    const auto found = index.find(name);
    return found == index.end() ? nullptr : &all[found->second];
  }
};

struct Blueprint {
  std::string name;
  std::string model;
  std::shared_ptr<Document> document;
  ModuleShape shape;
};

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const T& one : all) names.emplace_back(one.name);
  return names;
}

/// Types by name, without a search through the catalog for each resource.
class TypeTable {
 public:
  explicit TypeTable(const SchemaCatalog& catalog);
  const ResourceSchema* find(std::string_view type) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string_view, const ResourceSchema*> types_;
  std::vector<std::string> names_;
};

/// Adds what a file holds to `module`: unknown keys, wrong kinds, names that exist already are
/// added to `errors`.
void read_configuration(const Document& document, const TypeTable& types, ModuleShape& module,
                        Diagnostics& errors);
void read_blueprint(const Document& document, const TypeTable& types, Blueprint& blueprint,
                    Diagnostics& errors);

inline constexpr std::string_view kConfigurationKeys[] = {
    "crosstie", "variables", "locals", "providers", "links", "resources", "outputs"};

}  // namespace crosstie::config
