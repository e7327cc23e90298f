#include "providers/elasticsearch/access_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/model/value.hpp"
#include "providers/ech/json_read.hpp"

namespace crosstie::elasticsearch {
namespace {

bool empty(const Value& value) {
  if (value.is_null()) return true;
  if (value.is_list()) return value.as_list().empty();
  return value.is_object() && value.as_object().empty();
}

std::string sort_key(const Value& value) { return json_read::dump(to_json(value)); }

Value sorted(Value::List list) {
  std::sort(list.begin(), list.end(),
            [](const Value& a, const Value& b) { return sort_key(a) < sort_key(b); });
  return Value(std::move(list));
}

// A query may be written as an object or as the text of one; Elasticsearch gives it back as a text.
Value normal_query(const Value& query) {
  if (!query.is_string()) return query;
  const nlohmann::json parsed = json_read::parse(query.as_string());
  return parsed.is_discarded() ? query : from_json(parsed);
}

Value normal_field_security(const Value& security) {
  if (!security.is_object()) return security;
  Value normal{Value::Object{}};
  for (const auto& [name, value] : security.as_object()) {
    Value names = normal_names(value);
    if (!empty(names)) normal.set(name, std::move(names));
  }
  return normal;
}

Value normal_rule(const Value& rule) {
  if (!rule.is_object()) return rule;
  Value normal{Value::Object{}};
  for (const auto& [name, value] : rule.as_object()) {
    Value member = value;
    if (name == "query")
      member = normal_query(value);
    else if (name == "field_security")
      member = normal_field_security(value);
    else if (name == "allow_restricted_indices")
      member = value.is_bool() && !value.as_bool() ? Value() : value;
    else if (value.is_string() || value.is_list())
      member = name == "application" ? value : normal_names(value);
    if (!empty(member)) normal.set(name, std::move(member));
  }
  return normal;
}

}  // namespace

Value normal_names(const Value& names) {
  if (names.is_string()) return Value(Value::List{names});
  return names.is_list() ? sorted(names.as_list()) : names;
}

Value normal_rules(const Value& rules) {
  if (rules.is_object()) return Value(Value::List{normal_rule(rules)});
  if (!rules.is_list()) return rules;
  Value::List list;
  for (const Value& rule : rules.as_list()) list.push_back(normal_rule(rule));
  return sorted(std::move(list));
}

Value normal_access(const Value& access) {
  if (!access.is_object()) return access;
  Value normal{Value::Object{}};
  for (const auto& [name, rules] : access.as_object()) {
    Value list = normal_rules(rules);
    if (!empty(list)) normal.set(name, std::move(list));
  }
  return normal;
}

Value without_mark(const Value& metadata) {
  if (!metadata.is_object()) return metadata;
  Value rest = metadata;
  rest.erase("crosstie");
  return rest;
}

}  // namespace crosstie::elasticsearch
