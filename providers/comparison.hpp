#pragma once
// What the resource types of every provider compare and refuse alike.
#include <optional>
#include <string>
#include <string_view>

#include "providers/provider.hpp"

namespace crosstie {

/// The recorded arguments where there is a record, so that a changed name is seen as a change; else
/// the desired ones.
const Value& identity_of(const ResourceRequest& request);

/// Ours by the record, or because a write of ours began and has no outcome yet.
bool is_recorded(const ResourceRequest& request);

/// Null, an empty list or an empty object: equal to absence.
bool is_nothing(const Value* value);

/// A difference when the two differ; absence equals nothing.
void compare(Difference& difference, std::string_view name, const Value* wanted, const Value* live,
             bool replace = false, std::string note = {});

/// An error unless adoption allows to touch a `what` that exists and is not ours. `foreign_owner`
/// is somebody whose mark it bears.
std::optional<Diagnostic> refuse_unowned(const ResourceRequest& request, const std::string& what,
                                         const std::string& foreign_owner = {});

/// The error for an object that changed between the plan and this write, with both forms.
Diagnostic changed_since_plan(const std::string& what, const std::string& planned,
                              const std::string& now);

}  // namespace crosstie
