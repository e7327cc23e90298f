#pragma once
// What GET /world shows of the simulators' dumps, so that two dumps of the same world are the same
// text.
#include <nlohmann/json_fwd.hpp>

namespace crosstie::sandbox {

/// A dump of Kubernetes objects by name, where
/// - every `uid` (also of what an object refers to) stands under the key `server` of its object,
/// and
/// - the spec of an Elasticsearch resource has no empty objects: ECK's operator adds some when it
/// writes the resource back, and the
///   removal of a field leaves others out, so empty and absent are equal (facts/kubernetes-eck.md,
///   section 1).
nlohmann::json canonical_kubernetes(nlohmann::json dump);

}  // namespace crosstie::sandbox
