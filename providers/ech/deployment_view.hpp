#pragma once
// One answer of GET /deployments/{id}, read with care: every field may be absent.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/value.hpp"

namespace crosstie::ech {

struct DeploymentRead {
  nlohmann::json body;
  std::string version;  // header x-cloud-resource-version, "" when there is none
};

/// The Elasticsearch resource with this ref_id; with "" the only one, or `main-elasticsearch` of
/// several. Null pointer: none.
const nlohmann::json* elasticsearch_resource(const nlohmann::json& deployment,
                                             const std::string& ref_id);

/// `metadata.service_url`, else `https://<endpoint>:<ports.https>`, "" when neither is there.
std::string service_url(const nlohmann::json& resource);

/// Stack version of the last plan that succeeded, "" while the first one runs.
std::string stack_version(const nlohmann::json& resource);

/// A plan attempt as pending, current or in the history.
struct PlanAttempt {
  std::string id;
  bool healthy = true;
  std::string step;     // last log entry's step_id, "" without a log
  std::string message;  // last words of the log or of the attempt's error, with the failure type
};

struct PlanView {
  std::optional<PlanAttempt> pending;
  std::optional<PlanAttempt> current;
  std::vector<PlanAttempt> history;  // oldest first; empty when it was not asked for
};

PlanView read_plans(const nlohmann::json& resource);

/// True while any Elasticsearch plan of the deployment is pending.
bool plan_pending(const nlohmann::json& resource);

}  // namespace crosstie::ech
