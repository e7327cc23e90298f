#pragma once
// Who owns what of an object, from metadata.managedFields. Pure. Format:
// sigs.k8s.io/structured-merge-diff fieldpath (FieldsV1).
#include <string>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::kubernetes {

struct FieldOwner {
  std::string manager;
  bool applies = false;  // operation Apply; else Update
  friend bool operator==(const FieldOwner&, const FieldOwner&) = default;
};

/// Places of several managers' fieldsV1 trees, and the same one step down.
using FieldNodes = std::vector<const Value*>;
FieldNodes fields_below(const FieldNodes& nodes, const std::string& key);

/// The member `k:{"name":"x"}` of a list's fields whose keys `element` has; nullptr when there is
/// none. A key that the element leaves out was defaulted by the server (a port's protocol) and does
/// not count.
const Value* fields_of_element(const Value& fields, const Value& element);

/// Managers that own the field at `path` of `manifest` (list indexes are those of `manifest`), or a
/// whole above it.
std::vector<FieldOwner> owners_of(const Value& managed_fields, const Path& path,
                                  const Value& manifest);

/// All managers of the object itself (its status subresource left out).
std::vector<FieldOwner> managers_of(const Value& managed_fields);

/// Whether `manager` has an Apply entry that owns anything.
bool applies(const Value& managed_fields, const std::string& manager);

}  // namespace crosstie::kubernetes
