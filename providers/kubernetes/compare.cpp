// How a manifest compares with a stored object.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "providers/kubernetes/manifest.hpp"

namespace crosstie::kubernetes {
namespace {

/// Lists that server-side apply merges by key, and the members that make the key
/// (x-kubernetes-list-map-keys of Kubernetes 1.33's own types). Every other list is one value.
struct ListKey {
  std::string_view field;
  std::vector<std::string_view> keys;
};
const std::vector<ListKey>& list_keys() {
  static const std::vector<ListKey> kListKeys = {{"containers", {"name"}},
                                                 {"initContainers", {"name"}},
                                                 {"ephemeralContainers", {"name"}},
                                                 {"volumes", {"name"}},
                                                 {"env", {"name"}},
                                                 {"imagePullSecrets", {"name"}},
                                                 {"secrets", {"name"}},
                                                 {"volumeMounts", {"mountPath"}},
                                                 {"volumeDevices", {"devicePath"}},
                                                 {"hostAliases", {"ip"}},
                                                 {"topologySpreadConstraints", {"topologyKey"}},
                                                 {"ownerReferences", {"uid"}},
                                                 {"conditions", {"type"}},
                                                 {"ports", {"containerPort", "port", "protocol"}}};
  return kListKeys;
}

/// Below these, strings are amounts.
const std::set<std::string_view> kQuantityFields = {
    "limits",         "requests", "hard", "capacity",  "allocatable", "overhead",     "default",
    "defaultRequest", "max",      "min",  "sizeLimit", "storage",     "averageValue", "divisor"};

struct Place {
  Path path;
  std::string_view field;  // name of the nearest member
  bool amounts = false;    // inside a field of quantities
};

Place inside(const Place& place, const std::string& key) {
  Place next{place.path, key, place.amounts || kQuantityFields.contains(key)};
  next.path.push_back({key});
  return next;
}

Place inside(const Place& place, std::size_t index) {
  Place next = place;
  next.path.push_back({index});
  return next;
}

std::string text_form(const Value& value) {
  return value.is_string() ? value.as_string() : to_json(value).dump();
}

bool is_scalar(const Value& value) {
  return value.is_string() || value.is_number() || value.is_bool();
}

bool same_scalar(const Value& desired, const Value& live, bool amounts) {
  if (desired == live) return true;
  if (!is_scalar(desired) || !is_scalar(live)) return false;
  const std::string a = text_form(desired);
  const std::string b = text_form(live);
  if (a == b) return true;
  double x = 0;
  double y = 0;
  if (!amounts || !parse_quantity(a, x) || !parse_quantity(b, y)) return false;
  return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
}

const ListKey* key_of(std::string_view field) {
  for (const ListKey& entry : list_keys())
    if (entry.field == field) return &entry;
  return nullptr;
}

/// Same key in both; a member that one side leaves out (a defaulted protocol) does not part them.
bool same_key(const ListKey& key, const Value& a, const Value& b) {
  bool any = false;
  for (const std::string_view name : key.keys) {
    const Value* x = a.find(name);
    const Value* y = b.find(name);
    if (x == nullptr || y == nullptr) {
      const Value* given = x != nullptr ? x : y;
      if (given != nullptr && name == "protocol" && !(*given == Value("TCP"))) return false;
      continue;
    }
    if (!same_scalar(*x, *y, false)) return false;
    any = true;
  }
  return any;
}

const Value* element_like(const ListKey& key, const Value& element, const Value& list) {
  if (!list.is_list()) return nullptr;
  for (const Value& other : list.as_list())
    if (same_key(key, element, other)) return &other;
  return nullptr;
}

bool is_map_list(const ListKey* key, const Value& list) {
  if (key == nullptr) return false;
  return std::all_of(list.as_list().begin(), list.as_list().end(), [&](const Value& item) {
    return item.is_object() &&
           std::any_of(key->keys.begin(), key->keys.end(),
                       [&](std::string_view name) { return item.find(name) != nullptr; });
  });
}

class Comparison {
 public:
  std::vector<FieldChange> changes;

