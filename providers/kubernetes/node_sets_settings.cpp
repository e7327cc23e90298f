#include "providers/kubernetes/node_sets_settings.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/server_shape.hpp"

namespace crosstie::kubernetes {
namespace {

void collect_spellings(Value& config, std::string_view dotted, std::vector<Spelling>& found) {
  if (!config.is_object()) return;
  for (auto& [key, value] : config.as_object()) {
    if (key == dotted) {
      found.push_back({&config, key});
    } else if (dotted.size() > key.size() && dotted.starts_with(key) && dotted[key.size()] == '.') {
      collect_spellings(value, dotted.substr(key.size() + 1), found);
    }
  }
}

void append_items(const Value& value, Value::List& items) {
  if (value.is_list()) {
    items.insert(items.end(), value.as_list().begin(), value.as_list().end());
  } else if (!value.is_null()) {
    items.push_back(value);
  }
}

void collect_items(const Value& config, std::string_view dotted, Value::List& items,
                   bool& spelled) {
  if (!config.is_object()) return;
  for (const auto& [key, value] : config.as_object()) {
    if (key == dotted) {
      spelled = true;
      append_items(value, items);
    } else if (dotted.size() > key.size() && dotted.starts_with(key) && dotted[key.size()] == '.') {
      collect_items(value, dotted.substr(key.size() + 1), items, spelled);
    }
  }
}

}  // namespace

std::vector<Spelling> find_spellings(Value& config, std::string_view dotted) {
  std::vector<Spelling> found;
  collect_spellings(config, dotted, found);
  return found;
}

Value::List items_of(const std::vector<Spelling>& spellings) {
  Value::List items;
  for (const Spelling& spelling : spellings) append_items(spelling.value(), items);
  return items;
}

Value::List items_at(const Value& config, std::string_view dotted, bool* spelled) {
  Value::List items;
  bool any = false;
  collect_items(config, dotted, items, any);
  if (spelled != nullptr) *spelled = any;
  return items;
}

void flatten_settings(const Value& config, const std::string& prefix, Value::Object& flat) {
  for (const auto& [key, value] : config.as_object()) {
    const std::string dotted = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object() && !value.as_object().empty()) {
      flatten_settings(value, dotted, flat);
    } else if (const auto twice = flat.find(dotted); twice != flat.end() && value.is_list()) {
      Value::List both;
      append_items(twice->second, both);
      append_items(value, both);
      twice->second = Value(std::move(both));
    } else {
      flat.insert_or_assign(dotted, value);
    }
  }
}

bool setting_holds(const Value& wanted, const Value::List& present) {
  if (!wanted.is_list()) return present.size() == 1 && same_text(present.front(), wanted);
  return std::all_of(wanted.as_list().begin(), wanted.as_list().end(),
                     [&](const Value& item) { return has_item(present, item); });
}

bool has_item(const Value::List& list, const Value& item) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Value& one) { return one == item || same_text(one, item); });
}

bool is_hollow(const Value& value) {
  if (value.is_null()) return true;
  if (value.is_list()) return value.as_list().empty();
  if (!value.is_object()) return false;
  return std::all_of(value.as_object().begin(), value.as_object().end(),
                     [](const auto& member) { return is_hollow(member.second); });
}

bool same_but_hollow(const Value& a, const Value& b) {
  if (!a.is_object() || !b.is_object()) return a == b || (is_hollow(a) && is_hollow(b));
  const auto covers = [](const Value& one, const Value& other) {
    return std::all_of(one.as_object().begin(), one.as_object().end(), [&](const auto& member) {
      const Value* there = other.find(member.first);
      return there == nullptr ? is_hollow(member.second) : same_but_hollow(member.second, *there);
    });
  };
  return covers(a, b) && covers(b, a);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
Value without_hollow(const Value& value) {
  if (value.is_list()) {
    Value::List list;
    for (const Value& item : value.as_list()) list.push_back(without_hollow(item));
    return Value(std::move(list));
  }
  if (!value.is_object()) return value;
  Value::Object kept;
  for (const auto& [name, member] : value.as_object())
    if (!is_hollow(member)) kept.emplace(name, without_hollow(member));
  return Value(std::move(kept));
}

Value* member_of(Value& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.as_object().find(key);
  return found == object.as_object().end() ? nullptr : &found->second;
}

Value* element_named(Value& list, std::string_view name) {
  if (!list.is_list()) return nullptr;
  for (Value& item : list.as_list())
    if (item.text("name") == name) return &item;
  return nullptr;
}

const Value* element_named(const Value& list, std::string_view name) {
  if (!list.is_list()) return nullptr;
  for (const Value& item : list.as_list())
    if (item.text("name") == name) return &item;
  return nullptr;
}

}  // namespace crosstie::kubernetes
