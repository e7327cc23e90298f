#include "engine/config/schema_check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/shape.hpp"
#include "engine/config/text.hpp"
#include "engine/config/yaml_scalar.hpp"
#include "engine/config/yaml_tree.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

constexpr std::string_view kSecretWays =
    "To fix it, give it by reference: {env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, "
    "{kubernetes_secret: {namespace: NAMESPACE, name: NAME, key: KEY}}, or a sensitive variable.";

std::string type_phrase(AttributeType type) {
  switch (type) {
    case AttributeType::boolean:
      return "true or false";
    case AttributeType::number:
      return "a number";
    case AttributeType::string:
      return "a string";
    case AttributeType::list:
      return "a list";
    case AttributeType::object:
      return "an object";
    default:
      return "a value";
  }
}

bool has_type(AttributeType type, const Value& value) {
  switch (type) {
    case AttributeType::boolean:
      return value.is_bool();
    case AttributeType::number:
      return value.is_number();
    case AttributeType::string:
      return value.is_string();
    case AttributeType::list:
      return value.is_list();
    case AttributeType::object:
      return value.is_object();
    default:
      return true;
  }
}

class ValueChecker {
 public:
  explicit ValueChecker(Diagnostics& errors) : errors_(errors) {}

  /// `node` is the nearest node to the value, `exact` whether it is the value's own.
  void check(const AttributeSchema& attribute, const Value& value, const Node& node,
             const std::string& name, bool exact, bool hidden) const {
    if (value.is_unknown() || value.is_null()) return;
    hidden = hidden || attribute.sensitive || value.sensitive();
    if (attribute.type == AttributeType::secret_reference) return secret(value, node, name);
    if (!has_type(attribute.type, value)) {
      return fail(node, hidden, "wrong type of an argument",
                  "`" + name + "` must be " + type_phrase(attribute.type) + ", not " +
                      describe(value) + ".",
                  way_to_type(attribute.type, value, exact && !node.templated));
    }
    if (value.is_string() && !attribute.allowed.empty())
      allowed(attribute, value, node, name, hidden);
    if (attribute.members.empty()) return;
    if (value.is_object()) members(attribute, value, node, name, exact, hidden);
    if (value.is_list()) items(attribute, value, node, name, exact, hidden);
  }

 private:
  /// `written`: the value stands in the file as it is.
  static std::string way_to_type(AttributeType type, const Value& value, bool written) {
    if (type == AttributeType::string && (value.is_number() || value.is_bool()))
      return written ? "To fix it, put the value into quotes."
                     : "To fix it, make a text of it: \"${format(\"%s\", ...)}\".";
    if (!value.is_string() || !written) return "";
    const NodeKind plain = read_plain(value.as_string()).kind;
    if (type == AttributeType::boolean)
      return plain == NodeKind::boolean ? "To fix it, take the quotes away."
                                        : "To fix it, write true or false, without quotes.";
    if (type == AttributeType::number)
      return plain == NodeKind::integer || plain == NodeKind::real
                 ? "To fix it, take the quotes away."
                 : "To fix it, write a number, without quotes.";
    return "";
  }

  void fail(const Node& node, bool hidden, std::string summary, std::string detail,
            std::string fix) const {
    errors_.push_back(make_error(std::move(summary), std::move(detail), std::move(fix),
                                 hidden ? node.where.hidden_range() : node.where.range()));
  }

  void allowed(const AttributeSchema& attribute, const Value& value, const Node& node,
               const std::string& name, bool hidden) const {
    const std::string& text = value.as_string();
    if (std::find(attribute.allowed.begin(), attribute.allowed.end(), text) !=
        attribute.allowed.end())
      return;
    const std::string shown = hidden ? "this value" : "`" + text + "`";
    fail(node, hidden, "value is not allowed",
         "`" + name + "` cannot be " + shown + "; it is one of " + list_names(attribute.allowed) +
             ".",
         hidden                                          ? ""
         : did_you_mean(text, attribute.allowed).empty() ? ""
                                                         : suggest(text, attribute.allowed));
  }

