#pragma once
// Breaks a run at one of its remote writes, in every way a run can be broken there.
#include <string>
#include <vector>

#include "tests/support/project.hpp"

namespace crosstie::testing {

enum class Cut {
  killed_before,  // SIGKILL while the request is on its way: it never takes effect
  killed_after,   // SIGKILL after the request took effect, before the answer was read
  reset_before,   // the connection breaks, and nothing was done
  reset_after     // the connection breaks, and it was done
};

/// For each write of an undisturbed run, a fault that matches it alone; the kind is left out.
inline std::vector<json> faults_of(const json& writes) {
  std::vector<json> faults;
  std::map<std::string, int> seen;
  for (const json& request : writes) {
    const std::string target = request["path"];
    const std::string path = target.substr(0, target.find('?'));
    const std::string method = request["method"];
    const int nth = ++seen[method + path];
    faults.push_back({{"api", request["api"]}, {"method", method}, {"path", path}, {"nth", nth}});
  }
  return faults;
}

/// The request that the fault is for, among those after number `after`; null while it did not come.
inline json request_of(const Project& project, const json& fault, std::uint64_t after) {
  int nth = fault["nth"];
  for (const json& request : project.requests(after)) {
    const std::string target = request["path"];
    if (request["method"] != fault["method"] || target.substr(0, target.find('?')) != fault["path"])
      continue;
    if (--nth == 0) return request;
  }
  return nullptr;
}

/// Runs `words` and breaks it at the request of `fault`. Gives the exit code, minus the signal when
/// it was killed.
inline Outcome run_cut(const Project& project, const std::vector<std::string>& words, json fault,
                       Cut cut) {
  const std::uint64_t mark = project.last_request();
  const bool kill = cut == Cut::killed_before || cut == Cut::killed_after;
  fault["kind"] = cut == Cut::killed_before  ? "delay:1h"
                  : cut == Cut::killed_after ? "delay:100ms"
                  : cut == Cut::reset_before ? "reset_before"
                                             : "reset_after";
  project.fault(fault);
  Outcome outcome;
  if (kill) {
    Process process(project.command(words));
    const bool came =
        process.listen_until([&] { return !request_of(project, fault, mark).is_null(); });
    EXPECT_TRUE(came) << fault.dump() << "\n" << process.out() << process.err();
    if (came && cut == Cut::killed_after) {
      process.signal(SIGSTOP);  // it cannot read the answer
      process.listen_until([&] { return request_of(project, fault, mark)["status"] != 0; });
    }
    outcome = process.kill();
  } else {
    outcome = project.run(words);
    EXPECT_FALSE(request_of(project, fault, mark).is_null()) << fault.dump() << outcome.all();
  }
  project.clear_faults();
  return outcome;
}

/// A world without what names the very run that made it: the marks of the run, and the address
/// that a load balancer got.
inline json without_run_marks(json world) {
  for (json& cluster : world["eck"]) {
    for (json& key : cluster["api_keys"]) key["metadata"].erase("crosstie");
  }
  for (json& deployment : world["ech"]["deployments"])
    deployment["elasticsearch"]["settings"]["persistent"].erase(
        "cluster.remote.logs.proxy_address");
  return world;
}

/// What still differs from `before` once the operators came to rest.
inline std::string difference_in_the_end(const Project& project, const json& before) {
  return difference(before, project.world_once([&](const json& now) { return now == before; }));
}

}  // namespace crosstie::testing
