#pragma once
// One exchange, as providers speak of it.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"

namespace crosstie::http {

/// Whether sending the same request twice is harmless: decides what is retried after a reset or
/// time-out.
enum class Repeat {
  safe,   // reads, and writes that say the whole wanted state (PUT, DELETE, server-side apply)
  unsafe  // creates something new each time (POST of a key, a plan attempt)
};

struct Request {
  std::string method = "GET";
  std::string target;  // path and query, already percent-encoded; begins with '/'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string content_type;  // "" = no body
  Repeat repeat = Repeat::safe;
  std::chrono::milliseconds timeout{30000};  // whole exchange, each try
  std::size_t body_bytes_max = 64u << 20;
  int tries_max = 5;
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Value of a header, any letter case; "" when absent.
  std::string header(std::string_view name) const;
  bool ok() const { return status >= 200 && status < 300; }
};

/// Why there is no response. `sent` tells whether the request may have reached the service: then
/// its outcome is unknown.
struct Failure {
  enum class Kind {
    dns,
    connect,
    tls,
    timeout,
    reset,
    protocol,
    too_large,
    cancelled,
    unsendable  // no credentials, or a request that HTTP cannot carry; nothing was sent
  };
  Kind kind = Kind::connect;
  bool sent = false;
  std::string message;  // words of the system or of OpenSSL, with host and port; never a secret
};

/// Either a response (of any status) or a failure.
struct Exchange {
  std::optional<Response> response;
  Failure failure;
  bool answered() const { return response.has_value(); }
};

/// Diagnostic for an answer that was not wanted: method, path (no query), status, the service's own
/// `message`, its request id.
Diagnostic describe_status(const std::string& service, const Request& request,
                           const Response& response, const std::string& message);
/// Diagnostic for a failed exchange, with what to look at next.
Diagnostic describe_failure(const std::string& service, const Request& request,
                            const Failure& failure);

std::string percent_encode(std::string_view text);  // for a path segment or a query value
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace crosstie::http
