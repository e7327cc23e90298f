#pragma once
// TLS settings shared by listener.cpp and dial.cpp; included by no other file, because it brings
// OpenSSL with it.
#include <boost/asio/ssl/context.hpp>
#include <string>

#include "sandbox/listener.hpp"

namespace crosstie::sandbox {

/// Server side: TLS 1.2 or later, no session resumption (each connection shows its certificates),
/// client certificates as the options say.
boost::asio::ssl::context make_server_context(const ListenerOptions& options);
/// Client side: trusts exactly `trusted_pem`, offers `client` when given.
boost::asio::ssl::context make_client_context(const std::string& trusted_pem,
                                              const std::optional<Identity>& client);
/// The certificate that is being verified when it is the peer's own, PEM; "" for one of its chain.
std::string leaf_in(X509_STORE_CTX* verification);
/// Lets the handshake fail with the alert certificate_unknown, as Java does for a certificate that
/// a trust manager refuses.
void refuse_leaf(X509_STORE_CTX* verification);
/// Subject of the peer's certificate, "" when it showed none.
std::string peer_subject(SSL* ssl);

}  // namespace crosstie::sandbox
