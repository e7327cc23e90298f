#pragma once
// What the certificates of ECK's transport layer say. OpenSSL stays behind this header.
#include <string>
#include <vector>

#include "engine/model/result.hpp"

namespace crosstie::kubernetes {

/// Names by which Elasticsearch's trust restriction knows the node of the first certificate in
/// `pem`: its subjectAltName otherNames of type 2.5.4.3, or the common name when it has none
/// (RestrictedTrustManager, fixture secret-es-masters-es-transport-certs-with-nodes).
Result<std::vector<std::string>> node_names_of(const std::string& pem);

/// Subject of each certificate in `pem`, as `OU=east, CN=east-transport`.
Result<std::vector<std::string>> subjects_of(const std::string& pem);

}  // namespace crosstie::kubernetes
