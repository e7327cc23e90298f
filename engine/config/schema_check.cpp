#include "engine/config/schema_check.hpp"

#include <algorithm>

#include "engine/config/text.hpp"

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
      const bool quote =
          attribute.type == AttributeType::string && (value.is_number() || value.is_bool());
      const bool unquote = value.is_string() && (attribute.type == AttributeType::number ||
                                                 attribute.type == AttributeType::boolean);
      return fail(node, hidden, "wrong type of an argument",
                  "`" + name + "` must be " + type_phrase(attribute.type) + ", not " +
                      describe(value) + ".",
                  !exact    ? ""
                  : quote   ? "To fix it, put the value into quotes."
                  : unquote ? "To fix it, take the quotes away."
                            : "");
    }
    if (value.is_string() && !attribute.allowed.empty())
      allowed(attribute, value, node, name, hidden);
    if (attribute.members.empty()) return;
    if (value.is_object()) members(attribute, value, node, name, exact, hidden);
    if (value.is_list()) items(attribute, value, node, name, exact, hidden);
  }

 private:
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
             "`" + item + "` must be an object, not " + describe(list[i]) + ".", {});
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
                       [&key = key](const AttributeSchema& m) { return m.name == key; });
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
             {});
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
    const Value::Object& object = value.as_object();
    const auto text = [](const Value& v) {
      return v.is_unknown() || (v.is_string() && !v.as_string().empty());
    };
    bool good = false;
    if (object.size() == 1) {
      const auto& [key, way] = *object.begin();
      good = way.is_unknown() || ((key == "env" || key == "file") && text(way));
      if (key == "command" && way.is_list())
        good =
            !way.as_list().empty() && std::all_of(way.as_list().begin(), way.as_list().end(), text);
      if (key == "kubernetes_secret" && way.is_object()) {
        const Value* parts[] = {way.find("namespace"), way.find("name"), way.find("key")};
        good = way.as_object().size() == 3 &&
               std::all_of(std::begin(parts), std::end(parts),
                           [&](const Value* part) { return part != nullptr && text(*part); });
      }
    }
    if (!good)
      errors_.push_back(make_error("reference to a secret is not well-formed",
                                   "`" + name + "` does not say where the secret is.",
                                   std::string(kSecretWays), node.where.hidden_range()));
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
                                        "provider", "type",       "when"};
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
