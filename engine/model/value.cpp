#include "engine/model/value.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace crosstie {
namespace {

bool is_plain_name(const std::string& name) {
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

/// `nodeSets[hot]`: an element of a list that is told by its name.
bool is_named_element(const std::string& name) {
  const std::size_t open = name.find('[');
  return open != std::string::npos && name.back() == ']' && is_plain_name(name.substr(0, open)) &&
         is_plain_name(name.substr(open + 1, name.size() - open - 2));
}

bool is_empty(const Value& value) {
  return value.is_null() || (value.is_object() && value.as_object().empty()) ||
         (value.is_list() && value.as_list().empty());
}

/// Nothing but nulls and empty containers, at any depth: as good as absent for a server that fills
/// in empty objects.
bool is_hollow(const Value& value) {
  if (is_empty(value)) return true;
  if (!value.is_object()) return false;
  return std::all_of(value.as_object().begin(), value.as_object().end(),
                     [](const auto& member) { return is_hollow(member.second); });
}

void diff_into(const Value& before, const Value& after, Path& path, std::vector<FieldChange>& out) {
  if (before.is_object() && after.is_object()) {
    const Value::Object& a = before.as_object();
    const Value::Object& b = after.as_object();
    auto i = a.begin();
    auto j = b.begin();
    while (i != a.end() || j != b.end()) {
      const bool only_a = j == b.end() || (i != a.end() && i->first < j->first);
      const bool only_b = i == a.end() || (j != b.end() && j->first < i->first);
      path.push_back({only_b ? j->first : i->first});
      if (only_a) {
        out.push_back({path, i->second, {}, false, true});
      } else if (only_b) {
        out.push_back({path, {}, j->second, true, false});
      } else {
        diff_into(i->second, j->second, path, out);
      }
      path.pop_back();
      if (!only_b) ++i;
      if (!only_a) ++j;
    }
    return;
  }
  if (before.is_list() && after.is_list()) {
    const Value::List& a = before.as_list();
    const Value::List& b = after.as_list();
    for (std::size_t index = 0; index < std::max(a.size(), b.size()); ++index) {
      path.push_back({index});
      if (index >= b.size()) {
        out.push_back({path, a[index], {}, false, true});
      } else if (index >= a.size()) {
        out.push_back({path, {}, b[index], true, false});
      } else {
        diff_into(a[index], b[index], path, out);
      }
      path.pop_back();
    }
    return;
  }
  if (!(before == after)) out.push_back({path, before, after, false, false});
}

void diff_subset_into(const Value& desired, const Value* live, Path& path,
                      std::vector<FieldChange>& out) {
  if (desired.is_object() && (live == nullptr || live->is_object() || live->is_null())) {
    for (const auto& [name, member] : desired.as_object()) {
      path.push_back({name});
      diff_subset_into(member, live == nullptr ? nullptr : live->find(name), path, out);
      path.pop_back();
    }
    return;
  }
  if (live == nullptr) {
    if (!is_hollow(desired)) out.push_back({path, {}, desired, true, false});
    return;
  }
  if (is_hollow(desired) && is_hollow(*live)) return;
  if (!(desired == *live)) out.push_back({path, *live, desired, false, is_empty(desired)});
}

std::string pointer_step(const std::string& name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

void collect_marks(const Value& value, const std::string& pointer, nlohmann::json& unknown,
                   nlohmann::json& sensitive) {
  if (value.sensitive()) sensitive.push_back(pointer);
  if (value.is_unknown()) {
    unknown[pointer] = value.unknown_source();
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.as_object())
      collect_marks(member, pointer + pointer_step(name), unknown, sensitive);
  } else if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i)
      collect_marks(value.as_list()[i], pointer + "/" + std::to_string(i), unknown, sensitive);
  }
}

/// The value at a JSON pointer; throws when the text does not lead anywhere.
Value& at_pointer(Value& root, std::string_view pointer) {
  Value* here = &root;
  while (!pointer.empty()) {
    if (pointer.front() != '/')
      throw std::invalid_argument("a mark's path does not begin with a slash");
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string name;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '~' && i + 1 < raw.size()) {
        name += raw[++i] == '1' ? '/' : '~';
      } else {
        name += raw[i];
      }
    }
    if (here->is_object() && here->as_object().contains(name)) {
      here = &here->as_object().find(name)->second;
    } else if (here->is_list() && !name.empty() && name.size() < 10 &&
               std::all_of(name.begin(), name.end(),
                           [](unsigned char c) { return std::isdigit(c) != 0; }) &&
               std::stoul(name) < here->as_list().size()) {
      here = &here->as_list()[std::stoul(name)];
    } else {
      throw std::invalid_argument("a mark's path leads nowhere");
    }
  }
  return *here;
}

}  // namespace

