#pragma once
// Loopback HTTP and HTTPS listeners. Beast and OpenSSL stay behind this header.
#include <cstdint>
#include <memory>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {

struct ListenerOptions {
  std::string api;  // "kubernetes", "ech", "elasticsearch": name in the request log and for faults
  std::optional<Identity> tls;  // absent: plain HTTP
  std::string
      client_authority_pem;  // accept client certificates of this authority ("" = none asked for)
  bool client_certificate_required = false;
  /// Asked for the certificate of a client whose chain is good; false refuses it. Empty: no
  /// question.
  std::function<bool(const std::string& certificate_pem)> takes_client;
  std::size_t body_bytes_max = 100u << 20;
  std::size_t header_bytes_max = 16384;
  std::string bind_address = "127.0.0.1";
};

/// Accepts until destroyed or closed; keep-alive; one coroutine a connection.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::uint16_t port() const = 0;
  virtual void close() = 0;  // also ends open connections
  /// Connections from now on are made with the identity, the authorities and the question of
  /// `options`; open ones stay.
  virtual void replace_tls(const ListenerOptions& options) = 0;
};

/// Starts to listen on a loopback port of the system's choice. `wrap` (faults, request log) is put
/// around the handler by the caller.
std::unique_ptr<Listener> listen(Context& context, ListenerOptions options, Handler handler);

/// Opens one TLS connection to 127.0.0.1:`port`, checks the peer against `trusted_pem` and
/// `server_name` (empty: no name check), offers `client` when given, sends one HTTP request and
/// reads its answer. Used by simulators that dial each other.
struct DialRequest {
  std::uint16_t port = 0;
  std::string trusted_pem;
  std::string server_name;
  std::optional<Identity> client;
  /// Asked for the server's certificate when chain and name are good; a reason refuses it.
  std::function<std::optional<std::string>(const std::string& certificate_pem)> refuses_server;
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{5000};
};
Task<RemoteHello> dial(DialRequest request);

}  // namespace crosstie::sandbox
