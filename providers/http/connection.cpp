#include "providers/http/connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/result.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/http/tls.hpp"

namespace crosstie::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kProxyAnswerMax = 16384;

/// Shared by the waiting coroutine and the resolver's callback: getaddrinfo cannot be interrupted,
/// so that the one that waits must be able to go first.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor)
      : resolver(executor), done_signal(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done_signal;
  bool done = false;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

std::string printed(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

/// `user:password` of a proxy's address, decoded and taken out of it.
std::string take_user(std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = url.rfind('@', url.find('/', begin));
  if (end == std::string::npos || end < begin) return {};
  const std::string encoded = url.substr(begin, end - begin);
  url.erase(begin, end + 1 - begin);
  std::string user;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    unsigned byte = 0;
    const char* digits = encoded.data() + i + 1;
    const bool escaped = encoded[i] == '%' && i + 2 < encoded.size() &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    user.push_back(escaped ? static_cast<char>(byte) : encoded[i]);
    if (escaped) i += 2;
  }
  return user;
}

}  // namespace

Connection::Connection(asio::any_io_executor executor, Endpoint endpoint,
                       std::shared_ptr<asio::ssl::context> tls)
    : executor_(std::move(executor)),
      endpoint_(std::move(endpoint)),
      tls_context_(std::move(tls)),
      timer_(executor_) {}

Connection::~Connection() { close(); }

void Connection::arm(Deadline deadline) {
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    if (error) return;
    if (const auto self = weak.lock()) {
      self->timed_out_ = true;
      self->close();
    }
  });
}

void Connection::rest() { timer_.cancel(); }

void Connection::close() {
  timer_.cancel();
  error_code ignored;
  if (plain_) plain_->close(ignored);
  if (tls_) tls_->next_layer().close(ignored);
}

bool Connection::is_stale() {
  auto& socket = tls_ ? tls_->next_layer() : *plain_;
  if (!socket.is_open()) return true;
  char byte = 0;
  const ssize_t got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

Failure Connection::failed(const error_code& error, const char* step) const {
  const std::string at = printed(endpoint_.host, endpoint_.port);
  if (timed_out_)
    return {Failure::Kind::timeout, false, std::string(step) + " " + at + " did not end in time"};
  if (error == asio::error::operation_aborted)
    return {Failure::Kind::cancelled, false, "cancelled"};
  return {Failure::Kind::reset, false, std::string(step) + " " + at + " broke: " + error.message()};
}

Task<std::optional<Failure>> Connection::connect(std::string host, std::uint16_t port,
                                                 Deadline deadline) {
  std::vector<tcp::endpoint> endpoints;
  error_code literal;
  const asio::ip::address address = asio::ip::make_address(host, literal);
  if (!literal) {
    endpoints.emplace_back(address, port);
  } else {
    const auto lookup = std::make_shared<Lookup>(executor_);
    lookup->done_signal.expires_at(deadline);
    lookup->resolver.async_resolve(host, std::to_string(port),
                                   [lookup](error_code error, tcp::resolver::results_type found) {
                                     lookup->done = true;
                                     lookup->error = error;
                                     for (const auto& entry : found)
                                       lookup->endpoints.push_back(entry.endpoint());
                                     lookup->done_signal.cancel();
                                   });
    if (!lookup->done) (void)co_await lookup->done_signal.async_wait(kTuple);
    if (!lookup->done) {
      lookup->resolver.cancel();
      const bool late = std::chrono::steady_clock::now() >= deadline;
      co_return late
          ? Failure{Failure::Kind::timeout, false, "the name " + host + " was not resolved in time"}
          : Failure{Failure::Kind::cancelled, false, "cancelled"};
    }
    if (lookup->error)
      co_return Failure{Failure::Kind::dns, false,
                        "the name " + host + " was not found: " + lookup->error.message()};
    endpoints = std::move(lookup->endpoints);
  }
  arm(deadline);
  error_code last;
  for (const tcp::endpoint& endpoint : endpoints) {
    plain_.emplace(executor_);
    error_code opened;
    plain_->open(asio::generic::stream_protocol(endpoint.protocol()), opened);
    if (opened) {
      last = opened;
      continue;
    }
    const asio::generic::stream_protocol::endpoint to(endpoint);
    const auto [error] = co_await plain_->async_connect(to, kTuple);
    if (timed_out_)
      co_return Failure{Failure::Kind::timeout, false,
                        "no connection to " + printed(host, port) + " in time"};
    if (error == asio::error::operation_aborted) co_return failed(error, "connecting to");
    last = error;
    if (!error) break;
  }
  if (last)
    co_return Failure{Failure::Kind::connect, false,
                      "no connection to " + printed(host, port) + ": " + last.message()};
  const int on = 1;
  ::setsockopt(plain_->native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  co_return std::nullopt;
}

Task<std::optional<Failure>> Connection::tunnel(Deadline deadline) {
  std::string address = endpoint_.proxy;
  const std::string user = take_user(address);
  const Result<Endpoint> proxy = parse_endpoint(address);
  if (!proxy)
    co_return Failure{Failure::Kind::connect, false,
                      "the proxy's address is not usable; write http://host:port"};
  if (proxy->tls)
    co_return Failure{Failure::Kind::connect, false,
                      "a proxy that is itself reached by https is not supported"};
  if (auto failure = co_await connect(proxy->host, proxy->port, deadline)) {
    failure->message = "proxy: " + failure->message;
    co_return failure;
  }
  const std::string target = printed(endpoint_.host, endpoint_.port);
  std::string head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!user.empty()) head += "Proxy-Authorization: Basic " + base64_encode(user) + "\r\n";
  head += "\r\n";
  const auto [write_error, written] =
      co_await asio::async_write(*plain_, asio::buffer(head), kTuple);
  if (write_error) co_return failed(write_error, "asking the proxy for");
  std::string answer;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    if (answer.size() >= kProxyAnswerMax)
      co_return Failure{Failure::Kind::protocol, false, "the proxy's answer is too long"};
    char byte = 0;  // byte by byte, so that nothing after the head is taken: it belongs to TLS
    const Transfer got = co_await read_some(&byte, 1, deadline);
    if (got.failure) co_return got.failure;
    if (got.bytes == 0)
      co_return Failure{Failure::Kind::reset, false, "the proxy closed the connection"};
    answer.push_back(byte);
  }
  const std::string status = answer.substr(0, answer.find("\r\n"));
  if (status.size() < 12 || status.substr(9, 3) != "200") {
    co_return Failure{Failure::Kind::connect, false,
                      "the proxy refused a connection to " + target + ": " + status};
  }
  co_return std::nullopt;
}

