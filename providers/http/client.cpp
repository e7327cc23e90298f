#include "providers/http/client.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/http/client_impl.hpp"
#include "providers/http/connection.hpp"
#include "providers/http/request.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/retry.hpp"
#include "providers/http/tls.hpp"

namespace crosstie::http {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kIdleMax{
    30};  // load balancers commonly drop idle connections after 60 s
constexpr std::chrono::minutes kPoolWaitMax{10};
constexpr std::size_t kReadBytes = 65536;
constexpr std::size_t kBodyJoinMax = 16384;  // smaller bodies travel in one write with the head

std::string host_header(const Endpoint& endpoint) {
  std::string host =
      endpoint.host.find(':') == std::string::npos ? endpoint.host : "[" + endpoint.host + "]";
  const std::uint16_t standard = endpoint.tls ? 443 : 80;
  return endpoint.port == standard ? host : host + ":" + std::to_string(endpoint.port);
}

Exchange failed(Failure failure) { return Exchange{std::nullopt, std::move(failure)}; }

bool has_line_break(const std::string& text) {
  return text.find_first_of("\r\n\0", 0, 3) != std::string::npos;
}

}  // namespace

std::optional<Failure> check_request(const Request& request, const Headers& authorization) {
  const auto refuse = [](const char* why) {
    return Failure{Failure::Kind::unsendable, false, why};
  };
  if (request.target.empty() || request.target.front() != '/')
    return refuse("the request's target is no path");
  for (const unsigned char c : request.target)
    if (c <= ' ' || c == 127)
      return refuse("the request's target holds a character that is not percent-encoded");
  for (const Headers* headers : {&request.headers, &authorization})
    for (const auto& [name, value] : *headers)
      if (has_line_break(name) || has_line_break(value))
        return refuse("a header of the request holds a line break");
  return std::nullopt;
}

Client::Impl::Impl(Endpoint endpoint_in, ClientOptions options_in)
    : endpoint(std::move(endpoint_in)), options(std::move(options_in)) {
  if (endpoint.tls) tls = make_tls_context(endpoint.tls_options);
}

Client::Impl::Lease::~Lease() {
  if (connection) connection->close();
  if (!owner_) return;
  --owner_->in_use;
  if (!owner_->waiters.empty()) {
    owner_->waiters.front()->cancel();
    owner_->waiters.pop_front();
  }
}

void Client::Impl::Lease::keep() {
  connection->rest();
  connection->resting_since = steady_clock::now();
  owner_->idle.push_back(std::move(connection));
  connection.reset();
}

Deadline Client::Impl::deadline_of(const Request& request) const {
  return steady_clock::now() + options.request_timeout.value_or(request.timeout);
}

Task<Client::Impl::Lease> Client::Impl::acquire(bool fresh) {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  while (in_use >= options.connections_max) {
    const auto turn = std::make_shared<asio::steady_timer>(executor, kPoolWaitMax);
    waiters.push_back(turn);
    (void)co_await turn->async_wait(kTuple);
    std::erase(waiters, turn);
  }
  Lease lease(self);
  while (!fresh && !idle.empty()) {
    lease.connection = std::move(idle.back());
    idle.pop_back();
    const bool old = steady_clock::now() - lease.connection->resting_since > kIdleMax;
    if (!old && !lease.connection->is_stale()) break;
    lease.connection->close();
    lease.connection.reset();
  }
  co_return lease;
}

Task<std::optional<Failure>> Client::Impl::open(Lease& lease, Deadline deadline) {
  if (tls.failure) co_return tls.failure;
  const auto executor = co_await asio::this_coro::executor;
  lease.connection = std::make_shared<Connection>(executor, endpoint, tls.context);
  const Deadline connected = std::min(deadline, steady_clock::now() + options.connect_timeout);
  co_return co_await lease.connection->open(connected);
}

