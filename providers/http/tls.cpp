#include "providers/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>
#include <optional>
#include <string>

#include "providers/http/client.hpp"
#include "providers/http/request.hpp"

namespace crosstie::http {
namespace {

namespace ssl = boost::asio::ssl;

const std::string& peer_name(const Endpoint& endpoint) {
  return endpoint.tls_options.server_name.empty() ? endpoint.host
                                                  : endpoint.tls_options.server_name;
}

bool is_address(const std::string& name) {
  boost::system::error_code error;
  (void)boost::asio::ip::make_address(name, error);
  return !error;
}

Failure unusable(const std::string& what, const boost::system::error_code& error) {
  return {Failure::Kind::tls, false, what + " cannot be used: " + error.message()};
}

}  // namespace

TlsContext make_tls_context(const TlsOptions& options) {
  TlsContext made;
  made.context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ssl::context& context = *made.context;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code error;
  if (options.insecure) {
    context.set_verify_mode(ssl::verify_none, error);
  } else {
    context.set_verify_mode(ssl::verify_peer, error);
    if (options.authorities_pem.empty()) {
      context.set_default_verify_paths(error);
      if (error) made.failure = unusable("the system's certificate store", error);
    } else {
      context.add_certificate_authority(boost::asio::buffer(options.authorities_pem), error);
      if (error) made.failure = unusable("the configured certificate authority", error);
      // A pinned intermediate or server certificate is trusted without its root, as Go's and
      // OpenSSL's own clients do.
      X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.native_handle()),
                                  X509_V_FLAG_PARTIAL_CHAIN);
    }
  }
  if (made.failure || options.certificate_pem.empty()) return made;
  context.use_certificate_chain(boost::asio::buffer(options.certificate_pem), error);
  if (error) {
    made.failure = unusable("the client certificate", error);
    return made;
  }
  context.use_private_key(boost::asio::buffer(options.key_pem.reveal()), ssl::context::pem, error);
  if (error) made.failure = unusable("the client certificate's key", error);
  return made;
}

std::optional<Failure> expect_peer(SSL* ssl_handle, const Endpoint& endpoint) {
  const std::string& name = peer_name(endpoint);
  const bool address = is_address(name);
  if (!address && SSL_set_tlsext_host_name(ssl_handle, name.c_str()) != 1) {
    return Failure{Failure::Kind::tls, false,
                   "the name `" + name + "` cannot be sent as server name"};
  }
  if (endpoint.tls_options.insecure) return std::nullopt;
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl_handle);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                          : X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
  if (set != 1)
    return Failure{Failure::Kind::tls, false, "the name `" + name + "` cannot be checked"};
  return std::nullopt;
}

Failure tls_failure(SSL* ssl_handle, const boost::system::error_code& error,
                    const Endpoint& endpoint) {
  const std::string at = endpoint.host + ":" + std::to_string(endpoint.port);
  const long verified = SSL_get_verify_result(ssl_handle);
  if (!endpoint.tls_options.insecure && verified != X509_V_OK) {
    const std::string reason = X509_verify_cert_error_string(verified);
    if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return {Failure::Kind::tls, false,
              "the certificate of " + at + " is not for `" + peer_name(endpoint) + "` (" + reason +
                  ")"};
    }
    return {Failure::Kind::tls, false, "the certificate of " + at + " is not trusted: " + reason};
  }
  return {Failure::Kind::tls, false, "TLS with " + at + " failed: " + error.message()};
}

}  // namespace crosstie::http
