#include "sandbox/peer_trust.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/free_by.hpp"

namespace crosstie::sandbox {
namespace {

using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;
using Store = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using Verification = std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Stack = std::unique_ptr<STACK_OF(X509), FreeBy<free_stack>>;

std::vector<Certificate> read_certificates(const std::string& pem) {
  std::vector<Certificate> certificates;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  ERR_clear_error();  // the last read ends with "no start line"
  return certificates;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// The common name in an otherName, "" when it is of another type.
std::string common_name_of(const OTHERNAME& other) {
  if (OBJ_obj2nid(other.type_id) != NID_commonName || other.value == nullptr) return {};
  const int type = ASN1_TYPE_get(other.value);
  const bool text = type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING ||
                    type == V_ASN1_IA5STRING || type == V_ASN1_T61STRING;
  return text ? text_of(other.value->value.asn1_string) : std::string();
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return "[" + text + "]";
}

bool chain_verifies(const std::string& authorities_pem, const std::string& chain_pem) {
  const std::vector<Certificate> chain = read_certificates(chain_pem);
  if (chain.empty()) return false;
  const Store store(X509_STORE_new());
  for (const Certificate& authority : read_certificates(authorities_pem))
    X509_STORE_add_cert(store.get(), authority.get());
  const Stack others(sk_X509_new_null());
  for (std::size_t at = 1; at < chain.size(); ++at) sk_X509_push(others.get(), chain[at].get());
  const Verification verification(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(verification.get(), store.get(), chain.front().get(), others.get()) != 1)
    return false;
  const bool good = X509_verify_cert(verification.get()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

CertificateNames certificate_names(const std::string& pem) {
  CertificateNames names;
  const std::vector<Certificate> certificates = read_certificates(pem);
  if (certificates.empty()) return names;
  const Names all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificates.front().get(), NID_subject_alt_name, nullptr, nullptr)));
  if (all == nullptr) return names;
  for (int at = 0; at < sk_GENERAL_NAME_num(all.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), at);
    if (name->type == GEN_DNS) names.dns.push_back(text_of(name->d.dNSName));
    if (name->type != GEN_OTHERNAME) continue;
    if (std::string text = common_name_of(*name->d.otherName); !text.empty())
      names.other.push_back(std::move(text));
  }
  return names;
}

bool is_usable(const Identity& identity) {
  const std::vector<Certificate> certificates = read_certificates(identity.certificate_pem);
  const Bio bio(
      BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size())));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const bool fits = !certificates.empty() && key != nullptr &&
                    X509_check_private_key(certificates.front().get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool holds_certificate(const std::string& pem) { return !read_certificates(pem).empty(); }

bool matches_trusted_name(const std::string& pattern, const std::string& name) {
  if (pattern.size() > 1 && pattern.front() == '/' && pattern.back() == '/') {
    try {
      return std::regex_match(name, std::regex(pattern.substr(1, pattern.size() - 2)));
    } catch (const std::regex_error&) {
      return false;
    }
  }
  // `reached[k]`: the pattern so far matches the first k characters of the name.
  std::vector<char> reached(name.size() + 1, 0);
  reached[0] = 1;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    char wanted = pattern[at];
    if (wanted == '*') {
      const auto first = std::find(reached.begin(), reached.end(), 1);
      std::fill(first, reached.end(), 1);
      continue;
    }
    const bool any = wanted == '?';
    if (wanted == '\\' && at + 1 < pattern.size()) wanted = pattern[++at];
    for (std::size_t k = name.size(); k > 0; --k)
      reached[k] = static_cast<char>(reached[k - 1] != 0 && (any || name[k - 1] == wanted));
    reached[0] = 0;
  }
  return reached.back() != 0;
}

std::optional<std::string> restriction_refusal(const PeerTrust& trust,
                                               const std::string& leaf_pem) {
  if (!trust.restriction) return std::nullopt;
  const CertificateNames names = certificate_names(leaf_pem);
  std::vector<std::string> fields;
  std::vector<std::string> values;
  if (trust.restriction->by_dns_name) {
    fields.emplace_back("subjectaltname.dnsname");
    values.insert(values.end(), names.dns.begin(), names.dns.end());
  }
  if (trust.restriction->by_other_name) {
    fields.emplace_back("subjectaltname.othername.commonname");
    values.insert(values.end(), names.other.begin(), names.other.end());
  }
  for (const std::string& pattern : trust.restriction->names) {
    for (const std::string& value : values) {
      if (matches_trusted_name(pattern, value)) return std::nullopt;
    }
  }
  return "Certificate for " + certificate_subject(leaf_pem) + " with fields " +
         quoted_list(fields) + " with values " + quoted_list(values) +
         " does not match the trusted names " + quoted_list(trust.restriction->names);
}

bool takes_peer(const PeerTrust& trust, const std::string& chain_pem) {
  return chain_verifies(trust.authorities_pem, chain_pem) &&
         !restriction_refusal(trust, chain_pem).has_value();
}

}  // namespace crosstie::sandbox
