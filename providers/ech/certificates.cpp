#include "providers/ech/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie::ech {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;

Diagnostic not_a_bundle(const std::string& why) {
  return make_error(
      "certificates cannot be read", why,
      "To fix it, give one or more PEM blocks that begin with " + std::string(kBegin) + ".");
}

X509Pointer parse_block(std::string_view block) {
  std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())));
  return X509Pointer(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

std::string common_name(X509* certificate) {
  std::array<char, 256> text{};
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               text.data(), static_cast<int>(text.size()));
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

std::string fingerprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    std::array<char, 3> pair{};
    std::snprintf(pair.data(), pair.size(), "%02x", digest[i]);
    hex += pair.data();
  }
  return hex;
}

std::string valid_until(X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &time);
  return text.data();
}

}  // namespace

Result<std::vector<Certificate>> parse_certificates(const std::string& bundle) {
  if (bundle.size() > kBundleBytesMax)
    return not_a_bundle("The bundle is larger than " + std::to_string(kBundleBytesMax) + " bytes.");
  std::vector<Certificate> found;
  std::size_t at = 0;
  while ((at = bundle.find(kBegin, at)) != std::string::npos) {
    const std::size_t end = bundle.find(kEnd, at);
    const std::string number = std::to_string(found.size() + 1);
    if (end == std::string::npos)
      return not_a_bundle("Certificate " + number + " of the bundle has no end line.");
    if (found.size() == kBundleCertificatesMax)
      return not_a_bundle("The bundle holds more than " + std::to_string(kBundleCertificatesMax) +
                          " certificates.");
    const std::string block = bundle.substr(at, end + kEnd.size() - at) + "\n";
    X509Pointer certificate = parse_block(block);
    if (!certificate)
      return not_a_bundle("Certificate " + number + " of the bundle is damaged or not X.509.");
    found.push_back({block, common_name(certificate.get()), fingerprint(certificate.get()),
                     valid_until(certificate.get())});
    at = end + kEnd.size();
  }
  if (found.empty()) return not_a_bundle("The text holds no certificate.");
  return found;
}

std::string join_pem(const std::vector<Certificate>& certificates) {
  std::string bundle;
  for (const Certificate& certificate : certificates) bundle += certificate.pem;
  return bundle;
}

}  // namespace crosstie::ech
