// How a manifest compares with a stored object.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/server_shape.hpp"

namespace crosstie::kubernetes {
namespace {

/// Below these, strings are amounts.
const std::set<std::string_view> kQuantityFields = {
    "limits",         "requests", "hard", "capacity",  "allocatable", "overhead",     "default",
    "defaultRequest", "max",      "min",  "sizeLimit", "storage",     "averageValue", "divisor"};

struct Place {
  Path path;
  std::string_view field;        // name of the nearest member
  bool amounts = false;          // inside a field of quantities
  const Value* shape = nullptr;  // what managedFields tell (server_shape.hpp)
};

Place inside(const Place& place, const std::string& key) {
  Place next{place.path, key, place.amounts || kQuantityFields.contains(key),
             shape_of_member(place.shape, key)};
  next.path.push_back({key});
  return next;
}

Place inside(const Place& place, std::size_t index, const Value& element) {
  Place next = place;
  next.path.push_back({index});
  next.shape = shape_of_element(place.shape, element);
  return next;
}

std::string text_form(const Value& value) {
  return value.is_string() ? value.as_string() : to_json(value).dump();
}

bool same_scalar(const Value& desired, const Value& live, bool amounts) {
  if (same_text(desired, live)) return true;
  double x = 0;
  double y = 0;
  if (!amounts || !parse_quantity(text_form(desired), x) || !parse_quantity(text_form(live), y))
    return false;
  return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
}

class Comparison {
 public:
  std::vector<FieldChange> changes;

  void compare(const Value& desired, const Value* live, const Place& place) {
    if (desired.is_null()) return;
    if (desired.is_unknown() || live == nullptr || live->is_null()) {
      const bool left_out =
          place.shape != nullptr && place.shape->find("-") != nullptr && is_zero(desired);
      if (desired.is_unknown() || (!left_out && !is_empty_deep(desired)))
        report(place, live, &desired);
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
    } else if (before.is_list() && live->is_list() && (gone || desired->is_list()) &&
               list_shape(place.shape, place.field, before).kind != ListShape::Kind::whole) {
      dropped_elements(before, desired, *live, place);
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
    for (const auto& [key, value] : desired.as_object()) {
      const Value* has = live.find(key);
      // An environment variable without a value is empty; operators write it so.
      if (place.field == "env" && key == "value" && has == nullptr && value == Value("")) continue;
      compare(value, has, inside(place, key));
    }
  }

  /// Of a list whose elements are owned one by one: those that we named and name no more.
  void dropped_elements(const Value& before, const Value* desired, const Value& live,
                        const Place& place) {
    const bool gone = desired == nullptr || desired->is_null();
    const ListShape shape = list_shape(place.shape, place.field, before);
    for (std::size_t i = 0; i < before.as_list().size(); ++i) {
      const Value& element = before.as_list()[i];
      const Value* found = like(shape, element, live);
      if (found == nullptr) continue;
      const Value* kept = gone ? nullptr : like(shape, element, *desired);
      if (kept == nullptr) {
        report(inside(place, i, element), found, nullptr);
      } else {
        dropped(element, kept, found, inside(place, i, element));
      }
    }
  }

  static const Value* like(const ListShape& shape, const Value& element, const Value& list) {
    if (shape.kind == ListShape::Kind::keyed) return element_like(shape, element, list);
    const auto& has = list.as_list();
    const auto found = std::find(has.begin(), has.end(), element);
    return found == has.end() ? nullptr : &*found;
  }

  void compare_lists(const Value& desired, const Value& live, const Place& place) {
    if (!live.is_list()) return report(place, &live, &desired);
    const ListShape shape = list_shape(place.shape, place.field, desired);
    const auto& wanted = desired.as_list();
    const bool same_form = list_shape(place.shape, place.field, live).kind == shape.kind;
    if (shape.kind != ListShape::Kind::whole && same_form) {
      for (std::size_t i = 0; i < wanted.size(); ++i)
        compare(wanted[i], like(shape, wanted[i], live), inside(place, i, wanted[i]));
      return;
    }
    if (wanted.size() != live.as_list().size()) return report(place, &live, &desired);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      compare(wanted[i], &live.as_list()[i], inside(place, i, wanted[i]));
  }
};

}  // namespace

std::vector<FieldChange> compare_manifest(const Value& desired, const Value& live,
                                          const Value& shape) {
  Comparison comparison;
  comparison.compare(desired, &live, Place{{}, {}, false, &shape});
  return std::move(comparison.changes);
}

std::vector<FieldChange> dropped_fields(const Value& before, const Value& desired,
                                        const Value& live, const Value& shape) {
  Comparison comparison;
  comparison.dropped(before, &desired, &live, Place{{}, {}, false, &shape});
  return std::move(comparison.changes);
}

}  // namespace crosstie::kubernetes
