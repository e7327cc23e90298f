#pragma once
// What several links want of the resource that they share, as one wish.
#include <cstddef>
#include <vector>

#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {

/// Two links that want different values in one place.
struct Disagreement {
  Path path;
  std::size_t first = 0;  // of the parts
  std::size_t second = 0;
};

struct United {
  Value value;
  std::vector<Disagreement> disagreements;
};

/// The arguments of each link, in order, as those of one resource. Mappings are merged key by key;
/// lists are appended, without what is there already; equal values are one; null gives way. An
/// argument that names the object or refers to a secret is one value, however it is written. What
/// is unknown stays so, unless another link knows the value: then that one counts, and whether
/// both agree shows when both are known. Pure.
United unite_arguments(const ResourceSchema& schema, const std::vector<Value>& parts);

}  // namespace crosstie::config
