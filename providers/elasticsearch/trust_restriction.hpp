#pragma once
// The file that tells a node which peers it takes
// (`xpack.security.transport.ssl.trust_restrictions`), and whether it would shut somebody out.
// Pure.
//
// Elasticsearch compares the patterns with the otherName of type commonName in a peer's certificate
// (RestrictedTrustManager, CertificateTrustRestrictions): `*` is any text, `?` one character.
#include <string>
#include <string_view>
#include <vector>

namespace crosstie::elasticsearch {

/// Whether `pattern` takes `name`. A `*` in `name`, itself a pattern, counts as a character: then
/// true means that everything that `name` takes is taken by `pattern`.
bool takes(std::string_view pattern, std::string_view name);

/// Those of `names` that no pattern takes, in order.
std::vector<std::string> shut_out(const std::vector<std::string>& patterns,
                                  const std::vector<std::string>& names);

/// The text of trust.yml.
std::string trust_file(const std::vector<std::string>& patterns);

}  // namespace crosstie::elasticsearch
