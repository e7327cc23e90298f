#pragma once
// The endpoint slice controller: one slice for each Service with a selector.
#include <string>

#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

/// Brings the slices of a namespace in line with its Services and pods.
void sync_endpoints(ObjectStore& store, const std::string& namespace_name);

}  // namespace crosstie::sandbox::eck
