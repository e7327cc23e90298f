#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/tls.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace {

using Stream = asio::ssl::stream<asio::ip::tcp::socket>;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kAnswerBytesMax = 16u << 20;

/// Shared by the coroutine and its deadline, which may fire one turn after the coroutine ended.
struct Call {
  Call(const asio::any_io_executor& executor, const DialRequest& request)
      : context(make_client_context(request.trusted_pem, request.client)),
        stream(executor, context),
        deadline(executor, request.timeout) {}
  asio::ssl::context context;
  Stream stream;
  asio::steady_timer deadline;
  bool timed_out = false;
  std::string refusal;  // why `refuses_server` took it not
};

/// "handshake: certificate verify failed (SSL routines): unable to get local issuer certificate".
std::string explain(Call& call, const char* step, const ErrorCode& error) {
  if (call.timed_out) return std::string(step) + ": timed out";
  std::string text = std::string(step) + ": " + error.message();
  if (!call.refusal.empty()) return text + ": " + call.refusal;
  const long verdict = SSL_get_verify_result(call.stream.native_handle());
  if (verdict != X509_V_OK) {
    text += std::string(": ") + X509_verify_cert_error_string(verdict);
  }
  return text;
}

http::request<http::string_body> to_message(const DialRequest& request) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.path);
  message.version(11);
  message.set(http::field::host, request.server_name.empty() ? "127.0.0.1" : request.server_name);
  message.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

/// OpenSSL's own check rather than a callback, so that its verdict says "hostname mismatch".
void check_name(Stream& stream, const std::string& server_name) {
  if (server_name.empty()) return;
  SSL* ssl = stream.native_handle();
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str()) == 1) return;
  SSL_set_tlsext_host_name(ssl, server_name.c_str());
  SSL_set1_host(ssl, server_name.c_str());
}

/// The question beside OpenSSL's own checks.
void ask_about_server(Call& call, const DialRequest& request) {
  if (!request.refuses_server) return;
  call.stream.set_verify_callback(
      [&call, refuses = request.refuses_server](bool good, asio::ssl::verify_context& seen) {
        const std::string leaf = good ? leaf_in(seen.native_handle()) : std::string();
        if (leaf.empty()) return good;
        if (auto reason = refuses(leaf)) {
          call.refusal = std::move(*reason);
          refuse_leaf(seen.native_handle());
          return false;
        }
        return true;
      });
}

}  // namespace

Task<RemoteHello> dial(DialRequest request) {
  const auto executor = co_await asio::this_coro::executor;
  const auto call = std::make_shared<Call>(executor, request);
  call->deadline.async_wait([call](const ErrorCode& error) {
    if (error) return;
    call->timed_out = true;
    ErrorCode ignored;
    call->stream.next_layer().close(ignored);
  });
  RemoteHello hello;
  ErrorCode error;
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), request.port);
  co_await call->stream.next_layer().async_connect(
      endpoint, asio::redirect_error(asio::use_awaitable, error));
  const char* step = "connect";
  if (!error) {
    step = "handshake";
    check_name(call->stream, request.server_name);
    ask_about_server(*call, request);
    co_await call->stream.async_handshake(asio::ssl::stream_base::client,
                                          asio::redirect_error(asio::use_awaitable, error));
  }
  http::response_parser<http::string_body> answer;
  answer.body_limit(kAnswerBytesMax);
  if (!error) {
    hello.tls_established = true;
    step = "request";
    const http::request<http::string_body> message = to_message(request);
    co_await http::async_write(call->stream, message,
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error) {
    step = "answer";
    boost::beast::flat_buffer buffer;
    co_await http::async_read(call->stream, buffer, answer,
                              asio::redirect_error(asio::use_awaitable, error));
  }
  call->deadline.cancel();
  if (error) {
    hello.error = explain(*call, step, error);
    co_return hello;
  }
  hello.status = static_cast<int>(answer.get().result_int());
  hello.body = std::move(answer.get().body());
  co_return hello;
}

}  // namespace crosstie::sandbox
