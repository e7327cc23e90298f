#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "sandbox/context.hpp"

namespace crosstie::sandbox {
namespace {

std::string print_certificate(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  X509_print(out, certificate);
  char* data = nullptr;
  const long length = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(length));
  X509_free(certificate);
  BIO_free(in);
  BIO_free(out);
  return text;
}

TEST(Certificates, subject_is_printed_with_the_common_name_first) {
  CertificateRequest request;
  request.common_name = "quickstart-transport";
  request.organizational_unit = "quickstart";
  EXPECT_EQ(certificate_subject(make_authority(request).certificate_pem),
            "CN=quickstart-transport,OU=quickstart");
}

TEST(Certificates, leaf_carries_dns_address_and_other_names) {
  CertificateRequest request;
  request.common_name = "authority";
  const Identity authority = make_authority(request);
  request.common_name = "node";
  request.dns_names = {"quickstart-es-remote-cluster.default.svc"};
  request.ip_addresses = {"127.0.0.1", "2001:db8::7"};
  request.other_names = {"pod.node.quickstart.default.es.local"};
  request.client = true;
  const std::string text = print_certificate(issue(authority, request).certificate_pem);
  EXPECT_NE(text.find("DNS:quickstart-es-remote-cluster.default.svc"), std::string::npos) << text;
  EXPECT_NE(text.find("IP Address:127.0.0.1"), std::string::npos) << text;
  EXPECT_NE(text.find("IP Address:2001:DB8:0:0:0:0:0:7"), std::string::npos) << text;
  EXPECT_NE(text.find("othername: commonName::pod.node.quickstart.default.es.local"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("TLS Web Client Authentication"), std::string::npos) << text;
  EXPECT_NE(text.find("Issuer: CN=authority"), std::string::npos) << text;
}

TEST(Certificates, fingerprint_is_64_lower_case_hex_digits_and_differs_between_certificates) {
  CertificateRequest request;
  request.common_name = "authority";
  const Identity one = make_authority(request);
  const Identity two = make_authority(request);
  const std::string fingerprint = certificate_fingerprint_sha256(one.certificate_pem);
  EXPECT_EQ(fingerprint.size(), 64u);
  EXPECT_EQ(fingerprint.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(fingerprint, certificate_fingerprint_sha256(one.certificate_pem));
  EXPECT_NE(fingerprint, certificate_fingerprint_sha256(two.certificate_pem));
}

TEST(Certificates, text_that_is_no_certificate_is_an_exception) {
  EXPECT_THROW(certificate_subject("not a certificate"), std::runtime_error);
}

TEST(Certificates, same_seed_gives_the_same_ids) {
  Ids one(7);
  Ids two(7);
  EXPECT_EQ(one.uuid(), two.uuid());
  EXPECT_EQ(one.hex(32), two.hex(32));
  EXPECT_NE(one.base62(22), one.base62(22));
  const std::string uuid = one.uuid();
  ASSERT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
}

}  // namespace
}  // namespace crosstie::sandbox
