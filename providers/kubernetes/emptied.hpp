#pragma once
// What server-side apply cannot do to a custom resource: take the last member out of an object that
// stays, because another manager owns it too (ECK's operator writes empty objects) or because the
// manifest has it as {}. The server makes null of the object and refuses it: 422, "Invalid value:
// \"null\" ... must be of type object" (kube-apiserver 1.34.4).
#include <memory>
#include <string>

#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"

namespace crosstie::kubernetes {

/// Manager of the small writes around an apply: they own nothing.
constexpr const char* kRestorer = "crosstie-restore";

/// Merge patch that empties, ahead of an apply of `desired` by `manager`, the objects that the
/// apply would leave empty; null when there are none. Pure.
Value emptied_patch(const Value& live, const Value& desired, const std::string& manager);

/// Sends that patch when it is needed. The reply's body is the object as it is then: `live` itself
/// when nothing was sent.
Task<Reply> empty_ahead_of_apply(std::shared_ptr<Api> api, KindPath kind, ObjectName name,
                                 Value live, Value desired, std::string manager);

}  // namespace crosstie::kubernetes
