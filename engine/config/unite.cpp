#include "engine/config/unite.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {
namespace {

class Uniter {
 public:
  Uniter(const ResourceSchema& schema, const std::vector<Value>& parts)
      : schema_(schema), parts_(parts) {}

  United run() {
    United out;
    for (now_ = 0; now_ < parts_.size(); ++now_) {
      if (now_ == 0)
        out.value = parts_[0];
      else
        merge(out.value, parts_[now_], &schema_.attributes);
    }
    out.disagreements = std::move(disagreements_);
    return out;
  }

 private:
  using Members = std::vector<AttributeSchema>;

  static const AttributeSchema* find(const Members* members, const std::string& name) {
    if (members == nullptr) return nullptr;
    const auto found = std::find_if(members->begin(), members->end(),
                                    [&](const AttributeSchema& one) { return one.name == name; });
    return found == members->end() ? nullptr : &*found;
  }

  /// The union of two clusters, names or references to secrets would be none of the two.
  static bool is_one_value(const AttributeSchema* attribute) {
    return attribute != nullptr &&
           (attribute->identity || attribute->type == AttributeType::secret_reference);
  }

  void add(Value& have, const Value& more, const AttributeSchema* attribute) {
    const bool sensitive = have.sensitive() || more.sensitive();
    if (have.is_null()) {
      have = more;
    } else if (more.is_null()) {
      // gives way
    } else if (is_one_value(attribute)) {
      add_whole(have, more);
    } else if (have.is_unknown() || more.is_unknown()) {
      add_unknown(have, more);
    } else if (have.is_object() && more.is_object()) {
      merge(have, more, attribute == nullptr ? nullptr : &attribute->members);
    } else if (have.is_list() && more.is_list()) {
      append(have.as_list(), more.as_list());
    } else if (!(have == more)) {
      disagree();
    }
    have.mark_sensitive(sensitive);
  }

  void add_whole(Value& have, const Value& more) {
    const bool known = !have.contains_unknown();
    if (known && !more.contains_unknown()) {
      if (have == more)
        take_marks(have, more);
      else
        disagree();
    } else if (!known && !more.contains_unknown()) {
      have = more;
    }
  }

  static bool is_single(const Value& value) {
    return !value.is_unknown() && !value.is_list() && !value.is_object();
  }

  /// With a collection, what is unknown may add to it; a single value can only be the same.
  static void add_unknown(Value& have, const Value& more) {
    if (have.is_unknown()) {
      if (is_single(more)) have = more;
    } else if (!is_single(have)) {
      have = Value::unknown(more.unknown_source());
    }
  }

  void merge(Value& have, const Value& more, const Members* members) {
    for (const auto& [name, value] : more.as_object()) {
      const auto [found, added] = have.as_object().try_emplace(name, value);
      if (added) continue;
      path_.push_back({name});
      add(found->second, value, find(members, name));
      path_.pop_back();
    }
  }

  /// An item that is not known yet may be any, so that it is never taken for one that is there.
  static void append(Value::List& have, const Value::List& more) {
    for (const Value& item : more) {
      const auto there =
          item.contains_unknown() ? have.end() : std::find(have.begin(), have.end(), item);
      if (there == have.end())
        have.push_back(item);
      else
        take_marks(*there, item);
    }
  }

  /// What one link keeps secret is not shown because another one does not.
  static void take_marks(Value& have, const Value& equal) {
    if (equal.sensitive()) have.mark_sensitive();
    if (have.is_object())
      for (auto& [name, member] : have.as_object())
        if (const Value* other = equal.find(name)) take_marks(member, *other);
    if (have.is_list())
      for (std::size_t i = 0; i < have.as_list().size(); ++i)
        take_marks(have.as_list()[i], equal.as_list()[i]);
  }

  /// The first link that has a value in this place is the one that the other disagrees with.
  void disagree() {
    std::size_t first = 0;
    for (; first + 1 < now_; ++first) {
      const Value* value = parts_[first].at(path_);
      if (value != nullptr && !value->is_null() && !value->contains_unknown()) break;
    }
    disagreements_.push_back({path_, first, now_});
  }

  const ResourceSchema& schema_;
  const std::vector<Value>& parts_;
  std::size_t now_ = 0;
  Path path_;
  std::vector<Disagreement> disagreements_;
};

}  // namespace

United unite_arguments(const ResourceSchema& schema, const std::vector<Value>& parts) {
  return Uniter(schema, parts).run();
}

}  // namespace crosstie::config
