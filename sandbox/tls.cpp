#include "sandbox/tls.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace {

void use_identity(ssl::context& context, const Identity& identity) {
  context.use_certificate_chain(asio::buffer(identity.certificate_pem));
  context.use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
}

/// Calls `use` with every certificate of a PEM text.
template <class Use>
void for_each_certificate(const std::string& pem, Use use) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  while (X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    use(certificate);
    X509_free(certificate);
  }
  BIO_free(bio);
  ERR_clear_error();  // the last read ends with "no start line"
}

void trust(ssl::context& context, const std::string& pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  for_each_certificate(pem, [&](X509* certificate) { X509_STORE_add_cert(store, certificate); });
}

std::string to_pem(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(length));
  BIO_free(bio);
  return pem;
}

}  // namespace

ssl::context make_server_context(const ListenerOptions& options) {
  ssl::context context(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.native_handle(), 0);
  // Send exactly the chain given: the client authority's certificate must not slip into it.
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_NO_AUTO_CHAIN);
  use_identity(context, *options.tls);
  if (options.client_authority_pem.empty() && !options.client_certificate_required) return context;
  trust(context, options.client_authority_pem);
  // Go's client offers its certificate only when the server names the certificate's authority here.
  for_each_certificate(options.client_authority_pem, [&](X509* certificate) {
    SSL_CTX_add_client_CA(context.native_handle(), certificate);
  });
  context.set_verify_mode(options.client_certificate_required
                              ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert
                              : ssl::verify_peer);
  return context;
}

ssl::context make_client_context(const std::string& trusted_pem,
                                 const std::optional<Identity>& client) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  trust(context, trusted_pem);
  context.set_verify_mode(ssl::verify_peer);
  if (client) use_identity(context, *client);
  return context;
}

std::string leaf_in(X509_STORE_CTX* verification) {
  if (X509_STORE_CTX_get_error_depth(verification) != 0) return {};
  return to_pem(X509_STORE_CTX_get_current_cert(verification));
}

void refuse_leaf(X509_STORE_CTX* verification) {
  // An error for which OpenSSL has no alert of its own becomes certificate_unknown.
  X509_STORE_CTX_set_error(verification, X509_V_ERR_PERMITTED_VIOLATION);
}

std::string peer_subject(SSL* ssl) {
  X509* certificate = SSL_get1_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  const std::string pem = to_pem(certificate);
  X509_free(certificate);
  return certificate_subject(pem);
}

}  // namespace crosstie::sandbox
