#pragma once
// What an answer of the API server means. Pure.
#include <optional>
#include <string>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"

namespace crosstie::kubernetes {

/// One field that another manager owns (cause FieldManagerConflict of a 409).
struct FieldConflict {
  std::string field;    // ".spec.nodeSets"
  std::string manager;  // "elastic-operator"
  friend bool operator==(const FieldConflict&, const FieldConflict&) = default;
};

/// An answer, or why there is none. Every error is a `Status` object, except "404 page not found"
/// as text for paths that are not served (kube-apiserver 1.33, fixtures http-404-*.txt).
struct Reply {
  int status = 0;  // 0: no answer
  Value body;      // the JSON, null when there is none
  std::string reason;
  Diagnostics diagnostics;  // why it is no success; empty when ok
  bool outcome_unknown = false;
  std::vector<FieldConflict> conflicts;
  std::string missing_namespace;  // a 404 that speaks of the namespace, not of the object

  bool ok() const { return diagnostics.empty(); }
  /// The object itself is not there.
  bool absent() const { return status == 404 && reason == "NotFound" && missing_namespace.empty(); }
  /// Nobody serves this group, version or kind.
  bool not_served() const { return status == 404 && reason.empty(); }
  /// The object changed under us: read again.
  bool stale() const { return status == 409 && reason == "Conflict" && conflicts.empty(); }
  bool forbidden() const { return status == 403; }
};

Reply understand(const std::string& service, const http::Request& request, http::Exchange exchange);

/// The manager in `conflict with "kubectl" using apps/v1`, or with its subresource and time as
/// later servers write it.
std::string manager_in(const std::string& message);

}  // namespace crosstie::kubernetes
