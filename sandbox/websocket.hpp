#pragma once
// The server side of one WebSocket (RFC 6455) over a connection's stream. Included by
// connection.hpp alone.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "sandbox/http.hpp"

namespace crosstie::sandbox {

inline constexpr std::size_t kWebSocketMessageBytesMax = 16u << 20;

/// `Owner` is the connection that owns `stream`; the session keeps it alive, because a simulator
/// may hold the session longer.
template <class Stream, class Owner>
class WebSocketOver : public WebSocketSession {
 public:
  WebSocketOver(std::shared_ptr<Owner> owner, Stream& stream)
      : owner_(std::move(owner)), socket_(stream), turn_(stream.get_executor()) {
    socket_.read_message_max(kWebSocketMessageBytesMax);
    turn_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  /// Answers the handshake with the subprotocol ("" for none).
  Task<bool> accept(boost::beast::http::request<boost::beast::http::string_body> request,
                    std::string protocol) {
    using Answer = boost::beast::websocket::response_type;
    socket_.set_option(boost::beast::websocket::stream_base::decorator([protocol](Answer& answer) {
      if (!protocol.empty()) {
        answer.set(boost::beast::http::field::sec_websocket_protocol, protocol);
      }
    }));
    boost::system::error_code error;
    co_await socket_.async_accept(request,
                                  boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return !error;
  }

  Task<std::optional<std::string>> read() override {
    boost::beast::flat_buffer message;
    boost::system::error_code error;
    co_await socket_.async_read(message,
                                boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return std::nullopt;
    co_return boost::beast::buffers_to_string(message.data());
  }

  Task<bool> write(std::string message) override {
    boost::system::error_code error;
    while (writing_) {
      co_await turn_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    }
    if (gone_) co_return false;
    writing_ = true;
    error.clear();
    socket_.binary(true);
    co_await socket_.async_write(boost::asio::buffer(message),
                                 boost::asio::redirect_error(boost::asio::use_awaitable, error));
    writing_ = false;
    turn_.cancel_one();
    gone_ = static_cast<bool>(error);
    co_return !gone_;
  }

  /// Sends the close frame and waits for the peer's; the connection's deadline bounds the wait.
  Task<void> close() {
    boost::system::error_code ignored;
    if (!socket_.is_open()) co_return;
    gone_ = true;
    co_await socket_.async_close(boost::beast::websocket::close_code::normal,
                                 boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }

 private:
  std::shared_ptr<Owner> owner_;
  boost::beast::websocket::stream<Stream&> socket_;
  boost::asio::steady_timer turn_;  // never expires; cancelled to wake the next writer
  bool writing_ = false;
  bool gone_ = false;
};

}  // namespace crosstie::sandbox
