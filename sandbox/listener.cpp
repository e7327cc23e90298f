#include "sandbox/listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/connection.hpp"
#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/tls.hpp"
#include "sandbox/wire.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
namespace http = boost::beast::http;

std::optional<Request> make_request(HttpRequest&& message) {
  Request request;
  request.method = std::string(message.method_string());
  request.raw_target = std::string(message.target());
  if (!parse_target(request.raw_target, request)) return std::nullopt;
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const auto [at, fresh] = request.headers.emplace(std::move(name), std::string(field.value()));
    if (!fresh) at->second += ", " + std::string(field.value());
  }
  request.body = std::move(message.body());
  return request;
}

namespace {

/// Elasticsearch 8.19 answers in its own words (shared/fixtures/elasticsearch, recording
/// 13-http-wire).
Response elasticsearch_header_limit(std::size_t bytes_max) {
  const std::string cause =
      R"("type":"too_long_http_header_exception","reason":"HTTP header is larger than )" +
      std::to_string(bytes_max) + R"( bytes.")";
  Response response = Response::json(
      400, R"({"error":{"root_cause":[{)" + cause + "}]," + cause + R"(},"status":400})");
  response.headers.emplace_back("X-elastic-product", "Elasticsearch");
  return response;
}

}  // namespace

std::optional<Response> answer_to_bad_request(const ErrorCode& error,
                                              const ListenerOptions& options) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  const bool elasticsearch = options.api == "elasticsearch";
  if (error == http::error::header_limit && elasticsearch)
    return elasticsearch_header_limit(options.header_bytes_max);
  if (error == http::error::body_limit && elasticsearch) {
    Response response;
    response.status = 413;
    return response;
  }
  if (error == http::error::header_limit) {
    return plain_answer(
        431, "The request header is over " + std::to_string(options.header_bytes_max) + " bytes.");
  }
  if (error == http::error::body_limit) {
    return plain_answer(
        413, "The request body is over " + std::to_string(options.body_bytes_max) + " bytes.");
  }
  static const ErrorCode kAnyHttpError = make_error_code(http::error::bad_method);
  if (error.category() == kAnyHttpError.category()) {
    return plain_answer(400, "The request is not HTTP/1.1: " + error.message() + ".");
  }
  return std::nullopt;
}

Task<Response> run_handler(std::shared_ptr<ListenerCore> core, Request request) {
  std::string failure;
  try {
    co_return co_await core->handler(std::move(request));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  co_return plain_answer(500, "The simulator of " + core->options.api + " failed: " + failure);
}

namespace {

class SocketListener : public Listener {
 public:
  SocketListener(Context& context, ListenerOptions options, Handler handler)
      : core_(std::make_shared<ListenerCore>()),
        acceptor_(std::make_shared<Acceptor>(context.executor)) {
    core_->options = std::move(options);
    core_->handler = std::move(handler);
    if (core_->options.tls) {
      core_->tls = std::make_shared<asio::ssl::context>(make_server_context(core_->options));
    }
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(core_->options.bind_address), 0);
    acceptor_->open(endpoint.protocol());
    acceptor_->bind(endpoint);
    acceptor_->listen();
    port_ = acceptor_->local_endpoint().port();
    asio::co_spawn(context.executor, accept_all(core_, acceptor_), [](std::exception_ptr) {});
  }
  ~SocketListener() override { close(); }

  std::uint16_t port() const override { return port_; }

  void close() override {
    ErrorCode ignored;
    acceptor_->close(ignored);
    const std::vector<ConnectionBase*> open(core_->open.begin(), core_->open.end());
    for (ConnectionBase* connection : open) connection->abort();
  }

  void replace_tls(const ListenerOptions& options) override {
    core_->tls = std::make_shared<asio::ssl::context>(make_server_context(options));
    core_->options.tls = options.tls;
    core_->options.client_authority_pem = options.client_authority_pem;
    core_->options.takes_client = options.takes_client;
  }

 private:
  using Acceptor = asio::ip::tcp::acceptor;

  template <class Stream, class... More>
  static void start(std::shared_ptr<ListenerCore> core, TcpSocket socket, More&... more) {
    auto executor = socket.get_executor();
    auto connection = std::make_shared<Connection<Stream>>(core, std::move(socket), more...);
    asio::co_spawn(
        executor, connection->run(),
        asio::bind_cancellation_slot(connection->slot(),
                                     [connection](std::exception_ptr) { connection->finish(); }));
  }

  // The accept loop owns its parts too: it may end one turn after the listener.
  static Task<void> accept_all(std::shared_ptr<ListenerCore> core,
                               std::shared_ptr<Acceptor> acceptor) {
    constexpr std::chrono::milliseconds kPauseWhenOutOfDescriptors{50};
    while (acceptor->is_open()) {
      ErrorCode error;
      TcpSocket socket =
          co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || !acceptor->is_open()) co_return;
      if (error) {
        asio::steady_timer pause(acceptor->get_executor(), kPauseWhenOutOfDescriptors);
        co_await pause.async_wait(asio::use_awaitable);
        continue;
      }
      if (core->open.size() >= kConnectionsMax) continue;
      socket.set_option(asio::ip::tcp::no_delay(true), error);
      if (core->tls) {
        start<TlsStream>(core, std::move(socket), *core->tls);
      } else {
        start<TcpSocket>(core, std::move(socket));
      }
    }
  }

  std::shared_ptr<ListenerCore> core_;
  std::shared_ptr<Acceptor> acceptor_;
  std::uint16_t port_ = 0;
};

}  // namespace

std::unique_ptr<Listener> listen(Context& context, ListenerOptions options, Handler handler) {
  return std::make_unique<SocketListener>(context, std::move(options), std::move(handler));
}

}  // namespace crosstie::sandbox
