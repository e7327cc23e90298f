#include "sandbox/kubernetes/typed.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/field_schema.hpp"
#include "sandbox/kubernetes/field_set.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

using Relation = FieldSchema::Relation;

const FieldSchema* field_of(const FieldSchema* schema, const std::string& name) {
  return schema ? schema->field(name) : nullptr;
}

const FieldSchema* element_of(const FieldSchema* schema) {
  return schema ? schema->element.get() : nullptr;
}

bool merges_as_map(const json& value, const FieldSchema* schema) {
  return value.is_object() && !(schema && schema->relation == Relation::atomic);
}

bool merges_as_list(const json& value, const FieldSchema* schema) {
  return value.is_array() && schema &&
         (schema->relation == Relation::set || schema->relation == Relation::keyed);
}

struct Walker {
  FieldPath path;

  /// Calls `visit` with the path one element longer.
  template <class Visit>
  void descend(const std::string& element, Visit visit) {
    path.push_back(element);
    visit();
    path.pop_back();
  }
};

struct SetWalker : Walker {
  FieldSet set;

  void walk(const json& value, const FieldSchema* schema) {
    if (merges_as_map(value, schema)) {
      for (const auto& [name, child] : value.items()) {
        descend("f:" + name, [&] {
          walk(child, field_of(schema, name));
          if (child.is_null() || (child.is_object() && child.empty())) set.insert(path);
        });
      }
    } else if (merges_as_list(value, schema)) {
      for (const json& item : value) {
        descend(item_element(item, *schema), [&] {
          walk(item, element_of(schema));
          set.insert(path);
        });
      }
    } else {
      set.insert(path);
    }
  }
};

struct CompareWalker : Walker {
  Comparison result;

  void walk(const json* before, const json* after, const FieldSchema* schema) {
    if (before && after && before->type() != after->type() &&
        !(before->is_number() && after->is_number())) {
      walk_changed_type(*before, *after, schema);
      return;
    }
    walk_inside(after ? after : before, before, after, schema);
    if (path.empty()) return;
    if (!before) result.added.insert(path);
    if (!after) result.removed.insert(path);
  }

 private:
  /// Null stands for an empty object or list; any other change of type replaces the value.
  void walk_changed_type(const json& before, const json& after, const FieldSchema* schema) {
    if (before.is_structured()) walk_inside(&before, &before, nullptr, schema);
    if (after.is_structured()) walk_inside(&after, nullptr, &after, schema);
    const bool filled =
        (before.is_null() && after.is_structured()) || (before.is_structured() && after.is_null());
    if (!filled) result.modified.insert(path);
  }

  void walk_inside(const json* sample, const json* before, const json* after,
                   const FieldSchema* schema) {
    const bool empty = (!before || before->empty()) && (!after || after->empty());
    if (merges_as_map(*sample, schema) && !empty) {
      walk_map(before, after, schema);
    } else if (merges_as_list(*sample, schema) && !empty) {
      walk_list(before, after, schema);
    } else if (before && after && *before != *after) {
      result.modified.insert(path);
    }
  }

  void walk_map(const json* before, const json* after, const FieldSchema* schema) {
    const json none = json::object();
    const json& left = before ? *before : none;
    const json& right = after ? *after : none;
    for (const auto& [name, child] : left.items()) {
      const auto other = right.find(name);
      descend("f:" + name, [&] {
        walk(&child, other == right.end() ? nullptr : &*other, field_of(schema, name));
      });
    }
    for (const auto& [name, child] : right.items()) {
      if (!left.contains(name))
        descend("f:" + name, [&] { walk(nullptr, &child, field_of(schema, name)); });
    }
  }

  void walk_list(const json* before, const json* after, const FieldSchema* schema) {
    std::map<std::string, std::pair<const json*, const json*>> items;
    if (before) {
      for (const json& item : *before) items[item_element(item, *schema)].first = &item;
    }
    if (after) {
      for (const json& item : *after) items[item_element(item, *schema)].second = &item;
    }
    for (const auto& [element, pair] : items) {
      descend(element, [&] { walk(pair.first, pair.second, element_of(schema)); });
    }
  }
};

