#pragma once
// What an API tells about a certificate beside its subject and fingerprint.
#include <optional>
#include <string>

namespace crosstie::sandbox::elasticsearch {

struct CertificateInfo {
  std::string subject;
  std::string issuer;
  std::string serial;      // lower-case hex
  std::string valid_from;  // "2026-11-24T17:24:01.000Z"
  std::string valid_to;
};

/// nullopt when `pem` does not begin with a certificate that parses.
std::optional<CertificateInfo> certificate_info(const std::string& pem);

}  // namespace crosstie::sandbox::elasticsearch
