#pragma once
// Looks at many objects with few requests: one LIST for several of a kind and namespace, GETs for
// the rest.
#include <memory>
#include <string>
#include <vector>

#include "providers/kubernetes/api.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

struct Look {
  ObjectName name;
  Diagnostics problems;  // not to be looked at: unreadable
  std::string reason;    // not to be looked at yet: unchecked
};

struct Sight {
  ObjectName name;          // namespace left out for kinds without
  Observation observation;  // presence and diagnostics only
  Value object;             // with managedFields
  std::string not_yet;      // absent because its namespace or kind is absent
};

/// In the order of `looks`.
Task<std::vector<Sight>> look_at(std::shared_ptr<Api> api, std::vector<Look> looks);

}  // namespace crosstie::kubernetes
