#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/result.hpp"
#include "providers/http/client.hpp"
#include "providers/http/client_impl.hpp"
#include "providers/http/connection.hpp"
#include "providers/http/request.hpp"
#include "providers/http/response_reader.hpp"

namespace crosstie::http {
namespace {

using std::chrono::steady_clock;
using OnLine = std::function<bool(std::string_view)>;

/// Gives the complete lines of `text` and keeps the rest. False when the listener has enough.
bool give_lines(std::string& text, const OnLine& on_line) {
  std::size_t begin = 0;
  bool more = true;
  while (more) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    if (end > begin) more = on_line(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  return more;
}

}  // namespace

Task<Exchange> Client::Impl::stream(Request request, std::chrono::milliseconds idle_max,
                                    OnLine on_line) {
  const auto self = shared_from_this();
  const auto began = steady_clock::now();
  const Result<Headers> more = co_await authorize();
  if (!more)
    co_return Exchange{
        std::nullopt,
        {Failure::Kind::unsendable, false, "no credentials: " + more.failure().front().detail}};
  if (auto failure = check_request(request, *more))
    co_return Exchange{std::nullopt, std::move(*failure)};
  // A stream holds its connection for long: always a new one, outside the pool's count, so that it
  // cannot starve the others.
  Lease lease;
  Progress progress;
  Deadline deadline = deadline_of(request);
  if (auto failure = co_await open(lease, deadline))
    co_return Exchange{std::nullopt, std::move(*failure)};
  if (auto failure = co_await write_request(lease, request, *more, deadline, progress))
    co_return Exchange{std::nullopt, std::move(*failure)};
  ResponseReader reader(false, request.body_bytes_max, true);
  std::string text;
  bool wanted = true;
  Exchange exchange;
  std::optional<Failure> failure;
  while (!reader.done() && wanted && !failure) {
    failure = co_await read_more(lease, reader, deadline, progress);
    if (failure || !reader.head_done()) continue;
    text += reader.take_body();
    if (text.size() > request.body_bytes_max)
      failure = Failure{Failure::Kind::too_large, true, "one line of the answer is too long"};
    if (reader.status() == 200 && !failure) {
      wanted = give_lines(text, on_line);
      deadline = steady_clock::now() + idle_max;
    }
  }
  const bool quiet = failure && failure->kind == Failure::Kind::timeout && reader.head_done() &&
                     reader.status() == 200;
  if (failure && !quiet) {
    exchange.failure = std::move(*failure);
  } else {
    if (reader.status() == 200 && !text.empty() && wanted && reader.done()) on_line(text);
    exchange.response = reader.take_response();
    exchange.response->body = reader.status() == 200 ? std::string{} : text;
  }
  log(request, exchange, began);
  co_return exchange;
}

Task<Exchange> Client::stream(Request request, std::chrono::milliseconds idle, OnLine on_line) {
  return impl_->stream(std::move(request), idle, std::move(on_line));
}

}  // namespace crosstie::http
