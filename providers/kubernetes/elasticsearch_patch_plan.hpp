#pragma once
// What kubernetes.elasticsearch_patch would change, with nodeSets: the difference, and the one
// write for all of it. Pure.
//
// Each generation of the resource may restart pods anew, so everything that changes a value goes
// into one guarded patch. The server-side apply that follows changes no value: it only says whose
// the spec's fields are. A JSON patch, because a merge patch takes nulls out of a list that it
// replaces (evanphx/json-patch pruneNils), and ECK 3.5 writes `containers: null` into nodeSets.
#include <optional>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// The argument `node_sets`; nullopt when it is left out or has unknowns.
Result<std::optional<NodeSetEntries>> wanted_entries(const ResourceRequest& request);
bool wants_node_sets(const ResourceRequest& request);

/// The ledger of the live resource. When its annotation was taken away by somebody, what this
/// resource recorded of it (`lost`).
struct FoundLedger {
  NodeSetLedger ledger;
  bool lost = false;
};
Result<FoundLedger> ledger_of(const ResourceRequest& request, const Value& live);

/// The attributes `node_set_entries` and `ledger`; the same list and ledger read back from them.
void set_node_set_attributes(const ResourceRequest& request, const Value& live, Value& attributes);
Value seen_node_sets(const Value& attributes);
FoundLedger seen_ledger(const Value& attributes);

/// nodeSets and ledger as they are to be; unchanged when this resource has nothing to do with them.
Result<NodeSetsChange> planned_node_sets(const ResourceRequest& request, const Value& node_sets,
                                         const NodeSetLedger& ledger);

/// By path, from the attributes of an observation: entries that are missing, differ or are to go,
/// and the ledger's own entry when nothing else differs.
std::vector<FieldChange> node_sets_difference(const ResourceRequest& request,
                                              const Value& attributes);
/// Of these the ones inside nodeSets.
std::vector<FieldChange> inside_node_sets(std::vector<FieldChange> changes);

/// Null for each field of the spec that `manager` alone owns (by apply or by patch) and `desired`
/// does not name; a mapping that would be left empty and that nobody else owns goes whole.
/// `also_gone`: managers that let go too.
Value release_patch(const Value& live, const Value& desired, const std::string& manager,
                    const std::vector<std::string>& also_gone = {});
/// Paths of those nulls.
std::vector<Path> released_paths(const Value& patch);
/// Whether `manager` patched fields of the spec, nodeSets aside.
bool patched_spec(const Value& live, const std::string& manager);

/// The write that brings the resource to what is wanted (or takes all of it out), as a merge patch
/// of the whole; null when no value changes. Without resourceVersion and uid.
Result<Value> guarded_patch(const ResourceRequest& request, const Value& live);

/// `patch` as JSON patch operations on `live`, first the tests of its uid and resourceVersion.
/// Lists go as they are, nulls inside them too.
Value json_patch_of(const Value& patch, const Value& live);

}  // namespace crosstie::kubernetes
