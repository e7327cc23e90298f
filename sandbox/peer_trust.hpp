#pragma once
// What one side of a mutual TLS connection takes from the other, as Elasticsearch decides it for
// xpack.security.transport.ssl: the chain by the authorities, then the names of the peer's own
// certificate by the trust restriction (org.elasticsearch.xpack.core.ssl, RestrictedTrustManager).
#include <optional>
#include <string>
#include <vector>

#include "sandbox/context.hpp"

namespace crosstie::sandbox {

/// xpack.security.transport.ssl.trust_restrictions: the patterns of the file that `path` names, and
/// where the peer's names are read from (`x509_fields`, the otherName alone by default).
struct TrustRestriction {
  std::vector<std::string> names;
  bool by_other_name = true;
  bool by_dns_name = false;
  bool operator==(const TrustRestriction&) const = default;
};

struct PeerTrust {
  std::string authorities_pem;
  std::optional<TrustRestriction> restriction;
  bool operator==(const PeerTrust&) const = default;
};

/// The transport interface of a node: what it shows and what it takes.
struct Transport {
  Identity identity;  // the certificate with its chain, leaf first
  PeerTrust trust;
  bool operator==(const Transport&) const = default;
};

/// Subject alternative names: otherName of type 2.5.4.3 (commonName), and DNS. Empty when the PEM
/// does not parse.
struct CertificateNames {
  std::vector<std::string> other;
  std::vector<std::string> dns;
};
CertificateNames certificate_names(const std::string& pem);

/// True when the PEM text holds a certificate that can be read.
bool holds_certificate(const std::string& pem);
/// True when certificate and key belong together.
bool is_usable(const Identity& identity);

/// Elasticsearch's patterns (xpack.core.security.support, Automatons): `*` and `?`, a backslash
/// before a literal one, `/.../` a regular expression of the whole name.
bool matches_trusted_name(const std::string& pattern, const std::string& name);

/// Why the restriction refuses a certificate, in Elasticsearch's words; nullopt when it does not.
std::optional<std::string> restriction_refusal(const PeerTrust& trust, const std::string& leaf_pem);

/// True when the trust takes a peer that shows this chain (leaf first).
bool takes_peer(const PeerTrust& trust, const std::string& chain_pem);

}  // namespace crosstie::sandbox
