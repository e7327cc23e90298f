#include "providers/kubernetes/transport_certificates.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kCertificatesMax = 200;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;

Result<std::vector<X509Pointer>> read_all(const std::string& pem) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Pointer> found;
  while (bio && found.size() < kCertificatesMax) {
    X509Pointer one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    found.push_back(std::move(one));
  }
  ERR_clear_error();
  if (found.empty())
    return make_error("certificate cannot be read", "The text holds no certificate in PEM form.",
                      "To fix it, look at the Secret; ECK makes it anew when it is deleted.");
  return found;
}

std::string text_of(const ASN1_STRING* text) {
  return text == nullptr ? std::string{}
                         : std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                       static_cast<std::size_t>(ASN1_STRING_length(text)));
}

std::string common_name(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string{}
                : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string subject(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  std::string all;
  for (int at = 0; at < X509_NAME_entry_count(name); ++at) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, at);
    const int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    all += (all.empty() ? "" : ", ") + std::string(OBJ_nid2sn(kind)) + "=" +
           text_of(X509_NAME_ENTRY_get_data(entry));
  }
  return all;
}

std::vector<std::string> other_names(const X509* certificate) {
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), at);
    if (name->type != GEN_OTHERNAME || OBJ_obj2nid(name->d.otherName->type_id) != NID_commonName)
      continue;
    const ASN1_TYPE* value = name->d.otherName->value;
    if (value->type == V_ASN1_UTF8STRING || value->type == V_ASN1_PRINTABLESTRING)
      found.push_back(text_of(value->value.asn1_string));
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> node_names_of(const std::string& pem) {
  const Result<std::vector<X509Pointer>> all = read_all(pem);
  if (!all) return all.failure();
  std::vector<std::string> names = other_names(all->front().get());
  if (names.empty()) names.push_back(common_name(all->front().get()));
  return names;
}

Result<std::vector<std::string>> subjects_of(const std::string& pem) {
  const Result<std::vector<X509Pointer>> all = read_all(pem);
  if (!all) return all.failure();
  std::vector<std::string> subjects;
  for (const X509Pointer& one : *all) subjects.push_back(subject(one.get()));
  return subjects;
}

}  // namespace crosstie::kubernetes
