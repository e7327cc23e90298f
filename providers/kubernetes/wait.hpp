#pragma once
// Waits for one object: a watch plus a poll that slows down, so that a lost, refused or late watch
// never hangs.
#include <functional>
#include <memory>
#include <string>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/readiness.hpp"

namespace crosstie::kubernetes {

struct WaitTarget {
  KindPath kind;
  ObjectName name;
  ResourceAddress address;
};

/// Decides about the object as it is; null when it does not exist.
using Decide = std::function<Readiness(const Value& object)>;

/// The object once `decide` calls it ready. Errors: a state that looks failed held for
/// `failure_holds`, the object's clock or the no-activity clock ran out (both name the condition,
/// its value and the last Warning event), or the API refuses.
Task<Result<Value>> wait_for_object(std::shared_ptr<Api> api, WaitTarget target, Decide decide,
                                    WaitLimits limits, ProgressSink& progress);

/// The newest Warning event of an object, `reason: message`, "" when there is none or events may
/// not be read.
Task<std::string> last_warning(std::shared_ptr<Api> api, std::string namespace_name,
                               std::string name, std::string uid);

/// The newest of a list of Event objects, by eventTime, lastTimestamp or creationTimestamp. Pure.
std::string newest_event(const std::vector<Value>& events);

}  // namespace crosstie::kubernetes
