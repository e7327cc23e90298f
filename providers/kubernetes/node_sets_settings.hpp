#pragma once
// One setting of a nodeSet's `config` in any of its spellings: keys with dots and nested maps mean
// the same to ECK, which merges them all and appends lists (canonical_config.go of cloud-on-k8s
// 3.5). Internal to node_sets*.cpp.
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::kubernetes {

/// The object that holds a setting, and its key there.
struct Spelling {
  Value* holder;
  std::string key;
  Value& value() const { return holder->as_object().find(key)->second; }
};

/// All spellings of `dotted`, in the order they stand.
std::vector<Spelling> find_spellings(Value& config, std::string_view dotted);

/// The items of every spelling, a scalar as one item, null as none.
Value::List items_of(const std::vector<Spelling>& spellings);
/// The same of a config that is not to be changed; `spelled` tells whether it has any spelling.
Value::List items_at(const Value& config, std::string_view dotted, bool* spelled = nullptr);

/// `xpack: {security: ...}` as dotted keys to scalars and lists; an empty map stays one.
void flatten_settings(const Value& config, const std::string& prefix, Value::Object& flat);

/// Whether a wanted setting holds: its scalar is the only value, or all of its items are there.
bool setting_holds(const Value& wanted, const Value::List& present);

/// 5 and "5" are one setting.
bool has_item(const Value::List& list, const Value& item);

/// Absent, null, and whatever holds nothing but that: ECK writes such back, and they mean the same.
bool is_hollow(const Value& value);
bool same_but_hollow(const Value& a, const Value& b);
/// A copy in which nothing is hollow that a mapping holds.
Value without_hollow(const Value& value);

/// The member to change, nullptr when this is no object or has none.
Value* member_of(Value& object, std::string_view key);
/// The element of that name, nullptr when there is none.
Value* element_named(Value& list, std::string_view name);
const Value* element_named(const Value& list, std::string_view name);

}  // namespace crosstie::kubernetes
