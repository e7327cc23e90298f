#pragma once
// The one HTTP client: keep-alive pool, TLS, deadlines, retries. Beast and OpenSSL stay behind this
// header.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "providers/http/request.hpp"

namespace crosstie::http {

template <class T>
using Task = boost::asio::awaitable<T>;

struct TlsOptions {
  std::string authorities_pem;  // trust only these; "" = the system's roots (SSL_CERT_FILE is
                                // honoured, as OpenSSL does)
  std::string server_name;      // name to check and to send as SNI; "" = the host
  bool insecure = false;        // no check at all
  std::string certificate_pem;  // client certificate chain
  Secret key_pem;
};

/// A connected byte stream made by somebody else (a port-forward): one end of a socket pair. Gives
/// the native descriptor.
using Dialer = std::function<Task<Result<int>>()>;

struct Endpoint {
  bool tls = true;
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string base_path;  // "" or "/prefix", put before every target
  TlsOptions tls_options;
  Dialer dialer;      // used in place of connecting to host:port
  std::string proxy;  // "http://host:port": CONNECT proxy, "" = none
};

/// `https://host:port/prefix`, IPv6 in brackets. Error when it is no http(s) URL.
Result<Endpoint> parse_endpoint(const std::string& url);

struct ClientOptions {
  std::string service;  // for messages: "Kubernetes API at https://10.0.0.1:6443"
  int connections_max = 16;
  std::chrono::milliseconds connect_timeout{10000};
  std::optional<std::chrono::milliseconds>
      request_timeout;  // in place of each request's own; a stream's silence keeps its own limit
  std::string user_agent = "crosstie";
  std::function<void(const std::string&)>
      debug;  // "GET /api/v1/... 200 12 ms"; never headers or bodies
  std::function<void(const std::string&)> retrying;  // each retry, made visible
};

/// Threading: one io_context and one strand (or thread) for all calls of a client.
class Client {
 public:
  Client(Endpoint endpoint, ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// Adds headers to every request (authorization). Called before each try, so that a token can be
  /// renewed; errors end the request.
  void set_authorization(
      std::function<Task<Result<std::vector<std::pair<std::string, std::string>>>>()>
          authorization);

  /// Sends with retries by policy (retry.hpp). Any status is an answer. Cancellation of the caller
  /// ends it.
  Task<Exchange> send(Request request);

  /// Sends once and gives the chunked body line by line until the service ends it, `on_line`
  /// returns false, or `idle` passes without a line. The exchange's response has the status; its
  /// body is empty when status is 200, else the error body.
  Task<Exchange> stream(Request request, std::chrono::milliseconds idle,
                        std::function<bool(std::string_view line)> on_line);

  /// Opens a WebSocket and pumps its channel 0 to one end of a socket pair (Kubernetes
  /// port-forward, subprotocol v4.channel.k8s.io).
  Task<Result<int>> forward(std::string target, std::uint16_t port);

  const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the coroutines that are in one of its functions
};

}  // namespace crosstie::http
