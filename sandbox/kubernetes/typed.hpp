#pragma once
// The four operations of structured merge on JSON values with a FieldSchema: the algorithms of
// kubernetes-sigs/structured-merge-diff v4 (typed/tofieldset.go, compare.go, merge.go, remove.go).
#include <nlohmann/json.hpp>

#include "sandbox/kubernetes/field_schema.hpp"
#include "sandbox/kubernetes/field_set.hpp"

namespace crosstie::sandbox::kubernetes {

struct Comparison {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;
};

/// The leaves of a value; items of keyed lists are members too.
FieldSet to_field_set(const nlohmann::json& value, const FieldSchema* schema);

/// What differs between two versions of an object.
Comparison compare(const nlohmann::json& before, const nlohmann::json& after,
                   const FieldSchema* schema);

/// `config` laid over `live`: objects and keyed lists merge, everything else is taken from
/// `config`.
nlohmann::json merge(const nlohmann::json& live, const nlohmann::json& config,
                     const FieldSchema* schema);

/// Without the members of `removed`. What is emptied by that becomes null; see drop_nulls().
nlohmann::json remove_items(const nlohmann::json& value, const FieldSet& removed,
                            const FieldSchema* schema);

/// Without the nulls outside of atomic values, as decoding drops them.
nlohmann::json drop_nulls(const nlohmann::json& value, const FieldSchema* schema);

/// Path element of a list item in a set or keyed list.
std::string item_element(const nlohmann::json& item, const FieldSchema& list);

}  // namespace crosstie::sandbox::kubernetes