std::string print_path(const Path& path) {
  std::string out;
  for (const PathStep& part : path) {
    if (const auto* index = std::get_if<std::size_t>(&part.step)) {
      out += "[" + std::to_string(*index) + "]";
    } else {
      const std::string& name = std::get<std::string>(part.step);
      if (!is_plain_name(name) && !is_named_element(name)) {
        out += "[\"" + name + "\"]";
      } else {
        if (!out.empty()) out += '.';
        out += name;
      }
    }
  }
  return out;
}

const Value* Value::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const auto found = as_object().find(key);
  return found == as_object().end() ? nullptr : &found->second;
}

const Value* Value::at(std::initializer_list<std::string_view> keys) const {
  const Value* here = this;
  for (const std::string_view key : keys) {
    here = here->find(key);
    if (here == nullptr) return nullptr;
  }
  return here;
}

const Value* Value::at(const Path& path) const {
  const Value* here = this;
  for (const PathStep& part : path) {
    if (const auto* index = std::get_if<std::size_t>(&part.step)) {
      if (!here->is_list() || *index >= here->as_list().size()) return nullptr;
      here = &here->as_list()[*index];
    } else {
      here = here->find(std::get<std::string>(part.step));
      if (here == nullptr) return nullptr;
    }
  }
  return here;
}

std::string Value::text(std::string_view key, std::string_view fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_string() ? member->as_string() : std::string(fallback);
}

bool Value::flag(std::string_view key, bool fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_bool() ? member->as_bool() : fallback;
}

void Value::set(std::string_view key, Value value) {
  if (is_null()) data_ = std::make_shared<Object>();
  as_object().insert_or_assign(std::string(key), std::move(value));
}

void Value::erase(std::string_view key) {
  if (find(key) == nullptr) return;  // nothing to change: what is shared stays shared
  Object& object = as_object();
  object.erase(object.find(key));
}

bool Value::contains_unknown() const { return is_unknown() || !first_unknown().empty(); }

bool Value::contains_sensitive() const {
  if (sensitive_) return true;
  if (is_object())
    return std::any_of(as_object().begin(), as_object().end(),
                       [](const auto& m) { return m.second.contains_sensitive(); });
  if (is_list())
    return std::any_of(as_list().begin(), as_list().end(),
                       [](const Value& v) { return v.contains_sensitive(); });
  return false;
}

std::string Value::first_unknown() const {
  if (is_unknown()) return unknown_source().empty() ? "(unknown)" : unknown_source();
  if (is_object()) {
    for (const auto& [name, member] : as_object()) {
      std::string found = member.first_unknown();
      if (!found.empty()) return found;
    }
  } else if (is_list()) {
    for (const Value& member : as_list()) {
      std::string found = member.first_unknown();
      if (!found.empty()) return found;
    }
  }
  return {};
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number() && a.is_integer() != b.is_integer())
    return a.as_double() == b.as_double();
  if (a.data_ == b.data_) return true;  // the same storage, where there is one
  if (a.is_list() && b.is_list()) return a.as_list() == b.as_list();
  return a.is_object() && b.is_object() && a.as_object() == b.as_object();
}

std::string_view kind_name(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  if (value.is_list()) return "list";
  if (value.is_object()) return "object";
  return "unknown";
}

Value from_json(const nlohmann::json& json) {
  switch (json.type()) {
    case nlohmann::json::value_t::boolean:
      return Value(json.get<bool>());
    case nlohmann::json::value_t::number_integer:
      return Value(json.get<std::int64_t>());
    case nlohmann::json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(INT64_MAX)) return Value(static_cast<double>(number));
      return Value(static_cast<std::int64_t>(number));
    }
    case nlohmann::json::value_t::number_float:
      return Value(json.get<double>());
    case nlohmann::json::value_t::string:
      return Value(json.get<std::string>());
    case nlohmann::json::value_t::array: {
      Value::List list;
      list.reserve(json.size());
      for (const nlohmann::json& member : json) list.push_back(from_json(member));
      return Value(std::move(list));
    }
    case nlohmann::json::value_t::object: {
      Value::Object object;
      for (const auto& [name, member] : json.items())
        object.emplace_hint(object.end(), name, from_json(member));
      return Value(std::move(object));
    }
    default:
      return {};
  }
}

