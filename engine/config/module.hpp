#pragma once
// The configuration and each link's copy of its blueprint, with the values that need no resource
// already computed.
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <unordered_map>

#include "engine/config/evaluator.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/variables.hpp"

namespace crosstie::config {

/// Locals, inputs and outputs that refer to each other in a row.
inline constexpr std::size_t kReferenceChainMax = 200;

/// One round of a for_each.
struct Each {
  std::string key;
  Value value;
};

struct Module;

/// The instances of one resource of a module: one, or one for each key.
struct ResourceGroup {
  const ResourceShape* shape = nullptr;
  bool failed = false;            // its for_each or its share key has an error
  std::vector<const Each*> each;  // with for_each
  std::unordered_map<std::string_view, const Each*> by_key;
  std::optional<std::string> shared_key;  // with `share`, once all modules are made
};

struct LinkGroup {
  const LinkShape* shape = nullptr;
  enum class Status { unseen, busy, done, failed } status = Status::unseen;
  std::map<std::string, Module*, std::less<>> by_key;  // "" without for_each
};

/// An input of a link: where its value is written.
struct Input {
  const VariableShape* shape = nullptr;
  const Node* node = nullptr;      // null pointer for a fixed value
  const Module* module = nullptr;  // in whose scope `node` stands
  const Each* each = nullptr;
  Value fixed;
  Place where;
};

/// A local, input or output, evaluated at most once while it depends on no resource.
struct Constant {
  enum class Status { unseen, busy, known, dynamic, failed } status = Status::unseen;
  Value value;  // of dynamic: with unknowns
};

struct ResourceUse {
  ResourceAddress address;
  Place where;
};

struct UseList {
  bool done = false;
  std::vector<ResourceUse> uses;
};

struct Module {
  const ModuleShape* shape = nullptr;
  std::string link;
  Place link_where;
  std::string blueprint;  // its name
  std::optional<std::string> link_key;
  std::string alias;
  std::filesystem::path folder;                        // where the paths of file() begin
  VariableValues variables;                            // of a configuration
  std::unordered_map<std::string_view, Input> inputs;  // of a link
  std::vector<ResourceGroup> groups;                   // as shape->resources
  std::vector<LinkGroup> links;                        // as shape->links
  /// Of this link's ends: connection by provider, from `provider:` in `local` and `remote`.
  std::map<std::string, std::string, std::less<>> connections;
  mutable std::unordered_map<const void*, Constant> constants;
  mutable std::unordered_map<const void*, UseList> uses;

  const ResourceGroup* group(std::string_view name) const {
    const ResourceShape* found = shape->resource(name);
    return found == nullptr || groups.empty()
               ? nullptr
               : &groups[static_cast<std::size_t>(found - shape->resources.data())];
  }
  ResourceAddress address(const ResourceShape& resource, const Each* round) const {
    const ResourceGroup* shared = resource.share == nullptr ? nullptr : group(resource.name);
    if (shared != nullptr && shared->shared_key)
      return {{}, {}, std::string(resource.name), shared->shared_key, true};
    return {link, link_key, std::string(resource.name),
            round == nullptr ? std::nullopt : std::optional(round->key)};
  }
  std::string name_prefix() const { return link.empty() ? "" : "link." + link + "."; }
  /// `link.logs["eu"]`, "" for the configuration itself.
  std::string print_link() const { return ResourceAddress{link, link_key, {}, {}}.print_link(); }
};

/// An error inside a built-in blueprint, which nobody can edit, is told at the link that uses it
/// so. False for any other error, which stays as it is.
bool blame_link(Diagnostic& error, const Module& module);

/// What all modules of a configuration share.
struct World {
  Diagnostics* errors = nullptr;  // while loading
  std::function<LinkGroup*(const LinkShape&)>
      expand;  // makes the modules of a link on first use, while loading
  mutable std::map<std::string, Outcome>
      files;  // a file is read once, so that a plan sees one text of it
  struct Step {
    const void* id;
    std::string name;
    Place where;
  };
  mutable std::vector<Step> open;  // constants being evaluated
};

/// Names as one resource, output or link sees them. Without a lookup, resources are unknown.
class ModuleScope final : public Scope {
 public:
  ModuleScope(const World& world, const Module& module, const Each* each = nullptr,
              const AttributeLookup* lookup = nullptr)
      : world_(world), module_(module), each_(each), lookup_(lookup) {}

  Result<Operand> get(const Expression& reference, const Value* key,
                      const Node& node) const override;
  Outcome read_file(const std::string& path) const override;

  /// For the loader, which computes all of them once.
  Result<Operand> local(const LocalShape& local) const;
  Result<Operand> input(const Input& input) const;
  Result<Operand> output(const OutputShape& output) const;

 private:
  struct Named {
    const void* id;
    std::string_view kind;
    std::string_view name;
    Place where;
  };
  template <class Evaluate>
  Result<Operand> constant(const Named& named, const Evaluate& evaluate) const;
  void report_circle(const void* id, const Place& where) const;

  Result<Operand> variable(const Expression& reference) const;
  Result<Operand> resource(const Expression& reference, const Value* key, const Node& node) const;
  Result<Operand> link(const Expression& reference, const Value* key, const Node& node) const;
  Result<Operand> link_attribute(const Module& module, const std::string& name) const;
  Value instance(const ResourceShape& shape, const Each* round) const;

  const World& world_;
  const Module& module_;
  const Each* each_;
  const AttributeLookup* lookup_;
};

/// The group of a link, made on first use; null pointer when it has errors.
const LinkGroup* link_group(const World& world, const Module& module, std::string_view name);

/// Every resource that the expressions below `node` refer to, through locals, inputs and outputs
/// too.
void collect_uses(const World& world, const Module& module, const Each* each, const Node& node,
                  std::vector<ResourceUse>& out);
/// Those of an entry of `depends_on`: a resource, or (by a link's name alone) all of its resources.
void collect_dependency(const World& world, const Module& module, const Each* each,
                        const DependsOnShape& dependency, std::vector<ResourceUse>& out);

}  // namespace crosstie::config
