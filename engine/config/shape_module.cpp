// The sections of a configuration and of a blueprint.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/config/shape.hpp"
#include "engine/config/shape_read.hpp"
#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"

namespace crosstie::config {
namespace {

constexpr std::string_view kTypes[] = {"any", "bool", "list", "number", "object", "string"};
constexpr std::string_view kProviders[] = {"ech", "elasticsearch", "kubernetes", "null"};

class Reader {
 public:
  Reader(const TypeTable& types, ModuleShape& module, Diagnostics& errors)
      : types_(types), module_(module), errors_(errors) {}

  void section(const Entry& entry) {
    const std::string_view key = entry.key;
    if (!expect_mapping(*entry.value, entry.where, "`" + std::string(key) + "`", errors_)) return;
    const std::vector<Entry>& entries = entry.value->entries;
    if (key == "variables" || key == "inputs") {
      each(entries, key == "inputs" ? "an input" : "a variable", module_.variables,
           module_.variable_index, [&](const Entry& e, VariableShape& v) { variable(e, v); });
    } else if (key == "locals") {
      each(entries, "a local value", module_.locals, module_.local_index,
           [](const Entry& e, LocalShape& local) { local.value = e.value; });
    } else if (key == "providers") {
      each(entries, "", module_.providers, module_.provider_index,
           [&](const Entry& e, ProviderShape& p) { provider(e, p); });
    } else if (key == "links") {
      each(entries, "a link", module_.links, module_.link_index,
           [&](const Entry& e, LinkShape& l) { link(e, l); });
    } else if (key == "resources") {
      module_.resources.reserve(module_.resources.size() + entries.size());
      module_.resource_index.reserve(module_.resources.size() + entries.size());
      each(entries, "a resource", module_.resources, module_.resource_index,
           [&](const Entry& e, ResourceShape& r) {
             read_resource(e, types_, r, errors_);
             check_share(r, module_.is_blueprint, errors_);
           });
    } else if (key == "outputs") {
      each(entries, "an output", module_.outputs, module_.output_index,
           [&](const Entry& e, OutputShape& o) { output(e, o); });
    }
  }

 private:
  template <class T, class Read>
  void each(const std::vector<Entry>& entries, std::string_view what, std::vector<T>& all,
            std::unordered_map<std::string_view, std::size_t>& index, const Read& read) {
    for (const Entry& entry : entries) {
      if (!what.empty() && !check_name(entry.key, entry.where, what, errors_)) continue;
      const auto [found, added] = index.emplace(entry.key, all.size());
      if (!added) {
        duplicate(entry, all[found->second].where, what.empty() ? "a connection" : what);
        continue;
      }
      T& shape = all.emplace_back();
      shape.name = entry.key;
      shape.where = entry.where;
      read(entry, shape);
    }
  }

  void duplicate(const Entry& entry, const Place& first, std::string_view what) {
    // Twice in one file is twice in one mapping, which the YAML reader has told already.
    if (first.file == entry.where.file) return;
    errors_.push_back(make_error("name is used twice",
                                 "There is " + std::string(what) + " `" + std::string(entry.key) +
                                     "` at " + first.file->name + ":" + std::to_string(first.line) +
                                     ":" + std::to_string(first.column) + " already.",
                                 "To fix it, rename one of the two.", entry.where.range()));
  }

  void variable(const Entry& entry, VariableShape& out) {
    static constexpr std::string_view kKeys[] = {"allowed",   "default", "description",
                                                 "sensitive", "type",    "validation"};
    if (!expect_mapping(*entry.value, entry.where, "A variable", errors_)) {
      out.fallback = entry.value;  // that it has no value is no second error
      return;
    }
    check_keys(*entry.value, kKeys, module_.is_blueprint ? "an input" : "a variable", errors_);
    for (const Entry& key : entry.value->entries) {
      if (key.key == "type")
        variable_type(key, out);
      else if (key.key == "default")
        variable_default(key, out);
      else if (key.key == "description")
        out.description = read_text(key, "`description`", errors_).value_or("");
      else if (key.key == "sensitive")
        out.sensitive = read_bool(key, "`sensitive`", errors_).value_or(true);
      else if (key.key == "validation")
        out.validation = read_conditions(key, "validation", errors_);
      else if (key.key == "allowed")
        variable_allowed(key, out);
    }
  }

  void variable_type(const Entry& key, VariableShape& out) {
    const auto type = read_text(key, "`type`", errors_);
    if (!type) return;
    if (std::find(std::begin(kTypes), std::end(kTypes), *type) != std::end(kTypes)) {
      out.type = *type;
      return;
    }
    errors_.push_back(make_error(
        "unknown type of a variable", "`" + std::string(*type) + "` is no type.",
        suggest(*type, {std::begin(kTypes), std::end(kTypes)}), key.value->where.range()));
  }

  void variable_default(const Entry& key, VariableShape& out) {
    out.fallback = key.value;
    if (key.value->templated)
      errors_.push_back(make_error("default is not constant",
                                   "A default is taken as it is written and cannot hold `${...}`.",
                                   "To fix it, compute the value under `locals`, or write $${ for "
                                   "the two characters themselves.",
                                   key.value->where.range()));
  }

  void variable_allowed(const Entry& key, VariableShape& out) {
    if (key.value->is_sequence() && !key.value->templated) {
      out.allowed = key.value;
      return;
    }
    errors_.push_back(make_error("wrong kind of value", "`allowed` must be a list of plain values.",
                                 "To fix it, write it like [small, large].", key.where.range()));
  }

