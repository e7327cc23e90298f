#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "cmd/view/graph.hpp"
#include "engine/config/configuration.hpp"
#include "engine/graph.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace {

int run(Invocation& invocation) {
  const SchemaCatalog schemas = all_schemas();
  const Result<std::shared_ptr<const Configuration>> configuration = load_here(invocation, schemas);
  if (!configuration) return report(invocation, configuration.failure());
  std::vector<GraphInput> inputs;
  for (const ResourceConfig& resource : (*configuration)->resources())
    inputs.push_back({resource.address, resource.depends_on, resource.references});
  const Result<Graph> graph = Graph::build(std::move(inputs));
  if (!graph) return report(invocation, graph.failure());
  const std::string format = invocation.arguments.value("format", "text");
  if (format == "text") {
    print_graph_text(invocation.out, *graph);
  } else if (format == "dot") {
    print_graph_dot(invocation.out, *graph);
  } else if (format == "mermaid") {
    print_graph_mermaid(invocation.out, *graph);
  } else {
    return report(invocation,
                  {make_error("option has a wrong value",
                              "-format takes text, dot or mermaid, not \"" + format + "\".")});
  }
  return kDone;
}

}  // namespace

Command graph_command() {
  return {"graph",
          "prints what depends on what, in the order of apply",
          "[options]",
          {{"format", FlagKind::value, "FORMAT", "text (default), dot, or mermaid"},
           {"var", FlagKind::list, "NAME=VALUE", "sets a variable; may be given several times"},
           {"var-file", FlagKind::list, "FILE",
            "sets variables from a YAML file; may be given several times"}},
          0,
          run};
}

}  // namespace crosstie
