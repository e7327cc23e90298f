#include "providers/ech/resource_type.hpp"

namespace crosstie::ech {
namespace {

bool is_nothing(const Value* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_string()) return value->as_string().empty();
  if (value->is_list()) return value->as_list().empty();
  if (value->is_object()) return value->as_object().empty();
  return value->is_bool() && !value->as_bool();
}

Diagnostic read_only(const std::string& type) {
  return make_error("resource type is only read",
                    "A resource of type " + type + " cannot be written.");
}

}  // namespace

Forecast ResourceType::forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                                const std::string& /*action*/) const {
  return {};
}

Task<WriteResult> ResourceType::create(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::update(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::remove(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<Diagnostics> ResourceType::server_check(WriteRequest /*request*/) { co_return Diagnostics{}; }

Task<Result<Value>> ResourceType::settle(WaitRequest request, ProgressSink& /*progress*/) {
  co_return std::move(request.attributes);
}

const Value& identity_of(const ResourceRequest& request) {
  return request.prior ? request.prior->desired : request.desired;
}

bool is_recorded(const ResourceRequest& request) {
  return request.prior.has_value() || !request.pending_operation.empty();
}

void compare(Difference& difference, const Value& desired, const Value& observed,
             std::string_view name, bool replace) {
  const Value* wanted = desired.find(name);
  const Value* live = observed.find(name);
  if (is_nothing(wanted) && is_nothing(live)) return;
  if (wanted != nullptr && live != nullptr && *wanted == *live) return;
  FieldDifference field;
  field.path = {PathStep{std::string(name)}};
  if (live != nullptr) field.before = *live;
  if (wanted != nullptr) field.after = *wanted;
  // An unknown name may turn out to be the same: apply looks again when it is known.
  field.replace = replace && !field.after.contains_unknown();
  difference.fields.push_back(std::move(field));
}

std::optional<Diagnostic> refuse_unowned(const ResourceRequest& request, const std::string& what) {
  if (is_recorded(request) || request.adoption != Adoption::never) return std::nullopt;
  return make_error(
      "object exists and is not ours",
      what + " exists, and this configuration has no record of it.",
      "To fix it, choose another name, or set `adopt: if_unowned` to take it over; destroy "
      "then gives it back as it was found.");
}

Diagnostic changed_since_plan(const std::string& what, const std::string& planned,
                              const std::string& now) {
  return make_error("object changed since the plan",
                    what + " was changed by somebody else. The plan saw: " + planned +
                        ". It is now: " + now + ".",
                    "To fix it, make a new plan and look at the change.");
}

}  // namespace crosstie::ech