  void provider(const Entry& entry, ProviderShape& out) {
    out.settings = entry.value;
    const std::string_view name = entry.key;
    const std::string_view kind = name.substr(0, name.find('.'));
    if (std::find(std::begin(kProviders), std::end(kProviders), kind) == std::end(kProviders))
      errors_.push_back(make_error(
          "unknown provider", "There is no provider `" + std::string(kind) + "`.",
          suggest(kind, {std::begin(kProviders), std::end(kProviders)}), entry.where.range()));
    if (kind.size() < name.size())
      check_name(name.substr(kind.size() + 1), entry.where, "a connection", errors_);
    expect_mapping(*entry.value, entry.where, "A connection", errors_);
  }

  void link(const Entry& entry, LinkShape& out) {
    if (!expect_mapping(*entry.value, entry.where, "A link", errors_)) {
      out.broken = true;
      return;
    }
    for (const Entry& key : entry.value->entries) {
      if (key.key == "model")
        out.model = key.value;
      else if (key.key == "blueprint")
        out.blueprint_name = key.value;
      else if (key.key == "alias")
        out.alias = key.value;
      else if (key.key == "for_each")
        out.for_each = key.value;
      else
        out.inputs.push_back(&key);
      if (key.key == "model" || key.key == "blueprint")
        read_text(key, "`" + std::string(key.key) + "`", errors_);
    }
  }

  void output(const Entry& entry, OutputShape& out) {
    static constexpr std::string_view kKeys[] = {"description", "sensitive", "value"};
    const Entry* value = entry.value->find("value");
    out.value = entry.value;
    if (value == nullptr) {
      // A mapping may be the value itself; one of our own keys alone is a slip.
      if (entry.value->find("sensitive") != nullptr || entry.value->find("description") != nullptr)
        errors_.push_back(make_error("output has no value", "The key `value` is missing.",
                                     "To fix it, add `value:` beside the other keys.",
                                     entry.where.range()));
      return;
    }
    check_keys(*entry.value, kKeys, "an output", errors_);
    out.value = value->value;
    if (const Entry* key = entry.value->find("description"))
      out.description = read_text(*key, "`description`", errors_).value_or("");
    if (const Entry* key = entry.value->find("sensitive"))
      out.sensitive = read_bool(*key, "`sensitive`", errors_).value_or(true);
  }

  const TypeTable& types_;
  ModuleShape& module_;
  Diagnostics& errors_;
};

void check_version(const Entry& entry, std::string_view what, Diagnostics& errors) {
  if (entry.value->kind == NodeKind::integer && entry.value->text == "1") return;
  errors.push_back(make_error(
      "unknown version of the language",
      "The only version of a " + std::string(what) + " file is 1.",
      "To fix it, write `" + std::string(entry.key) + ": 1`, or use a newer crosstie.",
      entry.value->kind == NodeKind::null ? entry.where.range() : entry.value->where.range()));
}

}  // namespace

TypeTable::TypeTable(const SchemaCatalog& catalog) {
  for (const ResourceSchema& schema : catalog.all()) {
    types_.emplace(schema.type, &schema);
    names_.push_back(schema.type);
  }
  std::sort(names_.begin(), names_.end());
}

const ResourceSchema* TypeTable::find(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : found->second;
}

void read_configuration(const Document& document, const TypeTable& types, ModuleShape& module,
                        Diagnostics& errors) {
  if (const Entry* both = document.root->find("blueprint")) {
    errors.push_back(make_error("file is configuration and blueprint at once",
                                "It has `crosstie:` and `blueprint:` at its top level.",
                                "To fix it, take one of the two away.", both->where.range()));
    return;
  }
  check_keys(*document.root, kConfigurationKeys, "a configuration", errors);
  Reader reader(types, module, errors);
  for (const Entry& entry : document.root->entries) {
    if (entry.key == "crosstie")
      check_version(entry, "configuration", errors);
    else
      reader.section(entry);
  }
}

void read_blueprint(const Document& document, const TypeTable& types, Blueprint& blueprint,
                    Diagnostics& errors) {
  static constexpr std::string_view kKeys[] = {"blueprint", "description", "inputs",  "locals",
                                               "model",     "name",        "outputs", "resources"};
  blueprint.shape.is_blueprint = true;
  const Node& root = *document.root;
  if (!expect_mapping(root, root.where, "A blueprint", errors)) return;
  if (root.find("blueprint") == nullptr) {
    errors.push_back(make_error("file is no blueprint", "The key `blueprint: 1` is missing.",
                                "To fix it, name a blueprint file in the link, or add the key.",
                                root.where.range()));
    return;
  }
  check_keys(root, kKeys, "a blueprint", errors);
  Reader reader(types, blueprint.shape, errors);
  for (const Entry& entry : root.entries) {
    if (entry.key == "blueprint")
      check_version(entry, "blueprint", errors);
    else if (entry.key == "name")
      blueprint.name = read_text(entry, "`name`", errors).value_or("");
    else if (entry.key == "model")
      blueprint.model = read_text(entry, "`model`", errors).value_or("");
    else if (entry.key == "description")
      read_text(entry, "`description`", errors);
    else if (std::find(std::begin(kKeys), std::end(kKeys), entry.key) != std::end(kKeys))
      reader.section(entry);
  }
}

}  // namespace crosstie::config
