#pragma once
// Entries that kubernetes.elasticsearch_patch puts into every nodeSet, and takes out again: config
// keys, volumes, and mounts of the container `elasticsearch`. Pure; knows no server.
//
// `nodeSets` is one atomic list to the API server, so nothing there tells whose an element is. The
// ledger does: it stands in an annotation of the Elasticsearch resource, goes with the same write,
// and names who wants which entries and what was really put in (what the user had before is not
// ours to take out).
#include <map>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::kubernetes {

/// Annotation of the Elasticsearch resource that holds the ledger.
inline constexpr const char* kLedgerAnnotation = "crosstie.dev/node-sets";

/// What one owner wants in every nodeSet.
struct NodeSetEntries {
  Value::Object config;  // dotted key to a scalar (must be so) or a list (these items among others)
  Value::List volumes;   // as in podTemplate.spec.volumes
  Value::List mounts;    // as in volumeMounts of the container elasticsearch
  bool empty() const { return config.empty() && volumes.empty() && mounts.empty(); }
  friend bool operator==(const NodeSetEntries&, const NodeSetEntries&) = default;
};

/// From the argument `node_sets`, nested settings as dotted keys. An error names the member that is
/// of another shape: the API server takes anything in a podTemplate, and a wrong one stops the
/// operator for every cluster. An argument with unknowns cannot be read.
Result<NodeSetEntries> read_node_set_entries(const Value& argument);
Value write_node_set_entries(const NodeSetEntries& entries);
/// Volumes that every pod of ECK's has (ECK 3.5.0, fixture statefulset-masters).
bool is_volume_of_eck(std::string_view name);

/// What really was put into one nodeSet.
struct PlacedEntries {
  std::int64_t position = 0;  // of the nodeSet in the list then, and
  std::string print;          // digests of what is the user's in it: they tell a renamed nodeSet
  Value::Object config;  // dotted key to {value} or {items, made}; and `was`, what it displaced
  Value::List volumes;   // names
  Value::List mounts;    // {name, mountPath}
  Value::List made;      // places that were made to hold them, `PLACE (null)` in place of null
  bool holds_nothing() const { return config.empty() && volumes.empty() && mounts.empty(); }
  friend bool operator==(const PlacedEntries&, const PlacedEntries&) = default;
};

struct NodeSetLedger {
  std::map<std::string, NodeSetEntries> owners;
  std::map<std::string, PlacedEntries> placed;  // by nodeSet, also where nothing was to be put in
  bool empty() const { return owners.empty(); }
  friend bool operator==(const NodeSetLedger&, const NodeSetLedger&) = default;
};

/// Of the annotation's text, "" when there is none; an error when it was damaged.
Result<NodeSetLedger> parse_node_set_ledger(const std::string& text);
/// "" when nobody owns anything.
std::string print_node_set_ledger(const NodeSetLedger& ledger);

struct NodeSetsChange {
  Value node_sets;
  NodeSetLedger ledger;
};

/// Puts `entries` of `owner` into every nodeSet, beside what other owners want; what this owner
/// wanted before and wants no more goes. An error when the user's own settings or another owner say
/// otherwise (another scalar of the same key, another volume of the same name, another mount at the
/// same path), or when a podTemplate is of a shape that would stop the operator. Idempotent.
Result<NodeSetsChange> place_entries(const Value& node_sets, const NodeSetLedger& ledger,
                                     const std::string& owner, const NodeSetEntries& entries);

/// Takes out what `owner` alone wanted, exactly what was put in; edits of the user stay.
/// An error when a container of the user's mounts a volume that is to go.
Result<NodeSetsChange> remove_entries(const Value& node_sets, const NodeSetLedger& ledger,
                                      const std::string& owner);

/// What of `entries` a nodeSet lacks, each as `nodeSets[hot].config["a.b"]`; empty when all is
/// there.
std::vector<std::string> missing_entries(const Value& node_sets, const NodeSetEntries& entries);

}  // namespace crosstie::kubernetes
