#pragma once
// Runs the real program and kills it at one commit of its state; counts the commits of a run that
// was left alone.
#include <string>
#include <vector>

#include "tests/support/project.hpp"

namespace crosstie::testing {

struct CountedRun {
  Outcome outcome;
  int commits = 0;  // 0 when it was killed
};

/// One step at a time, so that each run makes the same commits. `kill_at` is "before:N", "after:N"
/// or "".
inline CountedRun run_counted(const Project& project, const std::string& verb,
                              const std::string& kill_at = "") {
  const std::filesystem::path file = project.keys().parent_path() / "commits";
  std::filesystem::remove(file);
  Command command = project.command(
      {verb, "-auto-approve", "-parallelism=1"},
      {{"CROSSTIE_TEST_COMMITS", file.string()}, {"CROSSTIE_TEST_KILL_AT", kill_at}});
  command.words.front() = CROSSTIE_KILLABLE;
  CountedRun run;
  run.outcome = Process(command).wait();
  std::ifstream(file) >> run.commits;
  return run;
}

/// A world without what differs from run to run: the marks' lineage and operation, addresses and
/// names that a server drew.
inline json without_history(json world) {
  for (json& cluster : world["eck"])
    for (json& key : cluster["api_keys"]) key["metadata"].erase("crosstie");
  for (json& deployment : world["ech"]["deployments"]) {
    json& cluster = deployment["elasticsearch"];
    cluster["settings"]["persistent"].erase("cluster.remote.logs.proxy_address");
    for (json& role : cluster["roles"])
      if (role.contains("metadata")) role["metadata"].erase("crosstie");
  }
  json objects = json::object();
  for (const auto& [name, object] : world["kubernetes"].items()) {
    if (name.starts_with("discovery.k8s.io/")) continue;
    objects[name] = object;
    if (object["metadata"].contains("labels"))
      objects[name]["metadata"]["labels"].erase("crosstie.dev/lineage");
  }
  world["kubernetes"] = std::move(objects);
  return world;
}

}  // namespace crosstie::testing
