#include "providers/kubernetes/elasticsearch_patch_plan.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_view.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

Value node_sets_of(const Value& live) { return value_or_null(live, {"spec", "nodeSets"}); }

std::string ledger_text(const Value& live) {
  const Value* annotations = live.at({"metadata", "annotations"});
  return annotations == nullptr ? "" : annotations->text(kLedgerAnnotation);
}

/// All places that this request or any owner has to do with.
NodeSetEntries interest_of(const ResourceRequest& request, const NodeSetLedger& ledger) {
  std::vector<NodeSetEntries> all;
  for (const auto& [owner, entries] : ledger.owners) all.push_back(entries);
  for (const Value* arguments :
       {&request.desired, request.prior ? &request.prior->desired : nullptr}) {
    const Value* given = arguments == nullptr ? nullptr : arguments->find("node_sets");
    if (given == nullptr || given->is_null() || given->contains_unknown()) continue;
    if (Result<NodeSetEntries> read = read_node_set_entries(*given)) all.push_back(*read);
  }
  return joined_entries(std::move(all));
}

/// Only what one owner wants and has, of what it recorded.
NodeSetLedger ledger_of_one(const NodeSetLedger& ledger, const std::string& owner) {
  NodeSetLedger one;
  const auto found = ledger.owners.find(owner);
  if (found == ledger.owners.end()) return one;
  one.owners.insert(*found);
  one.placed = ledger.placed;
  return one;
}

FieldChange ledger_change(const NodeSetLedger& ledger, const std::string& owner,
                          const NodeSetEntries& entries) {
  FieldChange change;
  change.path = {{std::string("metadata")}, {std::string("annotations")}, {kLedgerAnnotation}};
  const auto before = ledger.owners.find(owner);
  change.before_absent = before == ledger.owners.end();
  if (!change.before_absent) change.before = write_node_set_entries(before->second);
  change.after = write_node_set_entries(entries);
  return change;
}

/// The difference when what is wanted cannot be had (observe says why): what is missing.
std::vector<FieldChange> only_missing(const Value& node_sets, const NodeSetEntries& entries) {
  std::vector<FieldChange> changes;
  for (const std::string& place : missing_entries(node_sets, entries)) {
    FieldChange change;
    change.path = {{std::string("spec")}, {place}};
    change.before_absent = true;
    change.after = Value("wanted");
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace

bool wants_node_sets(const ResourceRequest& request) {
  const Value* given = request.desired.find("node_sets");
  return given != nullptr && !given->is_null();
}

Result<std::optional<NodeSetEntries>> wanted_entries(const ResourceRequest& request) {
  const Value* given = request.desired.find("node_sets");
  if (given == nullptr || given->is_null() || given->contains_unknown())
    return std::optional<NodeSetEntries>{};
  Result<NodeSetEntries> read = read_node_set_entries(*given);
  if (!read) return read.failure();
  return std::optional(std::move(*read));
}

Result<FoundLedger> ledger_of(const ResourceRequest& request, const Value& live) {
  FoundLedger found;
  const std::string text = ledger_text(live);
  Result<NodeSetLedger> read = parse_node_set_ledger(text);
  if (!read) return read.failure();
  found.ledger = std::move(*read);
  const std::string owner = manager_of(request);
  const std::string uid = recorded_uid(request);
  const bool same = !uid.empty() && Value(uid) == value_or_null(live, {"metadata", "uid"});
  if (!same || found.ledger.owners.contains(owner)) return found;
  const FoundLedger recorded = seen_ledger(request.prior->attributes);
  if (!recorded.ledger.owners.contains(owner)) return found;
  NodeSetLedger mine = ledger_of_one(recorded.ledger, owner);
  // The annotation of others tells that ours was let go of, not lost.
  if (!found.ledger.empty()) return found;
  found.lost = true;
  found.ledger = std::move(mine);
  return found;
}

void set_node_set_attributes(const ResourceRequest& request, const Value& live, Value& attributes) {
  const Result<FoundLedger> found = ledger_of(request, live);
  const NodeSetLedger none;
  const NodeSetLedger& ledger = found ? found->ledger : none;
  attributes.set("node_set_entries",
                 reduced_node_sets(node_sets_of(live), interest_of(request, ledger)));
  if (ledger.empty()) return;
  Value kept = from_json(nlohmann::json::parse(print_node_set_ledger(ledger)));
  if (found->lost) kept.set("lost", true);
  attributes.set("ledger", std::move(kept));
}

Value seen_node_sets(const Value& attributes) {
  return value_or_null(attributes, {"node_set_entries"});
}

FoundLedger seen_ledger(const Value& attributes) {
  FoundLedger found;
  const Value* kept = attributes.find("ledger");
  if (kept == nullptr || !kept->is_object()) return found;
  found.lost = kept->flag("lost");
  Value ledger = *kept;
  ledger.erase("lost");
  if (Result<NodeSetLedger> read = parse_node_set_ledger(to_json(ledger).dump()))
    found.ledger = std::move(*read);
  return found;
}

Result<NodeSetsChange> planned_node_sets(const ResourceRequest& request, const Value& node_sets,
                                         const NodeSetLedger& ledger) {
  const std::string owner = manager_of(request);
  Result<std::optional<NodeSetEntries>> wanted = wanted_entries(request);
  if (!wanted) return wanted.failure();
  if (*wanted) return place_entries(node_sets, ledger, owner, **wanted);
  if (ledger.owners.contains(owner) && !wants_node_sets(request))
    return remove_entries(node_sets, ledger, owner);
  return NodeSetsChange{node_sets, ledger};
}

std::vector<FieldChange> node_sets_difference(const ResourceRequest& request,
                                              const Value& attributes) {
  const Value* given = request.desired.find("node_sets");
  if (given != nullptr && given->contains_unknown()) {
    FieldChange change;
    change.path = {{std::string("node_sets")}};
    change.before_absent = true;
    change.after = *given;
    return {std::move(change)};
  }
  const Value seen = seen_node_sets(attributes);
  if (!seen.is_list()) return {};
  const FoundLedger found = seen_ledger(attributes);
  const Result<std::optional<NodeSetEntries>> wanted = wanted_entries(request);
  if (!wanted) return {};
  const Result<NodeSetsChange> planned = planned_node_sets(request, seen, found.ledger);
  if (!planned) return *wanted ? only_missing(seen, **wanted) : std::vector<FieldChange>{};
  std::vector<FieldChange> changes = node_set_changes(seen, planned->node_sets);
  if (!changes.empty() || !*wanted) return changes;
  const std::string owner = manager_of(request);
  const auto kept = found.ledger.owners.find(owner);
  if (found.lost || kept == found.ledger.owners.end() || !(kept->second == **wanted))
    changes.push_back(ledger_change(found.lost ? NodeSetLedger{} : found.ledger, owner, **wanted));
  return changes;
}

std::vector<FieldChange> inside_node_sets(std::vector<FieldChange> changes) {
  std::erase_if(changes, [](const FieldChange& change) {
    const auto* step =
        change.path.size() < 2 ? nullptr : std::get_if<std::string>(&change.path[1].step);
    return step == nullptr || !step->starts_with("nodeSets[");
  });
  return changes;
}

}  // namespace crosstie::kubernetes
