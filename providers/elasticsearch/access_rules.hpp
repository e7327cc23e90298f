#pragma once
// Privilege rules as people write them and as Elasticsearch gives them back, brought into one form
// for comparison. Pure.
#include <string>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::elasticsearch {

/// One list of rules: single texts as lists, names and privileges sorted, allow_restricted_indices
/// only when true, queries as JSON, empty members left out, the rules themselves in a fixed order.
/// Unknown values stay.
Value normal_rules(const Value& rules);

/// `access` of a cross-cluster key: {search, replication}, each normal; empty ones left out. The
/// read-back adds allow_restricted_indices: false (facts/elasticsearch.md, section 4).
Value normal_access(const Value& access);

/// A list of texts in any order, or one text, as a sorted list.
Value normal_names(const Value& names);

/// `metadata` without crosstie's own mark.
Value without_mark(const Value& metadata);

}  // namespace crosstie::elasticsearch
