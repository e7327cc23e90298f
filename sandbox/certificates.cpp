#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sandbox/context.hpp"
#include "sandbox/free_by.hpp"

namespace crosstie::sandbox {
namespace {

using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

/// OpenSSL fails here only when memory ends or a caller breaks a rule: broken ground, so an
/// exception.
void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("certificate: ") + what + " failed");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  check(bio != nullptr, "reading");
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  check(certificate != nullptr, "reading the PEM");
  return certificate;
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  check(bio != nullptr, "reading the key");
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  check(key != nullptr, "reading the key's PEM");
  return key;
}

void add_name_part(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value.data()),
                                   static_cast<int>(value.size()), -1, 0) == 1,
        "the subject name (64 characters at most)");
}

/// O, OU, CN as Go's crypto/x509 orders them, so that subjects print as those of ECK do.
void set_subject(X509* certificate, const CertificateRequest& request) {
  X509_NAME* name = X509_get_subject_name(certificate);
  add_name_part(name, "O", request.organization);
  add_name_part(name, "OU", request.organizational_unit);
  add_name_part(name, "CN", request.common_name);
}

void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  check(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "the serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);  // positive, and never shorter
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  check(number != nullptr, "the serial number");
  const bool done = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  check(done, "the serial number");
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

void push_text_name(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  check(name != nullptr, "a subject alternative name");
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, value.data(), static_cast<int>(value.size()));
  GENERAL_NAME_set0_value(name, type, text);
  sk_GENERAL_NAME_push(names, name);
}

void push_address(GENERAL_NAMES* names, const std::string& value) {
  const auto address = boost::asio::ip::make_address(value);
  GENERAL_NAME* name = GENERAL_NAME_new();
  check(name != nullptr, "a subject alternative name");
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    ASN1_OCTET_STRING_set(octets, bytes.data(), static_cast<int>(bytes.size()));
  } else {
    const auto bytes = address.to_v6().to_bytes();
    ASN1_OCTET_STRING_set(octets, bytes.data(), static_cast<int>(bytes.size()));
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, octets);
  sk_GENERAL_NAME_push(names, name);
}

/// ECK writes the node name as otherName of type 2.5.4.3 with a UTF8String, which Elasticsearch's
/// trust restrictions read.
void push_other_name(GENERAL_NAMES* names, const std::string& value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_TYPE* content = ASN1_TYPE_new();
  ASN1_UTF8STRING* text = ASN1_UTF8STRING_new();
  check(name != nullptr && content != nullptr && text != nullptr, "an otherName");
  ASN1_STRING_set(text, value.data(), static_cast<int>(value.size()));
  ASN1_TYPE_set(content, V_ASN1_UTF8STRING, text);
  check(GENERAL_NAME_set0_othername(name, OBJ_txt2obj("2.5.4.3", 1), content) == 1, "an otherName");
  sk_GENERAL_NAME_push(names, name);
}

void add_alternative_names(X509* certificate, const CertificateRequest& request) {
  const Names names(GENERAL_NAMES_new());
  check(names != nullptr, "subject alternative names");
  for (const auto& value : request.other_names) push_other_name(names.get(), value);
  for (const auto& value : request.dns_names) push_text_name(names.get(), GEN_DNS, value);
  for (const auto& value : request.ip_addresses) push_address(names.get(), value);
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1,
        "subject alternative names");
}

Certificate start_certificate(EVP_PKEY* key, const CertificateRequest& request) {
  constexpr long kBackdateSeconds = 600;  // as ECK does: clocks differ between machines
  Certificate certificate(X509_new());
  check(certificate != nullptr, "making one");
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdateSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()),
                  static_cast<long>(std::chrono::seconds(request.lifetime).count()));
  set_subject(certificate.get(), request);
  check(X509_set_pubkey(certificate.get(), key) == 1, "setting the public key");
  return certificate;
}

Identity finish(X509* certificate, EVP_PKEY* key, EVP_PKEY* signing_key) {
  check(X509_sign(certificate, signing_key, EVP_sha256()) > 0, "signing");
  const Bio certificate_pem(BIO_new(BIO_s_mem()));
  const Bio key_pem(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(certificate_pem.get(), certificate) == 1, "writing");
  check(PEM_write_bio_PrivateKey(key_pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "writing the key");
  return {text_of(certificate_pem.get()), text_of(key_pem.get())};
}

// P-256 rather than ECK's RSA 2048: a key takes 0.1 ms instead of 100, and no client tells them
// apart.
Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "making a key");
  return key;
}

}  // namespace

Identity make_authority(const CertificateRequest& request) {
  const Key key = make_key();
  const Certificate certificate = start_certificate(key.get(), request);
  check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) == 1,
        "setting the issuer");
  X509* self = certificate.get();
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(self, self, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign");
  add_extension(self, self, NID_subject_key_identifier, "hash");
  add_alternative_names(self, request);
  return finish(self, key.get(), key.get());
}

Identity issue(const Identity& authority, const CertificateRequest& request) {
  const Certificate issuer = read_certificate(authority.certificate_pem);
  const Key issuer_key = read_key(authority.key_pem);
  const Key key = make_key();
  const Certificate certificate = start_certificate(key.get(), request);
  X509* leaf = certificate.get();
  check(X509_set_issuer_name(leaf, X509_get_subject_name(issuer.get())) == 1, "setting the issuer");
  add_extension(leaf, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf, issuer.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(leaf, issuer.get(), NID_ext_key_usage,
                request.client ? "serverAuth,clientAuth" : "serverAuth");
  add_extension(leaf, issuer.get(), NID_subject_key_identifier, "hash");
  add_extension(leaf, issuer.get(), NID_authority_key_identifier, "keyid:always");
  add_alternative_names(leaf, request);
  return finish(leaf, key.get(), issuer_key.get());
}

std::string certificate_subject(const std::string& pem) {
  const Certificate certificate = read_certificate(pem);
  const Bio bio(BIO_new(BIO_s_mem()));
  check(X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate.get()), 0,
                           XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0,
        "printing the subject");
  return text_of(bio.get());
}

std::string certificate_fingerprint_sha256(const std::string& pem) {
  const Certificate certificate = read_certificate(pem);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  check(X509_digest(certificate.get(), EVP_sha256(), digest.data(), &length) == 1, "hashing");
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (unsigned int at = 0; at < length; ++at) {
    text.push_back(kHex[digest.at(at) >> 4]);
    text.push_back(kHex[digest.at(at) & 15]);
  }
  return text;
}

}  // namespace crosstie::sandbox
