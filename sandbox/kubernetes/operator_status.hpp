#pragma once
// The status of an Elasticsearch resource and the events about it.
#include <set>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

/// What one reconciliation found, in the terms of the status.
struct Observation {
  std::string phase = "ApplyingChanges";
  std::string health = "unknown";
  int available_nodes = 0;
  std::string running_version;  // lowest of the StatefulSets, "" when there is none
  bool complete = false;        // ReconciliationComplete
  std::string incomplete_message;
  bool checked =
      true;  // false for an invalid spec: then ECK reports no condition but ReconciliationComplete
  std::string paused_message;  // "" when orchestration is not paused
  nlohmann::json upgrade_nodes = nlohmann::json::array();
  nlohmann::json upscale_nodes = nlohmann::json::array();
};

/// `before` is the stored status (null when there is none); times change only with what they belong
/// to.
nlohmann::json make_status(const ClusterView& view, const nlohmann::json& before,
                           const Observation& observation);

/// Records an event on the resource as client-go's events recorder does (eventTime set, first and
/// last time null).
class EventRecorder {
 public:
  EventRecorder(Context& context, ObjectStore& store) : context_(context), store_(store) {}
  /// One event for each new text at a generation; the real operator repeats it every few seconds.
  void warn(const ClusterView& view, const std::string& reason, const std::string& action,
            const std::string& message);

 private:
  Context& context_;
  ObjectStore& store_;
  std::set<std::string> sent_;
};

}  // namespace crosstie::sandbox::eck