Task<std::optional<Failure>> Connection::handshake(Deadline deadline) {
  tls_.emplace(std::move(*plain_), *tls_context_);
  plain_.reset();
  if (auto failure = expect_peer(tls_->native_handle(), endpoint_)) co_return failure;
  arm(deadline);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kTuple);
  if (!error) co_return std::nullopt;
  if (timed_out_ || error == asio::error::operation_aborted)
    co_return failed(error, "the TLS handshake with");
  if (error.category() == asio::error::get_ssl_category())
    co_return tls_failure(tls_->native_handle(), error, endpoint_);
  co_return failed(error, "the TLS handshake with");
}

Task<std::optional<Failure>> Connection::open(Deadline deadline) {
  if (endpoint_.dialer) {
    Result<int> descriptor = co_await endpoint_.dialer();
    if (!descriptor)
      co_return Failure{Failure::Kind::connect, false, descriptor.failure().front().detail};
    plain_.emplace(executor_);
    error_code error;
    plain_->assign(asio::generic::stream_protocol(AF_UNIX, 0), *descriptor, error);
    if (error) co_return Failure{Failure::Kind::connect, false, error.message()};
    plain_->non_blocking(true, error);
  } else if (!endpoint_.proxy.empty()) {
    if (auto failure = co_await tunnel(deadline)) co_return failure;
  } else {
    if (auto failure = co_await connect(endpoint_.host, endpoint_.port, deadline))
      co_return failure;
  }
  if (endpoint_.tls) co_return co_await handshake(deadline);
  co_return std::nullopt;
}

Task<Transfer> Connection::read_some(char* to, std::size_t size, Deadline deadline) {
  arm(deadline);
  error_code error;
  std::size_t bytes = 0;
  const auto space = asio::buffer(to, size);
  if (tls_) {
    const auto [e, n] = co_await tls_->async_read_some(space, kTuple);
    error = e;
    bytes = n;
  } else {
    const auto [e, n] = co_await plain_->async_read_some(space, kTuple);
    error = e;
    bytes = n;
  }
  if (!error) co_return Transfer{bytes, std::nullopt};
  // Many services close without TLS's close_notify; whether the message was complete is for the
  // parser to say.
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    co_return Transfer{0, std::nullopt};
  if (!timed_out_ && tls_ && error.category() == asio::error::get_ssl_category()) {
    co_return Transfer{0, tls_failure(tls_->native_handle(), error, endpoint_)};
  }
  co_return Transfer{0, failed(error, "reading from")};
}

Task<Transfer> Connection::write_all(std::string_view bytes, Deadline deadline) {
  arm(deadline);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto rest = asio::buffer(bytes.data() + written, bytes.size() - written);
    error_code error;
    std::size_t count = 0;
    if (tls_) {
      const auto [e, n] = co_await tls_->async_write_some(rest, kTuple);
      error = e;
      count = n;
    } else {
      const auto [e, n] = co_await plain_->async_write_some(rest, kTuple);
      error = e;
      count = n;
    }
    written += count;
    if (error) {
      Failure failure = failed(error, "writing to");
      failure.sent = written > 0;
      co_return Transfer{written, std::move(failure)};
    }
  }
  co_return Transfer{written, std::nullopt};
}

}  // namespace crosstie::http
