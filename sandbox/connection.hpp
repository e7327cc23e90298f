#pragma once
// One connection of a listener, plain or TLS: reads requests in order, answers them, streams,
// upgrades to WebSocket. Included by listener.cpp alone, because it brings Beast and OpenSSL with
// it.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <set>

#include "sandbox/listener.hpp"
#include "sandbox/tls.hpp"
#include "sandbox/websocket.hpp"
#include "sandbox/wire.hpp"

namespace crosstie::sandbox {

inline constexpr std::chrono::seconds kIdleTimeout{
    120};  // between requests, and for one request to arrive
inline constexpr std::chrono::seconds kHandshakeTimeout{10};
inline constexpr std::chrono::seconds kCloseTimeout{2};  // for the peer to take the last bytes
inline constexpr std::size_t kDrainBytesMax = 8u << 20;
inline constexpr std::size_t kConnectionsMax = 2048;  // a listener

using TcpSocket = boost::asio::ip::tcp::socket;
using TlsStream = boost::asio::ssl::stream<TcpSocket>;
using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpParser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using ErrorCode = boost::system::error_code;

class ConnectionBase {
 public:
  virtual ~ConnectionBase() = default;
  virtual void abort() = 0;
};

/// What a listener and its connections share; owned by all of them, because a connection may
/// outlive its listener by one turn.
struct ListenerCore {
  ListenerOptions options;
  Handler handler;
  std::shared_ptr<boost::asio::ssl::context> tls;  // of the next connection; null for plain HTTP
  std::set<ConnectionBase*> open;
};

/// Request as the simulators see it; nullopt when its target cannot be decoded.
std::optional<Request> make_request(HttpRequest&& message);
/// The answer to a request that could not be read; nullopt when the socket itself failed.
std::optional<Response> answer_to_bad_request(const ErrorCode& error,
                                              const ListenerOptions& options);
/// Runs the handler; an exception of its own becomes a 500.
Task<Response> run_handler(std::shared_ptr<ListenerCore> core, Request request);

template <class Stream>
class Connection : public ConnectionBase, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <class... More>
  Connection(std::shared_ptr<ListenerCore> core, TcpSocket socket, More&... more)
      : core_(std::move(core)),
        stream_(std::move(socket), more...),
        deadline_(stream_.get_executor()) {
    core_->open.insert(this);
  }
  ~Connection() override { core_->open.erase(this); }

  void abort() override {
    signal_.emit(boost::asio::cancellation_type::terminal);
    // co_spawn passes the signal on by a posted call into memory of signal_, so this object must
    // outlive that call.
    boost::asio::post(stream_.get_executor(), [self = this->shared_from_this()] {});
    close_socket();
  }

  /// After run(), however it ended.
  void finish() { close_socket(); }

  boost::asio::cancellation_slot slot() { return signal_.slot(); }

