#include "engine/config/variables.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/config/files.hpp"
#include "engine/config/shape.hpp"
#include "engine/config/source.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

/// A value from outside the configuration.
struct Given {
  Value value;
  std::string from;  // "-var", "CROSSTIE_VAR_name", "the file prod.yaml"
  std::optional<Place> where;
};

bool has_type(const std::string& type, const Value& value) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "bool") return value.is_bool();
  if (type == "list") return value.is_list();
  if (type == "object") return value.is_object();
  return true;
}

std::string type_phrase(const std::string& type) {
  if (type == "bool") return "true or false";
  return (type == "object" ? "an " : "a ") + type;
}

std::optional<SourceRange> range_of(const std::optional<Place>& where, bool hidden) {
  if (!where || where->file == nullptr) return std::nullopt;
  return hidden ? where->hidden_range() : where->range();
}

class Variables {
 public:
  Variables(const ModuleShape& module, const LoadOptions& options, Diagnostics& errors)
      : module_(module), options_(options), errors_(errors) {}

  VariableValues run() {
    for (const auto& [name, text] : options_.environment)
      if (module_.variable(name) != nullptr)
        given_[name] = {Value(text), "CROSSTIE_VAR_" + name, {}};
    for (const auto& path : options_.variable_files) read_file(path);
    for (const std::string& text : options_.variables) read_option(text);
    VariableValues values;
    for (const VariableShape& variable : module_.variables)
      values.emplace(variable.name, value_of(variable));
    return values;
  }

 private:
  void refuse_unknown(std::string_view name, std::string from, const std::optional<Place>& where) {
    std::string fix = suggest(name, names_of(module_.variables));
    if (fix.empty()) fix = "To fix it, declare it under `variables`.";
    errors_.push_back(make_error(
        "unknown variable",
        "There is no variable `" + std::string(name) + "`, which " + std::move(from) + " sets.",
        std::move(fix), range_of(where, true)));
  }

  void read_option(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      // The text itself may be a value that must not be shown.
      errors_.push_back(make_error("-var is not well-formed",
                                   "An option -var has no name before `=`.",
                                   "To fix it, write it like\n  -var name=value"));
      return;
    }
    const std::string name = text.substr(0, equals);
    if (module_.variable(name) == nullptr) return refuse_unknown(name, "-var", {});
    given_[name] = {Value(text.substr(equals + 1)), "-var", {}};
  }

  void read_file(const std::filesystem::path& path) {
    FileText file = read_text_file(path, kFileBytesMax);
    if (!file.problem.empty()) {
      errors_.push_back(
          make_error("variable file cannot be read",
                     "The file " + path.string() + " cannot be read: " + file.problem + ".",
                     "To fix it, check the path after -var-file."));
      return;
    }
    Diagnostics found;
    const auto document = parse_yaml(path.string(), std::move(file.text), found);
    // Its lines may hold values that must not be shown.
    for (Diagnostic& error : found)
      if (error.where) error.where->line_text.clear();
    append(errors_, found);
    documents_.push_back(document);
    if (document->root == nullptr) return;
    if (!document->root->is_mapping()) {
      errors_.push_back(make_error("wrong kind of value",
                                   "A variable file must be a mapping of names to values.", {},
                                   Place{&document->file, 1, 1, 1}.hidden_range()));
      return;
    }
    for (const Entry& entry : document->root->entries) {
      if (module_.variable(entry.key) == nullptr)
        refuse_unknown(entry.key, "the file " + path.string(), entry.where);
      else
        given_[std::string(entry.key)] = {to_value(*entry.value), "the file " + path.string(),
                                          entry.where};
    }
  }

  Value value_of(const VariableShape& variable) {
    const auto found = given_.find(variable.name);
    if (found == given_.end() && variable.fallback == nullptr) return missing(variable);
    if (found == given_.end()) return fallback(variable);
    Given& given = found->second;
    convert(variable, given.value);
    if (given.value.is_null() && variable.fallback != nullptr) return fallback(variable);
    const std::string problem = misfit(variable, given.value);
    if (!problem.empty()) {
      errors_.push_back(
          make_error("value does not fit the variable",
                     problem + " It comes from " + given.from + ".", way_out(variable, given),
                     given.where ? range_of(given.where, true) : range_of(variable.where, false)));
      return Value::unknown("");
    }
    return std::move(given.value.mark_sensitive(variable.sensitive));
  }

  static std::string way_out(const VariableShape& variable, const Given& given) {
    if (variable.type == "string" && (given.value.is_number() || given.value.is_bool()))
      return "To fix it, put the value into quotes.";
    if (variable.type == "number") return "To fix it, give a number, like 3.";
    if (variable.type == "bool") return "To fix it, give true or false.";
    if (variable.type == "list") return "To fix it, give a list, like [a, b].";
    if (variable.type == "object") return "To fix it, give an object, like {a: 1}.";
    return "";
  }

  Value missing(const VariableShape& variable) {
    const std::string about = variable.description.empty() ? "" : " (" + variable.description + ")";
    errors_.push_back(make_error(
        "variable has no value",
        "`" + variable.name + "`" + about + " has no default, and no value was given.",
        "To fix it, give one by -var, by a file with -var-file, or by the environment:\n  -var " +
            variable.name + "=VALUE\n  export CROSSTIE_VAR_" + variable.name + "=VALUE",
        variable.where.range()));
    return Value::unknown("");
  }

  Value fallback(const VariableShape& variable) {
    Value value = to_value(*variable.fallback);
    const std::string problem = value.is_null() ? "" : misfit(variable, value);
    if (!problem.empty()) {
      const Place where = variable.fallback->where;
      errors_.push_back(make_error("default does not fit the variable", problem,
                                   variable.type == "string" && !value.is_string()
                                       ? "To fix it, put the default into quotes."
                                       : "",
                                   variable.sensitive ? where.hidden_range() : where.range()));
      return Value::unknown("");
    }
    return std::move(value.mark_sensitive(variable.sensitive));
  }

  /// A text for a variable of another type is read as YAML.
  static void convert(const VariableShape& variable, Value& value) {
    if (!value.is_string() || variable.type == "string" || variable.type == "any") return;
    Diagnostics errors;
    const auto document = parse_yaml("value", value.as_string(), errors);
    if (errors.empty() && document->root != nullptr) value = to_value(*document->root);
  }

  const ModuleShape& module_;
  const LoadOptions& options_;
  Diagnostics& errors_;
  std::map<std::string, Given, std::less<>> given_;
  std::vector<std::shared_ptr<Document>> documents_;
};

}  // namespace

std::string misfit(const VariableShape& variable, const Value& value) {
  const std::string name = "`" + variable.name + "`";
  if (value.is_unknown()) return "";
  if (value.is_null() && variable.type != "any")
    return name + " must be " + type_phrase(variable.type) + ", not null.";
  if (!has_type(variable.type, value))
    return name + " must be " + type_phrase(variable.type) + ", not " + describe(value) + ".";
  if (variable.allowed == nullptr || value.contains_unknown()) return "";
  std::vector<std::string> words;
  for (const Entry& entry : variable.allowed->entries) {
    if (to_value(*entry.value) == value) return "";
    words.emplace_back(entry.value->text);
  }
  return name + " must be one of " + list_names(words) + ".";
}

VariableValues variable_values(const ModuleShape& module, const LoadOptions& options,
                               Diagnostics& errors) {
  return Variables(module, options, errors).run();
}

}  // namespace crosstie::config
