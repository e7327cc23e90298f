#pragma once
// The pure part of changing one entry of a deployment's trust: what is wanted, what is there, and
// the body that changes only that. Rules: facts/ech-api.md, section 4 (trust is replaced whole,
// plans are replaced whole, absent settings stay).
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/certificates.hpp"

namespace crosstie::ech {

struct TrustEntry {
  std::string uid;  // made by the service; "" of an entry to be added
  std::string name;
  std::string type = "generic";
  std::vector<Certificate> certificates;
  std::string scope_id;
  bool trust_all = false;
  std::vector<std::string> additional_node_names;
};

inline constexpr std::size_t kTrustNameMax = 128;
inline constexpr std::size_t kScopeIdMax = 32;

/// What the arguments of `ech.trust` ask for, checked against the service's rules. All arguments
/// must be known.
Result<TrustEntry> wanted_trust(const Value& desired);

/// An entry of `direct` as read. A PEM that cannot be parsed is kept with its text as fingerprint,
/// so that it never equals another.
TrustEntry read_entry(const nlohmann::json& entry);

/// An entry as the service takes it: what the type forbids is left out.
nlohmann::json entry_body(const TrustEntry& entry);

/// The same wish: certificates by fingerprint, lists in any order, uid aside.
bool same_entry(const TrustEntry& a, const TrustEntry& b);

/// The entry of `direct` with this uid, else with this very name; null pointer when there is none.
const nlohmann::json* find_entry(const nlohmann::json& resource, const std::string& uid,
                                 const std::string& name);

/// Everything under settings.trust that is not the entry (uid, name): what must be the same after a
/// write.
nlohmann::json foreign_trust(const nlohmann::json& resource, const std::string& uid,
                             const std::string& name);

/// Foreign things of `before` that `after` lacks, by kind and name; order and additions do not
/// count.
std::vector<std::string> lost_foreign(const nlohmann::json& before, const nlohmann::json& after);

/// The body of PUT: prune_orphans false, only this resource, its plan in full without `transient`,
/// and all three trust lists complete with the entry (uid, name) set to `entry` (nullopt: taken
/// out). Error while no plan has succeeded yet.
Result<nlohmann::json> trust_update(const nlohmann::json& resource, const std::string& uid,
                                    const std::string& name,
                                    const std::optional<TrustEntry>& entry);

}  // namespace crosstie::ech
