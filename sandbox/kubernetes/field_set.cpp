#include "sandbox/kubernetes/field_set.hpp"

#include <string>
#include <utility>
#include <vector>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

void put(FieldSet& into, const std::string& element, FieldSet child) {
  if (!child.empty()) into.children.emplace(element, std::move(child));
}

std::string format_element(const std::string& element) {
  const std::string value = element.substr(2);
  switch (element[0]) {
    case 'f':
      return "." + value;
    case 'v':
      return "[=" + value + "]";
    case 'k': {
      std::string keys;
      const json parsed = json::parse(value, nullptr, false);
      for (const auto& [name, key] : parsed.items())
        keys += (keys.empty() ? "" : ",") + name + "=" + key.dump();
      return "[" + keys + "]";
    }
    default:
      return "[" + value + "]";
  }
}

}  // namespace

void FieldSet::insert(const FieldPath& path) {
  FieldSet* at = this;
  for (const std::string& element : path) at = &at->children[element];
  at->member = true;
}

const FieldSet* FieldSet::child(const std::string& element) const {
  const auto found = children.find(element);
  return found == children.end() ? nullptr : &found->second;
}

FieldSet FieldSet::united(const FieldSet& other) const {
  FieldSet result = *this;
  result.member = member || other.member;
  for (const auto& [element, theirs] : other.children) {
    FieldSet& mine = result.children[element];
    mine = mine.united(theirs);
  }
  return result;
}

FieldSet FieldSet::without(const FieldSet& other) const {
  FieldSet result;
  result.member = member && !other.member;
  for (const auto& [element, mine] : children) {
    const FieldSet* theirs = other.child(element);
    put(result, element, theirs ? mine.without(*theirs) : mine);
  }
  return result;
}

FieldSet FieldSet::intersected(const FieldSet& other) const {
  FieldSet result;
  result.member = member && other.member;
  for (const auto& [element, mine] : children) {
    if (const FieldSet* theirs = other.child(element))
      put(result, element, mine.intersected(*theirs));
  }
  return result;
}

FieldSet FieldSet::with_named_parents() const {
  FieldSet result;
  result.member = member;
  for (const auto& [element, mine] : children) {
    FieldSet child = mine.with_named_parents();
    if (element[0] == 'f') child.member = true;
    put(result, element, std::move(child));
  }
  return result;
}

void FieldSet::collect(FieldPath& prefix, std::vector<FieldPath>& found) const {
  if (member) found.push_back(prefix);
  for (const auto& [element, below] : children) {
    prefix.push_back(element);
    below.collect(prefix, found);
    prefix.pop_back();
  }
}

std::vector<FieldPath> FieldSet::paths() const {
  std::vector<FieldPath> found;
  FieldPath prefix;
  collect(prefix, found);
  return found;
}

json FieldSet::to_json() const {
  json fields = json::object();
  for (const auto& [element, below] : children) {
    json child = below.to_json();
    if (below.member && !below.children.empty()) child["."] = json::object();
    fields[element] = std::move(child);
  }
  return fields;
}

FieldSet FieldSet::from_json(const json& fields) {
  FieldSet result;
  if (!fields.is_object()) return result;
  for (const auto& [element, below] : fields.items()) {
    if (element == "." || element.size() < 2) continue;
    FieldSet child = from_json(below);
    child.member = child.children.empty() || below.contains(".");
    result.children.emplace(element, std::move(child));
  }
  return result;
}

std::string format_path(const FieldPath& path) {
  std::string text;
  for (const std::string& element : path) text += format_element(element);
  return text;
}

}  // namespace crosstie::sandbox::kubernetes
