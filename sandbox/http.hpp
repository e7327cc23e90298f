#pragma once
// What a simulated service sees of one HTTP exchange. The listener (listener.hpp) owns sockets, TLS
// and parsing.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crosstie::sandbox {

template <class T>
using Task = boost::asio::awaitable<T>;

/// One request, body complete. Header names are lower case; `path` is percent-decoded, `raw_target`
/// is as received.
struct Request {
  std::string method;
  std::string raw_target;
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::map<std::string, std::string> headers;              // lower-case names
  std::string body;
  /// Subject of the verified client certificate ("CN=admin,O=system:masters"), empty without one.
  std::string client_subject;
  /// A client certificate came that the listener's authority did not sign or that is out of date;
  /// `client_subject` is empty then.
  bool client_certificate_rejected = false;

  std::optional<std::string> query_value(std::string_view name) const;
  std::string header(std::string_view lower_case_name) const;  // "" when absent
};

/// Writes pieces of a chunked answer (a watch), one write at a time. `write` returns false once the
/// client is gone; a stream that waits for something else then is ended by cancellation (its next
/// co_await throws operation_aborted).
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  virtual Task<bool> write(std::string piece) = 0;
};

/// Two byte streams to be joined after "101 Switching Protocols"; used for port-forward.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  /// One message; nullopt when the peer closed.
  virtual Task<std::optional<std::string>> read() = 0;
  /// Sends one binary message; false once the peer is gone. Calls may overlap: they are sent in
  /// order.
  virtual Task<bool> write(std::string message) = 0;
};

/// Where the listener breaks the connection instead of answering in full.
enum class Cut {
  none,
  at_once,    // not one byte is sent, the connection is reset
  half_body,  // the head and half of the body (of the first piece of a stream), then the end of the
              // connection
};

/// One answer. Exactly one of `body`, `stream`, `websocket` carries the content.
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>>
      headers;  // content-length and date are the listener's job
  std::string body;
  std::function<Task<void>(std::shared_ptr<BodyWriter>)> stream;  // chunked, until it returns
  std::function<Task<void>(std::shared_ptr<WebSocketSession>)> websocket;
  std::string websocket_protocol;  // Sec-WebSocket-Protocol to answer with
  Cut cut = Cut::none;
  std::optional<std::uint64_t> announced_length;  // Content-Length in place of the body's own

  static Response json(int status, std::string body);
};

/// Text with %XX decoded, and "+" as a space when `plus_is_space`; nullopt when a "%" is not
/// followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// Text with everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);
/// Fills `path` and `query` from a request target (origin form, absolute form, or "*"); false when
/// it cannot be decoded.
bool parse_target(std::string_view target, Request& request);

/// A simulated service. Called on the sandbox's one thread; may suspend.
using Handler = std::function<Task<Response>(Request)>;

}  // namespace crosstie::sandbox
