#pragma once
// What every write of this provider does about changes that came in between.
#include <optional>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

constexpr int kConflictTries = 6;

/// A short, growing pause before the object is read again.
Task<void> pause_after_conflict(int attempt);

/// The object changed at every one of our tries.
Diagnostic busy_object(const ObjectName& name);

/// Error that shows both when `now` has a change that `approved` has not; nullopt when what is left
/// to do was approved. Pure.
std::optional<Diagnostic> unapproved(const std::vector<FieldChange>& approved,
                                     const std::vector<FieldChange>& now, const ObjectName& name);

}  // namespace crosstie::kubernetes
