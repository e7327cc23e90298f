#pragma once
// metadata.managedFields: who owns which field, and server-side apply itself. The rules of
// k8s.io/apimachinery/pkg/util/managedfields and structured-merge-diff v4 merge/update.go
// (Kubernetes 1.33).
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox/kubernetes/field_schema.hpp"

namespace crosstie::sandbox::kubernetes {

/// One write as ownership sees it.
struct FieldWrite {
  std::string manager;
  std::string api_version;
  std::string subresource;  // "" or "status"
  bool has_status =
      true;          // the kind has a status subresource, so the main resource cannot write status
  std::string time;  // RFC 3339
  const FieldSchema* schema = nullptr;
  bool custom = false;  // kept as it is sent, nulls too; built-in kinds lose them on decoding
};

/// `after` with managedFields as a PUT, POST or patch by `write.manager` leaves them: changed
/// fields are its own, and no longer anybody else's. `before` is the stored object, or for a create
/// what an empty object of the kind looks like.
nlohmann::json track_update(const nlohmann::json& before, nlohmann::json after,
                            const FieldWrite& write);

/// Server-side apply of `config` onto `live` (see track_update for a create). Fields that the
/// manager owned alone and left out are removed. Throws StatusError 409 naming each field that
/// another manager owns with another value, unless `force`.
nlohmann::json apply_config(const nlohmann::json& live, const nlohmann::json& config,
                            const FieldWrite& write, bool force);

/// Equal but for the times in managedFields: such a write is a no-op.
bool same_content(const nlohmann::json& left, const nlohmann::json& right);

}  // namespace crosstie::sandbox::kubernetes
