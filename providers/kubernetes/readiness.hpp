#pragma once
// When an object is ready: rules as data, one a kind, and the user's own. Pure.
#include <optional>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

struct Readiness {
  enum class State { ready, waiting, failing };
  State state = State::waiting;
  WaitState shown;      // the condition tracked, and its value
  std::string failure;  // why it looks failed, a sentence
};

/// Ready when the rule of its kind says so; a kind without a rule is ready when it exists.
/// `generation`: of our own write; a status of an earlier one does not count.
Readiness readiness_of(const Value& object, std::int64_t generation);

/// Whether anything is waited for: a sentence part such as "rollout done", "" when the kind has no
/// rule.
std::string waits_for(const Value& manifest);

/// One user's condition: a path into the object that must equal a value, or the status of a
/// condition type.
struct WaitRule {
  std::string path;       // "status.phase"; for a condition "status.conditions[Ready]"
  std::string condition;  // "Ready", "" for a path
  Value equals;           // null: any value that is not empty
};

/// The `wait_for` argument. Errors name the entry.
Result<std::vector<WaitRule>> parse_wait_rules(const Value& wait_for);
Readiness readiness_by(const std::vector<WaitRule>& rules, const Value& object,
                       std::int64_t generation);

/// Load balancer address of a Service: {host, url_host, kind: ip|ipv6|hostname}; null while there
/// is none.
Value load_balancer_of(const Value& service);
Readiness load_balancer_readiness(const Value& service);

/// `status.conditions[type].status`, "" when absent.
std::string condition_status(const Value& object, const std::string& type);
const Value* condition_of(const Value& object, const std::string& type);

/// Member at a dotted path, `a.b[0].c` or `a["b.c"]`; nullptr when absent or no path.
const Value* value_at(const Value& object, const std::string& path);

}  // namespace crosstie::kubernetes