std::string Client::Impl::head_of(const Request& request, const Headers& more) const {
  std::string head = request.method + " " + endpoint.base_path + request.target +
                     " HTTP/1.1\r\nHost: " + host_header(endpoint) +
                     "\r\nUser-Agent: " + options.user_agent + "\r\n";
  for (const Headers* headers : {&request.headers, &more})
    for (const auto& [name, value] : *headers) head += name + ": " + value + "\r\n";
  if (!request.content_type.empty()) head += "Content-Type: " + request.content_type + "\r\n";
  const bool may_have_body =
      request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
  if (!request.body.empty() || may_have_body)
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

Task<std::optional<Failure>> Client::Impl::write_request(Lease& lease, const Request& request,
                                                         const Headers& more, Deadline deadline,
                                                         Progress& progress) {
  std::string head = head_of(request, more);
  const bool joined = request.body.size() <= kBodyJoinMax;
  if (joined) head += request.body;
  Transfer written = co_await lease.connection->write_all(head, deadline);
  if (written.bytes > 0) progress.written = true;
  if (!written.failure && !joined)
    written = co_await lease.connection->write_all(request.body, deadline);
  if (written.failure) written.failure->sent = progress.written;
  co_return written.failure;
}

Task<std::optional<Failure>> Client::Impl::read_more(Lease& lease, ResponseReader& reader,
                                                     Deadline deadline, Progress& progress) {
  std::vector<char> buffer(kReadBytes);
  const Transfer got = co_await lease.connection->read_some(buffer.data(), buffer.size(), deadline);
  std::optional<Failure> failure = got.failure;
  if (!failure) {
    if (got.bytes > 0) progress.received = true;
    failure =
        got.bytes > 0 ? reader.feed(std::string_view(buffer.data(), got.bytes)) : reader.finish();
  }
  if (failure) failure->sent = true;
  co_return failure;
}

Task<Exchange> Client::Impl::transfer(Lease& lease, const Request& request, const Headers& more,
                                      Progress& progress) {
  const Deadline deadline = deadline_of(request);
  progress.reused = lease.connection != nullptr;
  if (!progress.reused) {
    if (auto failure = co_await open(lease, deadline)) co_return failed(std::move(*failure));
  }
  const auto write_failure = co_await write_request(lease, request, more, deadline, progress);
  // A service may refuse a large body before it has read all of it, and close: its answer is still
  // there to be read.
  if (write_failure && (write_failure->kind != Failure::Kind::reset || !progress.written))
    co_return failed(*write_failure);
  ResponseReader reader(request.method == "HEAD", request.body_bytes_max);
  while (!reader.done()) {
    if (auto failure = co_await read_more(lease, reader, deadline, progress)) {
      if (write_failure && !progress.received) co_return failed(*write_failure);
      co_return failed(std::move(*failure));
    }
  }
  const bool reusable = reader.keep_alive() && !write_failure && reader.take_rest().empty();
  Exchange exchange;
  exchange.response = reader.take_response();
  if (reusable) lease.keep();
  co_return exchange;
}

Task<Result<Headers>> Client::Impl::authorize() {
  if (!authorization) co_return Headers{};
  co_return co_await authorization();
}

void Client::Impl::log(const Request& request, const Exchange& exchange,
                       steady_clock::time_point began) const {
  if (!options.debug) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string end =
      exchange.answered() ? std::to_string(exchange.response->status) : exchange.failure.message;
  options.debug(request.method + " " + path + " " + end + " " + std::to_string(took.count()) +
                " ms");
}

Task<Exchange> Client::Impl::try_once(const Request& request) {
  const auto began = steady_clock::now();
  const Result<Headers> more = co_await authorize();
  if (!more) {
    const Diagnostic& why = more.failure().front();
    co_return failed(
        {Failure::Kind::unsendable, false, "no credentials: " + why.summary + ": " + why.detail});
  }
  if (auto failure = check_request(request, *more)) co_return failed(std::move(*failure));
  Exchange exchange;
  // A kept connection may have been closed by the service a moment ago: one try on a new one, at
  // once.
  for (const bool fresh : {false, true}) {
    Lease lease = co_await acquire(fresh);
    Progress progress;
    exchange = co_await transfer(lease, request, *more, progress);
    const bool was_stale = !exchange.answered() && exchange.failure.kind == Failure::Kind::reset &&
                           progress.reused && !progress.received;
    if (!was_stale || (request.repeat == Repeat::unsafe && exchange.failure.sent)) break;
  }
  log(request, exchange, began);
  co_return exchange;
}

Task<Exchange> Client::Impl::send(Request request) {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  for (int attempt = 1;; ++attempt) {
    Exchange exchange = co_await try_once(request);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return exchange;
    const auto wait = next_try(request, exchange, attempt, random());
    if (!wait) co_return exchange;
    if (options.retrying) {
      const std::string why = exchange.answered()
                                  ? "status " + std::to_string(exchange.response->status)
                                  : exchange.failure.message;
      options.retrying(options.service + ": " + request.method + " " +
                       request.target.substr(0, request.target.find('?')) + ": " + why + "; try " +
                       std::to_string(attempt + 1) + " of " + std::to_string(request.tries_max) +
                       " in " + std::to_string(wait->count()) + " ms");
    }
    asio::steady_timer timer(executor, *wait);
    (void)co_await timer.async_wait(kTuple);
  }
}

Client::Client(Endpoint endpoint, ClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(endpoint), std::move(options))) {}

Client::~Client() {
  if (!impl_) return;
  for (const auto& connection : impl_->idle) connection->close();
  impl_->idle.clear();
  for (const auto& forward : impl_->forwards)
    if (const auto connection = forward.lock()) connection->close();
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

void Client::set_authorization(
    std::function<Task<Result<std::vector<std::pair<std::string, std::string>>>>()> authorization) {
  impl_->authorization = std::move(authorization);
}

Task<Exchange> Client::send(Request request) { return impl_->send(std::move(request)); }

const Endpoint& Client::endpoint() const { return impl_->endpoint; }

}  // namespace crosstie::http
