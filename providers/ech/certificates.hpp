#pragma once
// What crosstie must know of the certificates in a PEM bundle. OpenSSL stays behind this header.
#include <string>
#include <vector>

#include "engine/model/result.hpp"

namespace crosstie::ech {

struct Certificate {
  std::string pem;                 // one block, ending in a newline
  std::string common_name;         // of the subject, "" when it has none
  std::string fingerprint_sha256;  // lower-case hex of the DER form
  std::string valid_until;         // RFC 3339, UTC, seconds
};

inline constexpr std::size_t kBundleBytesMax = 1u << 20;
inline constexpr std::size_t kBundleCertificatesMax = 200;

/// Every certificate of a PEM bundle, in order. Text between the blocks is skipped; a block that is
/// no certificate, a bundle without one, and a bundle over the limits are errors.
Result<std::vector<Certificate>> parse_certificates(const std::string& bundle);

/// The blocks one after the other.
std::string join_pem(const std::vector<Certificate>& certificates);

}  // namespace crosstie::ech
