#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include "cmd/all_commands.hpp"
#include "cmd/command.hpp"
#include "cmd/session.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kStarter =
    R"(# crosstie.yaml: one link from an Elastic Cloud Hosted deployment (local) to a cluster run by ECK (remote).
crosstie: 1
variables:
  deployment: {type: string, description: "id of the ECH deployment, 32 hex characters"}
  namespace: {type: string, default: default, description: Kubernetes namespace of the ECK cluster}
providers:
  kubernetes: {}          # found as kubectl finds it; `context: NAME` picks one
  ech: {}                 # reads EC_API_KEY
links:
  logs:                   # also the alias of the remote cluster
    model: api_key
    local: {ech: {deployment: "${var.deployment}"}}
    remote: {eck: {name: quickstart, namespace: "${var.namespace}"}}
    access: {search: [{names: ["logs-*"]}]}
    skip_unavailable: true
outputs:
  logs_alias: "${link.logs.alias}"
)";

bool has_configuration(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml") return true;
  }
  return false;
}

int run(Invocation& invocation) {
  const fs::path folder = invocation.folder;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    return report(invocation,
                  {make_error("folder cannot be made", folder.string() + ": " + failed.message())});
  if (has_configuration(folder)) {
    invocation.out << "There is a configuration here already; nothing was changed.\n";
  } else {
    std::ofstream file(folder / "crosstie.yaml");
    file << kStarter;
    if (!file.flush())
      return report(invocation,
                    {make_error("file cannot be written", (folder / "crosstie.yaml").string())});
    invocation.out << "Wrote " << (folder / "crosstie.yaml").string()
                   << ", a link to start from.\n";
  }
  if (!fs::exists(folder / ".gitignore")) {
    std::ofstream file(folder / ".gitignore");
    file << ".crosstie/\n*.plan\n";
    if (!file.flush())
      return report(invocation,
                    {make_error("file cannot be written", (folder / ".gitignore").string())});
  }
  const Result<std::unique_ptr<StateStore>> store = open_state(invocation, StateUse::write);
  if (!store) return report(invocation, store.failure());
  invocation.out << "The state is " << (folder / ".crosstie" / "state.db").string()
                 << ". Next, with your names in crosstie.yaml and the id of your deployment:\n"
                    "  export CROSSTIE_VAR_deployment=ID\n  crosstie validate\n  crosstie plan\n";
  return kDone;
}

}  // namespace

Command init_command() {
  return {"init", "makes a folder ready: a link to start from, and the state", "", {}, 0, run};
}

}  // namespace crosstie
