#pragma once
// A fault as a row: how it is made, how it is taken away. What the user is told, the exit code and
// what is recorded after it stand in tests/data/faults/NAME.txt.
#include <functional>
#include <string>
#include <vector>

#include "tests/faults/stage.hpp"

namespace crosstie::testing {

struct FaultCase {
  std::string name;  // the words of its row in docs/faults.md, joined by _
  std::function<void(Stage&)> arrange;
  std::function<void(Stage&)> clear = nullptr;  // beside the sandbox's faults and the environment
  std::string world{};
  double time_scale = 0;
  std::string shows{};  // also seen on the terminal while the run goes on
  std::vector<std::string> words{"apply", "-auto-approve", "-parallelism=1"};
};

inline void PrintTo(const FaultCase& one, std::ostream* out) { *out << one.name; }

std::vector<FaultCase> link_faults();
std::vector<FaultCase> access_faults();
std::vector<FaultCase> transport_faults();
std::vector<FaultCase> wait_faults();
std::vector<FaultCase> state_faults();

inline std::vector<FaultCase> all_faults() {
  std::vector<FaultCase> all;
  for (auto part : {link_faults, access_faults, transport_faults, wait_faults, state_faults})
    for (FaultCase& one : part()) all.push_back(std::move(one));
  return all;
}

/// Sends these faults to the sandbox.
inline std::function<void(Stage&)> sends(json faults) {
  return [faults = std::move(faults)](Stage& stage) { stage.project.fault(faults); };
}

inline std::function<void(Stage&)> sets(const std::string& variable, const std::string& value) {
  return [=](Stage& stage) { stage.environment[variable] = value; };
}

}  // namespace crosstie::testing
