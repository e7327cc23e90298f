#include "providers/comparison.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/provider.hpp"

namespace crosstie {

const Value& identity_of(const ResourceRequest& request) {
  return request.prior ? request.prior->desired : request.desired;
}

bool is_recorded(const ResourceRequest& request) {
  return request.prior.has_value() || !request.pending_operation.empty();
}

bool is_nothing(const Value* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_list()) return value->as_list().empty();
  return value->is_object() && value->as_object().empty();
}

void compare(Difference& difference, std::string_view name, const Value* wanted, const Value* live,
             bool replace, std::string note) {
  if (is_nothing(wanted) && is_nothing(live)) return;
  if (wanted != nullptr && live != nullptr && *wanted == *live) return;
  FieldDifference field;
  field.path = {PathStep{std::string(name)}};
  if (live != nullptr) field.before = *live;
  if (wanted != nullptr) field.after = *wanted;
  // An unknown name may turn out to be the same: apply looks again when it is known.
  field.replace = replace && !field.after.contains_unknown();
  field.note = std::move(note);
  difference.fields.push_back(std::move(field));
}

std::optional<Diagnostic> refuse_unowned(const ResourceRequest& request, const std::string& what,
                                         const std::string& foreign_owner) {
  if (request.adoption == Adoption::take_over) return std::nullopt;
  if (foreign_owner.empty() && (is_recorded(request) || request.adoption == Adoption::if_unowned))
    return std::nullopt;
  const bool foreign = !foreign_owner.empty();
  return make_error("object exists and is not ours",
                    what + " exists" +
                        (foreign ? " and belongs to " + foreign_owner
                                 : ", and this configuration has no record of it") +
                        ".",
                    std::string("To fix it, choose another name, or set `adopt: ") +
                        (foreign ? "take_over" : "if_unowned") +
                        "`; destroy then gives it back as it was found.");
}

Diagnostic changed_since_plan(const std::string& what, const std::string& planned,
                              const std::string& now) {
  return make_error("object changed since the plan",
                    what + " was changed by somebody else. The plan saw: " + planned +
                        ". It is now: " + now + ".",
                    "To fix it, make a new plan and look at the change.");
}

}  // namespace crosstie
