#pragma once
// What an object's managedFields tell about its fields that their names do not: how the server
// merges a list, and which empty values it keeps by leaving them out. Pure.
//
// A shape is a tree of what differs from what the names tell, so that it is {} for almost every
// object. Its members: "f:NAME" of a member, "k:{...}" of a keyed list's element (as in FieldsV1),
// "*" of every element of a list that is one value, "=" of a list ("whole", "set", or its keys),
// "-" of an empty value that is left out.
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::kubernetes {

/// The shape of a stored object that still has its managedFields.
Value server_shape(const Value& live);

/// How server-side apply merges a list.
struct ListShape {
  enum class Kind {
    whole,  // one value: an element too many counts
    set,    // others may have elements of their own
    keyed   // so too; elements are found by `keys`
  };
  Kind kind = Kind::whole;
  std::vector<std::string> keys;
};

/// By the name of the member that holds the list, as in Kubernetes' own kinds.
ListShape list_shape(std::string_view field, const Value& list);

/// By its place in a shape (nullptr: not in it), else by name.
ListShape list_shape(const Value* shape, std::string_view field, const Value& list);

/// Same keys in both; a member that one side leaves out (a defaulted protocol) does not part them.
bool same_element(const ListShape& shape, const Value& a, const Value& b);
/// nullptr when there is none.
const Value* element_like(const ListShape& shape, const Value& element, const Value& list);

/// "5" and 5, true and "true".
bool same_text(const Value& a, const Value& b);

/// "", false or 0: what the server may keep by leaving it out.
bool is_zero(const Value& value);

/// The member of a shape, nullptr when there is none.
const Value* shape_of_member(const Value* shape, const std::string& name);
const Value* shape_of_element(const Value* shape, const Value& element);

}  // namespace crosstie::kubernetes
