#pragma once
// Runs a plan: a ready queue in dependency order, journal around every remote write, independent
// branches go on after a failure.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/environment.hpp"
#include "state/store.hpp"

namespace crosstie {

struct ApplyOptions {
  int parallelism = 10;  // steps in flight
  std::int64_t run = 0;  // id of the run that the caller opened
  WaitLimits limits;
  std::chrono::milliseconds grace{10000};  // for calls in flight after the first interrupt
};

struct ApplyResult {
  int added = 0, changed = 0, destroyed = 0;
  std::vector<StepReport> failed;
  std::vector<StepReport> skipped;
  std::vector<ResourceAddress> not_waited;       // `wait: none`
  std::vector<ResourceAddress> verified_absent;  // by the last look after deletes
  std::vector<ResourceAddress> still_there;      // deleted, and seen again by the last look
  std::map<std::string, Output> outputs;
  Diagnostics diagnostics;  // broken ground: the journal could not be written
  bool interrupted = false;
  bool something_written = false;  // by this run, ready or not, or perhaps
  bool ok() const {
    return failed.empty() && skipped.empty() && !interrupted && diagnostics.empty();
  }
};

class Applier {
 public:
  Applier(Plan plan, std::shared_ptr<const Configuration> configuration,
          const SchemaCatalog& schemas, StateStore& store, Environment environment,
          ApplyOptions options);
  ~Applier();

  Task<ApplyResult> run();

  /// First call: no new step, waits end, calls in flight get `grace`. Second call: everything in
  /// flight is cancelled. To be called on the executor that runs run().
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosstie
