#pragma once
// Manifests as values: what may be sent, which object they name, and how one compares with what is
// stored. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"

namespace crosstie::kubernetes {

/// Which object a manifest names; members that are unknown or absent are "".
ObjectName name_of(const Value& manifest);

/// Faults that need no server: no kind, a name that only the server would make, fields that are the
/// server's. Unknown parts pass.
Diagnostics check_manifest(const Value& manifest);

/// The manifest as it is sent: nulls left out; `stringData` of a Secret as base64 `data`
/// (server-side apply leaves a removed key of stringData behind for ever); numbers and booleans in
/// labels, annotations and ConfigMap data as strings, which the API demands.
Value normalise_manifest(const Value& manifest);

/// What `desired` says differently from `live`. Only what desired names is compared; absent, null,
/// {} and [] are equal; list elements of Kubernetes' own map lists (containers, ports, ...) are
/// matched by key; quantities by their amount; "5" equals 5. `shape` (server_shape.hpp) tells what
/// the names of the fields do not.
std::vector<FieldChange> compare_manifest(const Value& desired, const Value& live,
                                          const Value& shape = Value());

/// What `before` named, `desired` no longer names, and `live` still has: apply takes it away.
std::vector<FieldChange> dropped_fields(const Value& before, const Value& desired,
                                        const Value& live, const Value& shape = Value());

/// The part of `live` that `shape` names: the before-image of a change.
Value project(const Value& live, const Value& shape);

/// A copy without what only the server sets (uid, resourceVersion, managedFields, status, ...).
Value without_server_fields(const Value& object);

/// Marks the contents of a Secret as sensitive; other kinds are left as they are.
void mark_secret_data(Value& object);

/// Maps that are one value to server-side apply (x-kubernetes-map-type: atomic) and that the server
/// puts nothing into: selectors of all kinds. A member too many counts.
bool is_atomic_map(std::string_view field);

/// Null, {} or [].
bool is_empty(const Value& value);

/// "500m" = 0.5, "1Gi" = 2^30; false when it is no quantity.
bool parse_quantity(const std::string& text, double& amount);

}  // namespace crosstie::kubernetes
