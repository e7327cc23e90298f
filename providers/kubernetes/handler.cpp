#include "providers/kubernetes/handler.hpp"

#include <cstdlib>

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
  using std::chrono::milliseconds;
  constexpr double kLongest = 7.0 * 24 * 3600 * 1000;
  double amount = 0;
  double unit = 1000;
  if (value.is_number()) {
    amount = value.as_double();
  } else if (value.is_string()) {
    char* end = nullptr;
    amount = std::strtod(value.as_string().c_str(), &end);
    const std::string_view suffix(end);
    if (end == value.as_string().c_str()) return std::nullopt;
    if (suffix == "ms") {
      unit = 1;
    } else if (suffix == "m") {
      unit = 60000;
    } else if (suffix == "h") {
      unit = 3600000;
    } else if (suffix != "s" && !suffix.empty()) {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  if (!(amount > 0) || amount * unit > kLongest) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(amount * unit));
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
