#pragma once
// Edits one nodeSet and keeps count of what is put in and taken out. Internal to node_sets*.cpp.
#include <string>

#include "providers/kubernetes/node_sets.hpp"

namespace crosstie::kubernetes {

inline constexpr std::string_view kElasticsearchContainer = "elasticsearch";

/// `spec.nodeSets[hot]` for messages.
std::string node_set_words(const Value& set);

Diagnostic wrong_shape(const std::string& where, const char* wanted);

class NodeSetEdit {
 public:
  NodeSetEdit(Value& set, PlacedEntries placed)
      : set_(set), placed_(std::move(placed)), where_(node_set_words(set)) {}

  /// Everything of `entries` that is not there; what is ours and differs is put right.
  Result<void> place(const NodeSetEntries& entries);
  /// Takes out what was put in and is not in `wanted`, then what was made for it and is hollow.
  Result<void> keep_only(const NodeSetEntries& wanted);
  /// Counts all of `entries` as put in.
  void claim(const NodeSetEntries& entries);
  bool has_all_of(const PlacedEntries& placed) const;

  const PlacedEntries& placed() const { return placed_; }

 private:
  Result<void> place_setting(Value& config, const std::string& key, const Value& wanted);
  Result<void> place_scalar(Value& config, const std::string& key, const Value& wanted);
  Result<void> place_volumes(const Value::List& volumes);
  Result<void> place_mounts(const Value::List& mounts);
  Result<Value*> volumes();
  Result<Value*> mounts();
  /// The member at `key`, made as `kind` where nothing is.
  Result<Value*> descend(Value& object, const std::string& key, Value kind,
                         const std::string& place);
  bool has_volume(const std::string& name) const;
  void drop_setting(const std::string& key, const Value* wanted);
  void drop_mounts(const NodeSetEntries& wanted);
  Result<void> drop_volumes(const NodeSetEntries& wanted);
  Result<void> check_unused(const Value& volume) const;
  void drop_made();
  void drop_if_made(Value* holder, std::string_view key, const std::string& place);
  bool was_made(const std::string& place) const;
  void forget_made(const std::string& place);
  Value* at(std::initializer_list<std::string_view> keys);
  Value* container();

  Value& set_;
  PlacedEntries placed_;
  std::string where_;
};

}  // namespace crosstie::kubernetes