/// Order of the result as in merge.go: the order of `config`, with items that only `live` has kept
/// where they were.
json merge_lists(const json& live, const json& config, const FieldSchema& schema) {
  std::map<std::string, const json*> lefts;
  std::map<std::string, const json*> rights;
  std::vector<std::string> left_order;
  std::vector<std::string> right_order;
  for (const json& item : live) lefts[left_order.emplace_back(item_element(item, schema))] = &item;
  for (const json& item : config)
    rights[right_order.emplace_back(item_element(item, schema))] = &item;
  std::vector<std::string> shared;
  for (const std::string& element : right_order) {
    if (lefts.contains(element)) shared.push_back(element);
  }
  json merged = json::array();
  std::size_t next_shared = 0;
  const auto take_right = [&](const std::string& element) {
    const auto left = lefts.find(element);
    merged.push_back(left == lefts.end()
                         ? *rights[element]
                         : merge(*left->second, *rights[element], element_of(&schema)));
    if (next_shared < shared.size() && shared[next_shared] == element) ++next_shared;
  };
  std::size_t left = 0;
  std::size_t right = 0;
  while (left < left_order.size() || right < right_order.size()) {
    if (left < left_order.size() && right < right_order.size()) {
      const std::string& element = left_order[left];
      if (element == right_order[right]) {
        take_right(element);
        ++left;
        ++right;
        continue;
      }
      if (rights.contains(element) && next_shared < shared.size() &&
          shared[next_shared] != element) {
        ++left;
        continue;
      }
    }
    if (left < left_order.size() && !rights.contains(left_order[left])) {
      merged.push_back(*lefts[left_order[left++]]);
    } else if (right < right_order.size()) {
      take_right(right_order[right++]);
    } else {
      ++left;
    }
  }
  return merged;
}

}  // namespace

std::string item_element(const json& item, const FieldSchema& list) {
  if (list.relation == Relation::set) return "v:" + item.dump();
  json keys = json::object();
  for (const auto& [name, fallback] : list.keys) {
    if (item.is_object() && item.contains(name)) {
      keys[name] = item.at(name);
    } else if (!fallback.is_null()) {
      keys[name] = fallback;
    }
  }
  return "k:" + keys.dump();
}

FieldSet to_field_set(const json& value, const FieldSchema* schema) {
  SetWalker walker;
  walker.walk(value, schema);
  walker.set.member = false;
  return std::move(walker.set);
}

Comparison compare(const json& before, const json& after, const FieldSchema* schema) {
  CompareWalker walker;
  walker.walk(&before, &after, schema);
  return std::move(walker.result);
}

json merge(const json& live, const json& config, const FieldSchema* schema) {
  if (merges_as_list(config, schema) && live.is_array()) return merge_lists(live, config, *schema);
  if (!merges_as_map(config, schema) || !live.is_object()) return config;
  json merged = live;
  for (const auto& [name, child] : config.items()) {
    const auto known = live.find(name);
    merged[name] = known == live.end() ? child : merge(*known, child, field_of(schema, name));
  }
  return merged;
}

json remove_items(const json& value, const FieldSet& removed, const FieldSchema* schema) {
  const bool list = merges_as_list(value, schema);
  if (!list && !merges_as_map(value, schema)) return value;
  json kept = list ? json::array() : json::object();
  const auto reduced = [&](const json& child, const FieldSet* set, const FieldSchema* below) {
    return set ? remove_items(child, *set, below) : child;
  };
  if (list) {
    for (const json& item : value) {
      const FieldSet* set = removed.child(item_element(item, *schema));
      if (!set || !set->member) kept.push_back(reduced(item, set, element_of(schema)));
    }
  } else {
    for (const auto& [name, item] : value.items()) {
      const FieldSet* set = removed.child("f:" + name);
      if (!set || !set->member) kept[name] = reduced(item, set, field_of(schema, name));
    }
  }
  return kept.empty() && !value.empty() ? json(nullptr) : kept;
}

json drop_nulls(const json& value, const FieldSchema* schema) {
  if (merges_as_list(value, schema)) {
    json kept = json::array();
    for (const json& item : value) {
      if (!item.is_null()) kept.push_back(drop_nulls(item, element_of(schema)));
    }
    return kept;
  }
  if (!merges_as_map(value, schema)) return value;
  json kept = json::object();
  for (const auto& [name, item] : value.items()) {
    if (!item.is_null()) kept[name] = drop_nulls(item, field_of(schema, name));
  }
  return kept;
}

}  // namespace crosstie::sandbox::kubernetes