  void compare(const Value& desired, const Value* live, const Place& place) {
    if (desired.is_null()) return;
    if (desired.is_unknown() || live == nullptr || live->is_null()) {
      if (desired.is_unknown() || !is_empty_deep(desired)) report(place, live, &desired);
      return;
    }
    if (desired.is_object()) {
      compare_objects(desired, *live, place);
    } else if (desired.is_list()) {
      compare_lists(desired, *live, place);
    } else if (!same_scalar(desired, *live, place.amounts)) {
      report(place, live, &desired);
    }
  }

  void dropped(const Value& before, const Value* desired, const Value* live, const Place& place) {
    if (live == nullptr || live->is_null() || is_empty(before)) return;
    const bool gone = desired == nullptr || desired->is_null();
    if (before.is_object() && live->is_object() && (gone || desired->is_object())) {
      for (const auto& [key, value] : before.as_object()) {
        dropped(value, gone ? nullptr : desired->find(key), live->find(key), inside(place, key));
      }
    } else if (before.is_list() && is_map_list(key_of(place.field), before) && live->is_list() &&
               (gone || desired->is_list())) {
      const ListKey& key = *key_of(place.field);
      for (std::size_t i = 0; i < before.as_list().size(); ++i) {
        const Value& element = before.as_list()[i];
        const Value* found = element_like(key, element, *live);
        if (found == nullptr) continue;
        const Value* kept = gone ? nullptr : element_like(key, element, *desired);
        if (kept == nullptr) {
          report(inside(place, i), found, nullptr);
        } else {
          dropped(element, kept, found, inside(place, i));
        }
      }
    } else if (gone) {
      report(place, live, nullptr);
    }
  }

 private:
  static bool is_empty_deep(const Value& value) {
    if (value.is_object()) {
      return std::all_of(value.as_object().begin(), value.as_object().end(),
                         [](const auto& entry) { return is_empty_deep(entry.second); });
    }
    return is_empty(value);
  }

  void report(const Place& place, const Value* before, const Value* after) {
    FieldChange change;
    change.path = place.path;
    change.before_absent = before == nullptr;
    change.after_absent = after == nullptr;
    if (before != nullptr) change.before = *before;
    if (after != nullptr) change.after = *after;
    changes.push_back(std::move(change));
  }

  void compare_objects(const Value& desired, const Value& live, const Place& place) {
    if (!live.is_object()) return report(place, &live, &desired);
    if (is_atomic_map(place.field) && !desired.as_object().empty()) {
      for (const auto& [key, value] : live.as_object()) {
        if (!is_empty(value) && desired.find(key) == nullptr) return report(place, &live, &desired);
      }
    }
    for (const auto& [key, value] : desired.as_object())
      compare(value, live.find(key), inside(place, key));
  }

  void compare_lists(const Value& desired, const Value& live, const Place& place) {
    if (!live.is_list()) return report(place, &live, &desired);
    const ListKey* key = key_of(place.field);
    const auto& wanted = desired.as_list();
    if (is_map_list(key, desired) && is_map_list(key, live)) {
      for (std::size_t i = 0; i < wanted.size(); ++i)
        compare(wanted[i], element_like(*key, wanted[i], live), inside(place, i));
      return;
    }
    if (place.field == "finalizers") {  // a set: others add their own
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& has = live.as_list();
        if (std::find(has.begin(), has.end(), wanted[i]) == has.end())
          report(inside(place, i), nullptr, &wanted[i]);
      }
      return;
    }
    if (wanted.size() != live.as_list().size()) return report(place, &live, &desired);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      compare(wanted[i], &live.as_list()[i], inside(place, i));
  }
};

}  // namespace

std::vector<FieldChange> compare_manifest(const Value& desired, const Value& live) {
  Comparison comparison;
  comparison.compare(desired, &live, Place{});
  return std::move(comparison.changes);
}

std::vector<FieldChange> dropped_fields(const Value& before, const Value& desired,
                                        const Value& live) {
  Comparison comparison;
  comparison.dropped(before, &desired, &live, Place{});
  return std::move(comparison.changes);
}

}  // namespace crosstie::kubernetes
