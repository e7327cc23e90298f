#pragma once
// The arguments and attributes of `ech.trust`, and their comparison. Pure.
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/trust_entry.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {

const ResourceSchema& trust_schema();

/// Attributes of an entry; deployment and certificate_subject come from `arguments`.
Value trust_attributes(const TrustEntry& entry, const Value& arguments, const std::string& ref_id);

/// Certificates are compared by fingerprint, after `certificate_subject` has chosen among them;
/// name lists in any order.
Difference trust_difference(const Value& desired, const Value& observed);

/// One line that differs when the entry does: "proxy, trust_all false, certificates SHA-256
/// ab12..."
std::string entry_digest(const TrustEntry& entry);

}  // namespace crosstie::ech
