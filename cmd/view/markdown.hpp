#pragma once
// Reference pages for docs/: one a resource type, one a command. The test in tests/docs keeps the
// pages in the tree equal to these.
#include <string>

#include "cmd/command.hpp"
#include "engine/model/schema.hpp"

namespace crosstie {

/// `example`: a configuration with a resource of the type, "" for none.
std::string resource_page(const ResourceSchema& schema, const std::string& example = {});
std::string resource_index(const SchemaCatalog& schemas);
/// Usage, options and the manual page (the text of cmd/NAME.md).
std::string command_page(const Command& command, const std::string& manual);
std::string command_index();

}  // namespace crosstie