nlohmann::json to_json(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_integer()) return value.as_integer();
  if (value.is_double()) return value.as_double();
  if (value.is_string()) return value.as_string();
  if (value.is_list()) {
    nlohmann::json list = nlohmann::json::array();
    for (const Value& member : value.as_list()) list.push_back(to_json(member));
    return list;
  }
  if (value.is_object()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, member] : value.as_object()) object[name] = to_json(member);
    return object;
  }
  return nullptr;
}

nlohmann::json to_shown_json(const Value& value) {
  if (value.sensitive()) return "(sensitive)";
  if (value.is_unknown()) return "(known after apply)";
  if (value.is_list()) {
    nlohmann::json list = nlohmann::json::array();
    for (const Value& member : value.as_list()) list.push_back(to_shown_json(member));
    return list;
  }
  if (value.is_object()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, member] : value.as_object()) object[name] = to_shown_json(member);
    return object;
  }
  return to_json(value);
}

namespace {

template <class Test>
nlohmann::json shape_of(const Value& value, const Test& marked) {
  if (marked(value)) return true;
  if (value.is_list()) {
    nlohmann::json list = nlohmann::json::array();
    for (const Value& member : value.as_list()) list.push_back(shape_of(member, marked));
    return list;
  }
  if (value.is_object()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, member] : value.as_object()) {
      nlohmann::json shape = shape_of(member, marked);
      if (shape != false && !(shape.is_object() && shape.empty())) object[name] = std::move(shape);
    }
    return object;
  }
  return false;
}

}  // namespace

nlohmann::json unknown_shape(const Value& value) {
  return shape_of(value, [](const Value& v) { return v.is_unknown(); });
}

nlohmann::json sensitive_shape(const Value& value) {
  return shape_of(value, [](const Value& v) { return v.sensitive(); });
}

nlohmann::json encode_value(const Value& value) {
  nlohmann::json out;
  out["v"] = to_json(value);
  nlohmann::json unknown = nlohmann::json::object();
  nlohmann::json sensitive = nlohmann::json::array();
  collect_marks(value, "", unknown, sensitive);
  if (!unknown.empty()) out["u"] = std::move(unknown);
  if (!sensitive.empty()) out["s"] = std::move(sensitive);
  return out;
}

Value decode_value(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("v"))
    throw std::invalid_argument("an encoded value has no \"v\"");
  Value value = from_json(json["v"]);
  if (const auto unknown = json.find("u"); unknown != json.end()) {
    if (!unknown->is_object())
      throw std::invalid_argument("\"u\" of an encoded value is no object");
    for (const auto& [pointer, source] : unknown->items()) {
      if (!source.is_string()) throw std::invalid_argument("the source of an unknown is no string");
      at_pointer(value, pointer) = Value::unknown(source.get<std::string>());
    }
  }
  if (const auto sensitive = json.find("s"); sensitive != json.end()) {
    if (!sensitive->is_array()) throw std::invalid_argument("\"s\" of an encoded value is no list");
    for (const nlohmann::json& pointer : *sensitive) {
      if (!pointer.is_string()) throw std::invalid_argument("a mark's path is no string");
      at_pointer(value, pointer.get_ref<const std::string&>()).mark_sensitive();
    }
  }
  return value;
}

std::vector<FieldChange> diff_values(const Value& before, const Value& after) {
  std::vector<FieldChange> out;
  Path path;
  diff_into(before, after, path, out);
  return out;
}

std::vector<FieldChange> diff_subset(const Value& desired, const Value& live) {
  std::vector<FieldChange> out;
  Path path;
  diff_subset_into(desired, &live, path, out);
  return out;
}

Value merge_values(const Value& base, const Value& over) {
  if (!base.is_object() || !over.is_object()) return over;
  Value out = base;
  for (const auto& [name, member] : over.as_object()) {
    const Value* old = base.find(name);
    out.set(name, old == nullptr ? member : merge_values(*old, member));
  }
  return out;
}

}  // namespace crosstie
