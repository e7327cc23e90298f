#pragma once
// Certificates in words, so that a person can compare them: subject, end, SHA-256.
#include <string>
#include <string_view>
#include <vector>

namespace crosstie {

struct CertificateWords {
  std::string subject;  // "CN=quickstart-transport, OU=quickstart"
  std::string until;    // "2027-11-24", UTC
  std::string sha256;   // 64 hex characters
};

/// The certificates of a PEM text in their order; empty when it holds none or one that cannot be
/// read. Private keys are passed over.
std::vector<CertificateWords> certificates_of(std::string_view pem);

}  // namespace crosstie
