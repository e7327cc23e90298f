#pragma once
// The language for editors: what they offer, explain and underline while a file is written.
#include <string>

#include "engine/model/schema.hpp"

namespace crosstie {

/// JSON Schema (draft 2020-12) of a configuration file, with every resource type of the catalog.
/// Indented text.
std::string json_schema(const SchemaCatalog& schemas);

}  // namespace crosstie
