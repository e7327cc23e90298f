#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "engine/config/configuration.hpp"
#include "engine/graph.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace {

/// Loads everything and orders it; asks no service.
Result<std::size_t> check(const Invocation& invocation) {
  const SchemaCatalog schemas = all_schemas();
  const Result<std::shared_ptr<const Configuration>> configuration = load_here(invocation, schemas);
  if (!configuration) return configuration.failure();
  std::vector<GraphInput> inputs;
  for (const ResourceConfig& resource : (*configuration)->resources())
    inputs.push_back({resource.address, resource.depends_on, resource.references});
  const Result<Graph> graph = Graph::build(std::move(inputs));
  if (!graph) return graph.failure();
  return graph->size();
}

int run(Invocation& invocation) {
  const Result<std::size_t> resources = check(invocation);
  if (invocation.arguments.has("json")) {
    nlohmann::json diagnostics = nlohmann::json::array();
    if (!resources)
      for (const Diagnostic& one : resources.failure()) {
        nlohmann::json entry = {{"severity", one.severity == Severity::error ? "error" : "warning"},
                                {"summary", one.summary},
                                {"detail", one.detail},
                                {"fix", one.fix}};
        if (one.where)
          entry["range"] = {{"filename", one.where->file},
                            {"start", {{"line", one.where->line}, {"column", one.where->column}}}};
        diagnostics.push_back(std::move(entry));
      }
    invocation.out << nlohmann::json{{"valid", resources.ok()},
                                     {"error_count", diagnostics.size()},
                                     {"diagnostics", diagnostics}}
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                   << '\n';
    return resources ? kDone : kError;
  }
  if (!resources) return report(invocation, resources.failure());
  invocation.out << "The configuration is valid: " << *resources
                 << (*resources == 1 ? " resource.\n" : " resources.\n");
  return kDone;
}

}  // namespace

Command validate_command() {
  return {"validate",
          "checks the configuration without asking any service",
          "[options]",
          {{"var", FlagKind::list, "NAME=VALUE", "sets a variable; may be given several times"},
           {"var-file", FlagKind::list, "FILE",
            "sets variables from a YAML file; may be given several times"},
           {"json", FlagKind::toggle, "", "as JSON"}},
          0,
          run};
}

}  // namespace crosstie
