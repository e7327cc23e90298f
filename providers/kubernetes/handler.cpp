#include "providers/kubernetes/handler.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/duration.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

Forecast Handler::forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                           const std::string& /*action*/) const {
  return {};
}

// A read has nothing to write: what the engine asks of it is done.
Task<WriteResult> Handler::create(WriteRequest request) {
  co_return WriteResult::done({request.approved.attributes, Value(), Value()});
}
Task<WriteResult> Handler::update(WriteRequest request) {
  co_return WriteResult::done({request.approved.attributes, Value(), Value()});
}
Task<WriteResult> Handler::remove(WriteRequest /*request*/) { co_return WriteResult::done({}); }

Value argument(const ResourceRequest& request, std::string_view name) {
  const Value* found = request.desired.find(name);
  if (found != nullptr) return *found;
  if (!request.desired.is_null() || !request.prior) return Value();
  const Value* recorded = request.prior->desired.find(name);
  return recorded == nullptr ? Value() : *recorded;
}

std::string unknown_reason(const Value& value) {
  if (!value.contains_unknown()) return {};
  return "known after apply of " + value.first_unknown();
}

Observation unreadable(Diagnostics why, const ResourceAddress& address) {
  Observation observation;
  observation.presence = Presence::unreadable;
  observation.diagnostics = with_address(std::move(why), address.print());
  return observation;
}

Observation unchecked(std::string reason) {
  Observation observation;
  observation.presence = Presence::unchecked;
  observation.reason = std::move(reason);
  return observation;
}

std::optional<std::chrono::milliseconds> parse_duration(const Value& value) {
  if (value.is_string()) return crosstie::parse_duration(value.as_string());
  if (value.is_number()) return crosstie::parse_duration(std::to_string(value.as_double()));
  return std::nullopt;
}

WaitLimits limits_of(const WaitRequest& request) {
  WaitLimits limits = request.limits;
  if (const auto own = parse_duration(argument(request.resource, "timeout"))) {
    limits.object = *own;
    limits.no_activity = std::min(limits.no_activity, *own);
  }
  return limits;
}

}  // namespace crosstie::kubernetes
