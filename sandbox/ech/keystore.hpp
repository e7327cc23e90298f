#pragma once
// The Elasticsearch keystore of a deployment: names and values go in, only names come out.
#include <map>
#include <string>

#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/world_state.hpp"

namespace crosstie::sandbox::ech {

/// `stored` after a PATCH with `contents` ({"secrets":{...}}). An entry of null, {}, {"value":null}
/// or an empty value removes the name. Throws ApiError for a name that Elasticsearch does not know
/// and for a value that is neither a text nor an object.
std::map<std::string, KeystoreSecret> merged_keystore(
    const std::map<std::string, KeystoreSecret>& stored, const Cursor& contents);

/// Stores the secrets and hands them to the cluster, which reloads them without a restart.
void set_keystore(Deployment& deployment, std::map<std::string, KeystoreSecret> secrets);

/// The settings of a new deployment's Elasticsearch resource.
Json default_settings(const WorldState& world, const std::string& name);

}  // namespace crosstie::sandbox::ech
