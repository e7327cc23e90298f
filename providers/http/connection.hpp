#pragma once
// One connection to an endpoint: name, proxy, socket, TLS, and a deadline on each step. Internal to
// providers/http.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "providers/http/client.hpp"

namespace crosstie::http {

using Deadline = std::chrono::steady_clock::time_point;

/// Bytes read (0 and no failure: the peer ended the stream in order) or written.
struct Transfer {
  std::size_t bytes = 0;
  std::optional<Failure> failure;
};

/// Threading: used on one strand. Kept by shared_ptr, because the deadline's timer must not outlive
/// it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  Connection(boost::asio::any_io_executor executor, Endpoint endpoint,
             std::shared_ptr<boost::asio::ssl::context> tls);
  ~Connection();

  Task<std::optional<Failure>> open(Deadline deadline);
  Task<Transfer> read_some(char* to, std::size_t size, Deadline deadline);
  Task<Transfer> write_all(std::string_view bytes, Deadline deadline);
  /// Ends operations in flight.
  void close();
  /// No deadline until the next step.
  void rest();
  /// The peer has closed it, or sent something that nobody asked for.
  bool is_stale();

  std::chrono::steady_clock::time_point resting_since{};

 private:
  Task<std::optional<Failure>> connect(std::string host, std::uint16_t port, Deadline deadline);
  Task<std::optional<Failure>> tunnel(Deadline deadline);
  Task<std::optional<Failure>> handshake(Deadline deadline);
  void arm(Deadline deadline);
  Failure failed(const boost::system::error_code& error, const char* step) const;

  boost::asio::any_io_executor executor_;
  Endpoint endpoint_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;  // shared by all connections of a client
  boost::asio::steady_timer timer_;
  std::optional<Socket> plain_;
  std::optional<boost::asio::ssl::stream<Socket>> tls_;
  bool timed_out_ = false;
};

}  // namespace crosstie::http