  void items(const AttributeSchema& attribute, const Value& value, const Node& node,
             const std::string& name, bool exact, bool hidden) const {
    const Value::List& list = value.as_list();
    const bool same = exact && node.is_sequence() && node.entries.size() == list.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Node& at = same ? *node.entries[i].value : node;
      const std::string item = name + "[" + std::to_string(i) + "]";
      if (list[i].is_unknown()) continue;
      if (!list[i].is_object()) {
        fail(at, hidden, "wrong type of an argument",
             "`" + item + "` must be an object, not " + describe(list[i]) + ".",
             "To fix it, write it like {" + attribute.members.front().name + ": ...}.");
        continue;
      }
      members(attribute, list[i], at, item, same, hidden);
    }
  }

  void members(const AttributeSchema& attribute, const Value& value, const Node& node,
               const std::string& name, bool exact, bool hidden) const {
    std::vector<std::string> names;
    for (const AttributeSchema& member : attribute.members) names.push_back(member.name);
    for (const auto& [key, member] : value.as_object()) {
      const auto schema =
          std::find_if(attribute.members.begin(), attribute.members.end(),
                       [&name = key](const AttributeSchema& m) { return m.name == name; });
      const Entry* entry = exact ? node.find(key) : nullptr;
      if (schema == attribute.members.end()) {
        errors_.push_back(make_error(
            "unknown argument", "`" + name + "` has no member `" + key + "`.", suggest(key, names),
            (entry != nullptr ? entry->where : node.where).range()));
        continue;
      }
      check(*schema, member, entry != nullptr ? *entry->value : node, name + "." + key,
            entry != nullptr, hidden);
    }
    for (const AttributeSchema& member : attribute.members)
      if (member.required && value.find(member.name) == nullptr)
        fail(node, hidden, "argument is missing", "`" + name + "` needs `" + member.name + "`.",
             "To fix it, add `" + member.name + ":` to it.");
  }

  void secret(const Value& value, const Node& node, const std::string& name) const {
    if (value.sensitive()) return;
    if (!value.is_object()) {
      errors_.push_back(make_error(
          "secret is written out",
          "`" + name + "` is a secret, and a secret must not stand in a configuration file.",
          std::string(kSecretWays), node.where.hidden_range()));
      return;
    }
    const std::string why = why_no_reference(value.as_object());
    if (!why.empty())
      errors_.push_back(make_error("reference to a secret is not well-formed",
                                   "`" + name + "` " + why, std::string(kSecretWays),
                                   node.where.hidden_range()));
  }

  /// "" for one of the four forms, complete; else the rest of a sentence.
  static std::string why_no_reference(const Value::Object& object) {
    const auto text = [](const Value& v) {
      return v.is_unknown() || (v.is_string() && !v.as_string().empty());
    };
    if (object.size() != 1)
      return "has " + std::to_string(object.size()) + " members; a reference has exactly one.";
    const auto& [key, way] = *object.begin();
    if (key == "env" || key == "file")
      return way.is_unknown() || text(way) ? "" : "has no text behind `" + key + "`.";
    if (key == "command") {
      const bool words = way.is_list() && !way.as_list().empty() &&
                         std::all_of(way.as_list().begin(), way.as_list().end(), text);
      return way.is_unknown() || words ? "" : "needs a list of words behind `command`.";
    }
    if (key != "kubernetes_secret") return "names no way to a secret that crosstie knows.";
    if (way.is_unknown()) return "";
    for (const char* part : {"namespace", "name", "key"})
      if (const Value* found = way.find(part); found == nullptr || !text(*found))
        return std::string("has no `") + part + "` behind `kubernetes_secret`.";
    return way.as_object().size() == 3 ? "" : "has an unknown member behind `kubernetes_secret`.";
  }

  Diagnostics& errors_;
};

void check_argument(const ResourceShape& resource, const Entry& entry, Diagnostics& errors) {
  const AttributeSchema* attribute = resource.schema->find(entry.key);
  if (attribute == nullptr) {
    std::vector<std::string> names;
    for (const AttributeSchema& one : resource.schema->attributes)
      if (!one.computed) names.push_back(one.name);
    const std::vector<std::string> meta{"adopt",    "depends_on", "for_each", "lifecycle",
                                        "provider", "share",      "type",     "when"};
    if (did_you_mean(entry.key, names).empty() && !did_you_mean(entry.key, meta).empty())
      names = meta;
    errors.push_back(make_error(
        "unknown argument",
        "`" + resource.schema->type + "` has no argument `" + std::string(entry.key) + "`.",
        suggest(entry.key, names), entry.where.range()));
  } else if (attribute->computed) {
    errors.push_back(make_error(
        "argument is set by the service",
        "`" + attribute->name + "` of `" + resource.schema->type + "` can be read, but not set.",
        "To fix it, take it away.", entry.where.range()));
  } else if (!entry.value->templated) {
    check_value(*attribute, to_value(*entry.value), *entry.value, errors);
  }
}

}  // namespace

void check_value(const AttributeSchema& attribute, const Value& value, const Node& node,
                 Diagnostics& errors) {
  ValueChecker(errors).check(attribute, value, node, attribute.name, true, false);
}

void check_arguments(const ResourceShape& resource, Diagnostics& errors) {
  if (resource.schema == nullptr) return;
  for (const Entry* entry : resource.arguments) check_argument(resource, *entry, errors);
  for (const AttributeSchema& attribute : resource.schema->attributes) {
    if (!attribute.required || attribute.computed) continue;
    const auto found =
        std::find_if(resource.arguments.begin(), resource.arguments.end(),
                     [&](const Entry* entry) { return entry->key == attribute.name; });
    const bool null = found != resource.arguments.end() && (*found)->value->kind == NodeKind::null;
    if (found != resource.arguments.end() && !null) continue;
    errors.push_back(
        make_error("argument is missing",
                   "`" + resource.schema->type + "` needs `" + attribute.name + "`" +
                       (attribute.description.empty() ? "." : ": " + attribute.description),
                   "To fix it, add `" + attribute.name + ":` to the resource.",
                   (null ? (*found)->where : resource.where).range()));
  }
}

}  // namespace crosstie::config