  /// Serves until either side ends it. Throws only what means "the socket is gone".
  Task<void> run() {
    if constexpr (kTls) {
      const bool established = co_await handshake();
      if (!established) {
        co_await drain();
        co_return;
      }
    }
    // Not `while (co_await ...) {}`: GCC 12 makes an illegal instruction of that.
    bool more = true;
    while (more) more = co_await serve_one();
    if (!closed_) co_await shut_down();
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, TcpSocket>;

  class ChunkWriter : public BodyWriter {
   public:
    ChunkWriter(std::shared_ptr<Connection> connection, bool chunked, bool cut)
        : connection_(std::move(connection)), chunked_(chunked), cut_(cut) {}

    Task<bool> write(std::string piece) override {
      if (gone_ || connection_->closed_) co_return false;
      if (piece.empty()) co_return true;
      std::string bytes = chunked_ ? format_chunk(piece) : std::move(piece);
      if (cut_) bytes.resize(bytes.size() / 2);
      gone_ = !co_await connection_->send(std::move(bytes)) || cut_;
      co_return !gone_;
    }

   private:
    std::shared_ptr<Connection> connection_;
    bool chunked_;
    bool cut_;
    bool gone_ = false;
  };

  TcpSocket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void close_socket() {
    closed_ = true;
    ErrorCode ignored;
    socket().close(ignored);
    deadline_.cancel();
  }

  void reset_socket() {
    ErrorCode ignored;
    socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
    close_socket();
  }

  /// Ends the connection when `limit` passes before disarm().
  void arm(std::chrono::steady_clock::duration limit) {
    deadline_.expires_after(limit);
    deadline_.async_wait([weak = this->weak_from_this()](const ErrorCode& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->close_socket();
    });
  }

  void disarm() { deadline_.cancel(); }

  Task<bool> handshake() {
    arm(kHandshakeTimeout);
    if (!core_->options.client_authority_pem.empty()) {
      // A server like kube-apiserver lets every certificate through the handshake and answers 401
      // to those it does not know.
      stream_.set_verify_callback([this](bool good, boost::asio::ssl::verify_context& seen) {
        if (good && !takes_leaf(seen.native_handle())) {
          refuse_leaf(seen.native_handle());
          good = false;
        }
        certificate_rejected_ = certificate_rejected_ || !good;
        return good || !core_->options.client_certificate_required;
      });
    }
    ErrorCode error;
    co_await stream_.async_handshake(
        boost::asio::ssl::stream_base::server,
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    disarm();
    if (error) co_return false;
    if (!certificate_rejected_) client_subject_ = peer_subject(stream_.native_handle());
    co_return true;
  }

  bool takes_leaf(X509_STORE_CTX* verification) const {
    if (!core_->options.takes_client) return true;
    const std::string leaf = leaf_in(verification);
    return leaf.empty() || core_->options.takes_client(leaf);
  }

  Task<bool> send(std::string bytes) {
    ErrorCode error;
    co_await boost::asio::async_write(
        stream_, boost::asio::buffer(bytes),
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return !error;
  }

  /// Reads header and body; the answer to a bad request is sent from here. False ends the
  /// connection.
  Task<bool> read_request(HttpParser& parser) {
    ErrorCode error;
    co_await boost::beast::http::async_read_header(
        stream_, buffer_, parser, boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!error && !parser.is_done()) {
      const auto expect = parser.get()[boost::beast::http::field::expect];
      if (boost::beast::iequals(expect, "100-continue")) {
        std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await send(std::move(interim))) co_return false;
      }
      co_await boost::beast::http::async_read(
          stream_, buffer_, parser, boost::asio::redirect_error(boost::asio::use_awaitable, error));
    }
    if (!error) co_return true;
    if (auto answer = answer_to_bad_request(error, core_->options)) {
      co_await respond(std::move(*answer), false, 11, false);
    }
    co_return false;
  }

  Task<bool> serve_one() {
    HttpParser parser;
    parser.header_limit(static_cast<std::uint32_t>(core_->options.header_bytes_max));
    parser.body_limit(core_->options.body_bytes_max);
    arm(kIdleTimeout);
    if (!co_await read_request(parser)) co_return false;
    disarm();
    HttpRequest message = parser.release();
    const bool is_head = message.method() == boost::beast::http::verb::head;
    const bool keep_alive = message.keep_alive();
    const unsigned version = message.version();
    std::optional<HttpRequest> upgrade;  // its handshake needs the header again later
    if (boost::beast::websocket::is_upgrade(message)) upgrade.emplace(message.base());
    std::optional<Request> request = make_request(std::move(message));
    if (!request) {
      Response bad = plain_answer(400, "The request target cannot be decoded.");
      co_return co_await respond(std::move(bad), is_head, version, keep_alive);
    }
    request->client_subject = client_subject_;
    request->client_certificate_rejected = certificate_rejected_;
    Response response = co_await run_handler(core_, std::move(*request));
    if (closed_) co_return false;
    if (response.websocket && response.cut == Cut::none) {
      co_return co_await serve_websocket(std::move(upgrade), std::move(response));
    }
    co_return co_await respond(std::move(response), is_head, version, keep_alive);
  }

  Task<bool> respond(Response response, bool is_head, unsigned version, bool keep_alive) {
    if (response.cut == Cut::at_once) {
      reset_socket();
      co_return false;
    }
    if (response.stream && !is_head) {
      co_await respond_streaming(std::move(response), version);
      co_return false;
    }
    const bool cut = response.cut == Cut::half_body;
    const std::size_t length = response.announced_length.value_or(response.body.size());
    keep_alive = keep_alive && !response.announced_length;
    std::string bytes = format_head(response, Framing::content_length, length, keep_alive);
    if (!is_head && !is_bodiless(response.status)) {
      bytes.append(response.body, 0, cut ? response.body.size() / 2 : std::string::npos);
    }
    const bool sent = co_await send(std::move(bytes));
    if (cut) close_socket();
    co_return sent&& keep_alive && !cut;
  }

  /// A stream ends its connection, because a read is kept open beside it to see the client leave.
  Task<void> respond_streaming(Response response, unsigned version) {
    const bool chunked = version >= 11;
    const bool cut = response.cut == Cut::half_body;
    std::string head =
        format_head(response, chunked ? Framing::chunked : Framing::until_close, 0, false);
    if (!co_await send(std::move(head))) co_return;
    // Owns the connection until the socket closes, because the read uses the stream.
    stream_.async_read_some(buffer_.prepare(1),
                            [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
                              if (error && !self->stream_done_) self->abort();
                            });
    auto writer = std::make_shared<ChunkWriter>(this->shared_from_this(), chunked, cut);
    co_await response.stream(writer);
    stream_done_ = true;
    if (cut) close_socket();
    if (closed_ || !chunked) co_return;
    std::string end = format_chunk("");
    co_await send(std::move(end));
  }

  Task<bool> serve_websocket(std::optional<HttpRequest> upgrade, Response response) {
    if (!upgrade || buffer_.size() != 0) {
      Response bad = plain_answer(400, "This path needs a WebSocket upgrade (RFC 6455).");
      co_return co_await respond(std::move(bad), false, 11, false);
    }
    auto session =
        std::make_shared<WebSocketOver<Stream, Connection>>(this->shared_from_this(), stream_);
    if (!co_await session->accept(std::move(*upgrade), response.websocket_protocol))
      co_return false;
    co_await response.websocket(session);
    arm(kCloseTimeout);
    co_await session->close();
    close_socket();
    co_return false;
  }

  Task<void> shut_down() {
    arm(kCloseTimeout);
    if constexpr (kTls) {
      if (!stream_done_) {
        ErrorCode error;
        co_await stream_.async_shutdown(
            boost::asio::redirect_error(boost::asio::use_awaitable, error));
      }
    }
    co_await drain();
  }

  /// Lets the peer take the last bytes, of an answer or of an alert: closing with unread input
  /// would reset the connection and lose them.
  Task<void> drain() {
    arm(kCloseTimeout);
    ErrorCode error;
    socket().shutdown(TcpSocket::shutdown_send, error);
    std::vector<char> sink(64u << 10);
    for (std::size_t drained = 0; !closed_ && drained < kDrainBytesMax;) {
      const std::size_t count = co_await socket().async_read_some(
          boost::asio::buffer(sink),
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
      drained += count;
    }
    close_socket();
  }

  std::shared_ptr<ListenerCore> core_;
  Stream stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer deadline_;
  boost::asio::cancellation_signal signal_;
  std::string client_subject_;
  bool certificate_rejected_ = false;
  bool stream_done_ = false;
  bool closed_ = false;
};

}  // namespace crosstie::sandbox
