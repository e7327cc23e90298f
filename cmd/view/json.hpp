#pragma once
// Output for programs: Terraform's machine-readable messages, one object a line, and Terraform's
// plan shape. docs/json-output.md has the schema.
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/apply.hpp"

namespace crosstie {

/// Writes one message a line, flushed, so that a reader sees it at once.
class JsonLines {
 public:
  explicit JsonLines(std::ostream& out) : out_(out) {}
  void version();
  void planned(const Plan& plan);        // resource_drift, planned_change, change_summary, outputs
  void drift(const Plan& plan);          // resource_drift
  void drift_summary(const Plan& plan);  // change_summary of a drift look
  void diagnostics(const Diagnostics& diagnostics);
  void outputs(const std::map<std::string, Output>& outputs);
  void summary(int add, int change, int remove, const std::string& operation);
  void write(nlohmann::json message, const std::string& text, const char* level = "info");

 private:
  std::ostream& out_;
};

class JsonProgress : public EventSink {
 public:
  explicit JsonProgress(std::ostream& out) : lines_(out) {}
  void started(const Change& change) override;
  void waiting(const Change& change, const WaitState& state,
               std::chrono::milliseconds elapsed) override;
  void completed(const StepReport& report) override;
  void failed(const StepReport& report) override;
  void skipped(const StepReport& report) override;
  void note(const Diagnostic& diagnostic) override;

 private:
  JsonLines lines_;
  std::map<std::string, std::string> last_wait_;  // a wait is told once per change of state
};

/// Terraform's plan representation: resource_changes[].change.{actions, before, after,
/// after_unknown, ...}. Sensitive values are never in it.
nlohmann::json plan_json(const Plan& plan);
nlohmann::json output_json(const Output& output);

}  // namespace crosstie
