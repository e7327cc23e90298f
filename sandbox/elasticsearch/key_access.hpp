#pragma once
// The `access` block of a cross-cluster API key: what it may hold, how it reads back, and what it
// lets a remote see.
#include <initializer_list>
#include <string>
#include <vector>

#include "sandbox/elasticsearch/reply.hpp"

namespace crosstie::sandbox::elasticsearch {

/// Throws Refusal for a field that is not in the list.
void check_known_fields(const Json& body, const std::string& parser,
                        std::initializer_list<const char*> fields);

/// `access` as the server reads it back: names as lists, allow_restricted_indices filled in. Throws
/// Refusal.
Json read_access(const Json& access);

/// The derived role descriptor `cross_cluster`.
Json access_role(const Json& access);

/// A list of texts from a text or a list.
std::vector<std::string> name_list(const Json& value);

/// Whether search access covers an index name.
bool access_allows(const Json& access, const std::string& index);

}  // namespace crosstie::sandbox::elasticsearch
