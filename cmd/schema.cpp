#include <ostream>
#include <string>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/view/markdown.hpp"
#include "engine/config/json_schema.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace {

int wrong_type(Invocation& invocation, const SchemaCatalog& schemas, const std::string& type) {
  std::vector<std::string> names;
  for (const ResourceSchema& schema : schemas.all()) names.push_back(schema.type);
  const std::string near = did_you_mean(type, names);
  std::string all;
  for (const std::string& name : names) all += "\n  " + name;
  return report(
      invocation,
      {make_error("unknown type of a resource", "There is no resource type `" + type + "`.",
                  near.empty() ? "The types are:" + all
                               : "Did you mean this?\n  crosstie schema -type " + near)});
}

int run(Invocation& invocation) {
  const SchemaCatalog schemas = all_schemas();
  const std::string type = invocation.arguments.value("type");
  if (type.empty()) {
    invocation.out << json_schema(schemas) << '\n';
    return kDone;
  }
  const ResourceSchema* schema = schemas.find(type);
  if (schema == nullptr) return wrong_type(invocation, schemas, type);
  invocation.out << resource_page(*schema);
  return kDone;
}

}  // namespace

Command schema_command() {
  return {
      "schema",
      "prints the JSON Schema of the configuration, for editors, or the page of one resource type",
      "[options]",
      {{"type", FlagKind::value, "TYPE", "the page of this resource type, in Markdown"}},
      0,
      run};
}

}  // namespace crosstie
