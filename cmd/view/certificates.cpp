#include "cmd/view/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
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

namespace crosstie {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{1} << 20;
constexpr std::size_t kCertificatesMax = 100;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::string subject_of(const X509* certificate) {
  const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
  if (!out) return "";
  constexpr unsigned long kForm = XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_RFC2253;
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                     kForm & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  if (data == nullptr || length <= 0) return "";
  return {data, static_cast<std::size_t>(length)};
}

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

std::string digest_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), bytes.data(), &length) != 1) return "";
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    std::array<char, 3> pair{};
    std::snprintf(pair.data(), pair.size(), "%02x", bytes[i]);
    hex += pair.data();
  }
  return hex;
}

}  // namespace

std::vector<CertificateWords> certificates_of(std::string_view pem) {
  std::vector<CertificateWords> out;
  if (pem.size() > kPemBytesMax ||
      pem.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos)
    return out;
  const std::unique_ptr<BIO, Free> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (in && out.size() < kCertificatesMax) {
    const std::unique_ptr<X509, Free> certificate(
        PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    out.push_back({subject_of(certificate.get()), date_of(X509_get0_notAfter(certificate.get())),
                   digest_of(certificate.get())});
  }
  ERR_clear_error();
  return out;
}

}  // namespace crosstie
