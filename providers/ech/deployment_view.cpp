#include "providers/ech/deployment_view.hpp"

#include <string>

#include "providers/ech/json_read.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

// The error text of a failed attempt is the last info_log message of its last step, failure_type
// beside it (facts, section 7).
PlanAttempt read_attempt(const json& plan) {
  PlanAttempt attempt;
  attempt.id = json_read::text(plan, {"plan_attempt_id"});
  attempt.healthy = json_read::flag(plan, {"healthy"}, true);
  const json& log = json_read::list(plan, {"plan_attempt_log"});
  std::string failure_type;
  if (!log.empty()) {
    const json& last = log.back();
    attempt.step = json_read::text(last, {"step_id"});
    const json& lines = json_read::list(last, {"info_log"});
    if (!lines.empty()) {
      attempt.message = json_read::text(lines.back(), {"message"});
      failure_type = json_read::text(lines.back(), {"failure_type"});
    }
    // Only the end's status decides; a failed step in the middle does not count.
    if (attempt.step == "plan-completed" && json_read::text(last, {"status"}) == "error")
      attempt.healthy = false;
  }
  if (attempt.message.empty() || !attempt.healthy) {
    const std::string error = json_read::text(plan, {"error", "message"});
    if (attempt.message.empty()) attempt.message = error;
    if (failure_type.empty()) failure_type = json_read::text(plan, {"error", "failure_type"});
  }
  if (!failure_type.empty()) attempt.message += " (" + failure_type + ")";
  return attempt;
}

}  // namespace

const json* elasticsearch_resource(const json& deployment, const std::string& ref_id) {
  const json& all = json_read::list(deployment, {"resources", "elasticsearch"});
  const std::string wanted = ref_id.empty() && all.size() > 1 ? "main-elasticsearch" : ref_id;
  for (const json& resource : all)
    if (wanted.empty() || json_read::text(resource, {"ref_id"}) == wanted) return &resource;
  return nullptr;
}

std::string service_url(const json& resource) {
  std::string url = json_read::text(resource, {"info", "metadata", "service_url"});
  if (!url.empty()) return url;
  const std::string endpoint = json_read::text(resource, {"info", "metadata", "endpoint"});
  if (endpoint.empty()) return {};
  const json* port = json_read::find(resource, {"info", "metadata", "ports", "https"});
  const int number = port != nullptr && port->is_number_integer() ? port->get<int>() : 443;
  return "https://" + endpoint + ":" + std::to_string(number);
}

std::string stack_version(const json& resource) {
  return json_read::text(resource,
                         {"info", "plan_info", "current", "plan", "elasticsearch", "version"});
}

PlanView read_plans(const json& resource) {
  PlanView view;
  if (const json* pending = json_read::find(resource, {"info", "plan_info", "pending"}))
    view.pending = read_attempt(*pending);
  if (const json* current = json_read::find(resource, {"info", "plan_info", "current"}))
    view.current = read_attempt(*current);
  for (const json& attempt : json_read::list(resource, {"info", "plan_info", "history"}))
    view.history.push_back(read_attempt(attempt));
  return view;
}

bool plan_pending(const json& resource) {
  return json_read::find(resource, {"info", "plan_info", "pending"}) != nullptr;
}

}  // namespace crosstie::ech
