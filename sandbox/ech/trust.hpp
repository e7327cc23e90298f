#pragma once
// The trust object of a deployment: what it may hold, and what it becomes when a PUT replaces it.
#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::ech {

/// The new trust object; the whole of it is replaced, lists left out become empty. Entries keep the
/// uid that they name when `stored` has it, others get one. Throws ApiError with every rule that is
/// broken.
Json read_trust(WorldState& world, const Json& stored, const Cursor& trust);

/// The PEM texts of all direct trusts of type proxy, one after the other.
std::string proxy_trust_pem(const Json& trust);

/// What the deployment's nodes take at their transport interface: the region's authorities and
/// those of direct trusts that are not of type proxy, and the names that the whole trust object
/// allows.
PeerTrust transport_trust(const WorldState& world, const Deployment& deployment);

/// Gives the deployment's cluster its transport interface with the present trust.
void apply_transport(const WorldState& world, Deployment& deployment);

/// {"fingerprint","valid_from","valid_to","also_trusted_by"}; null when the PEM does not parse.
Json certificate_metadata(const std::string& pem);

}  // namespace crosstie::sandbox::ech
