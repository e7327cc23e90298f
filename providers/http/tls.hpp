#pragma once
// TLS settings as an OpenSSL context. Internal to providers/http: includes Asio's SSL.
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>
#include <string>

#include "providers/http/client.hpp"
#include "providers/http/request.hpp"

namespace crosstie::http {

struct TlsContext {
  std::shared_ptr<boost::asio::ssl::context> context;
  std::optional<Failure> failure;  // a certificate or key that OpenSSL does not take
};

/// TLS 1.2 or later, trust and client certificate as `options` say. OpenSSL's default paths honour
/// SSL_CERT_FILE.
TlsContext make_tls_context(const TlsOptions& options);

/// Sets SNI and the name or address that the peer's certificate must be for.
std::optional<Failure> expect_peer(SSL* ssl, const Endpoint& endpoint);

/// What went wrong in a handshake or later, in OpenSSL's words, with the verification result when
/// that was it.
Failure tls_failure(SSL* ssl, const boost::system::error_code& error, const Endpoint& endpoint);

}  // namespace crosstie::http
