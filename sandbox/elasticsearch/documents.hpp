#pragma once
// Small in-memory indices, and searching them.
#include <functional>
#include <string>
#include <vector>

#include "sandbox/elasticsearch/state.hpp"

namespace crosstie::sandbox::elasticsearch {

/// What a search found on one cluster.
struct SearchResult {
  int shards = 0;
  std::vector<Json> hits;  // {"_index","_id","_score","_source"}, all of them
};

/// Which names of an index expression exist here: `a,b*,-b1`. `visible` hides indices from
/// wildcards; a name without wildcard that does not exist is refused unless `ignore_missing`.
std::vector<std::string> resolve_indices(const ClusterState& cluster,
                                         const std::vector<std::string>& expressions,
                                         const std::function<bool(const std::string&)>& visible,
                                         bool ignore_missing);

/// True when `source` matches a query of match_all, match_none, term, terms, match, ids, exists or
/// bool; an unknown one is refused.
bool query_matches(const Json& query, const std::string& id, const Json& source);

SearchResult search_documents(const ClusterState& cluster, const std::vector<std::string>& indices,
                              const Json& query);

/// Throws Refusal for an index name that Elasticsearch does not take.
void check_index_name(const std::string& name);

}  // namespace crosstie::sandbox::elasticsearch
