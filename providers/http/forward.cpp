// Port-forward over WebSocket. Each binary message begins with its channel's number: 0 carries
// data, 1 carries an error text; the first message of each channel is the port, two bytes,
// little-endian (kubernetes/kubelet pkg/cri/streaming/portforward/websocket.go).
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/http/client.hpp"
#include "providers/http/client_impl.hpp"
#include "providers/http/connection.hpp"
#include "providers/http/request.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/websocket.hpp"

namespace crosstie::http {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using Local = asio::local::stream_protocol::socket;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kChunk = 32768;
constexpr std::chrono::hours kForwardMax{4};  // longest silence or life of a forward
constexpr const char* kProtocol = "v4.channel.k8s.io";

/// Both directions of one forward. Kept by the two pumping coroutines.
struct Forward {
  Forward(std::shared_ptr<Connection> remote_in, Local local_in, std::uint64_t seed,
          std::function<void(const std::string&)> debug_in)
      : remote(std::move(remote_in)),
        local(std::move(local_in)),
        random(seed),
        debug(std::move(debug_in)) {}

  void end() {
    remote->close();
    boost::system::error_code ignored;
    local.close(ignored);
  }

  std::shared_ptr<Connection> remote;  // the client knows it weakly and closes it at its own end
  Local local;
  websocket::Decoder decoder;
  std::mt19937_64 random;
  std::function<void(const std::string&)> debug;
  std::string outbox;
  bool writing = false;
  int announced[2] = {0, 0};  // bytes of the port that came on each channel
};

Deadline far() { return steady_clock::now() + kForwardMax; }

/// Writes what is in the outbox unless another coroutine is at it already (it takes ours along).
Task<bool> flush(std::shared_ptr<Forward> forward) {
  if (forward->writing) co_return true;
  forward->writing = true;
  bool fine = true;
  while (fine && !forward->outbox.empty()) {
    std::string bytes;
    bytes.swap(forward->outbox);
    const Transfer written = co_await forward->remote->write_all(bytes, far());
    fine = !written.failure;
  }
  forward->writing = false;
  co_return fine;
}

void queue(Forward& forward, websocket::Opcode opcode, std::string_view payload) {
  forward.outbox +=
      websocket::encode_frame(opcode, payload, static_cast<std::uint32_t>(forward.random()));
}

Task<void> pump_out(std::shared_ptr<Forward> forward) {
  std::vector<char> buffer(kChunk + 1);
  bool going = true;
  while (going) {
    const auto space = asio::buffer(buffer.data() + 1, kChunk);
    const auto [error, count] = co_await forward->local.async_read_some(space, kTuple);
    if (error) break;
    buffer[0] = 0;
    queue(*forward, websocket::Opcode::binary, std::string_view(buffer.data(), count + 1));
    going = co_await flush(forward);
  }
  queue(*forward, websocket::Opcode::close, "\x03\xe8");  // 1000, normal end
  (void)co_await flush(forward);
  forward->end();
}

/// Bytes of a data message without the port at the beginning of each channel.
std::string_view data_of(Forward& forward, std::string_view payload, int channel) {
  payload.remove_prefix(1);
  const auto skipped = std::min<std::size_t>(
      payload.size(), static_cast<std::size_t>(2 - forward.announced[channel]));
  forward.announced[channel] += static_cast<int>(skipped);
  payload.remove_prefix(skipped);
  return payload;
}

Task<bool> deliver(std::shared_ptr<Forward> forward, websocket::Message message) {
  if (message.opcode == websocket::Opcode::ping) {
    queue(*forward, websocket::Opcode::pong, message.payload);
    co_return co_await flush(forward);
  }
  if (message.opcode == websocket::Opcode::pong) co_return true;
  if (message.opcode == websocket::Opcode::close || message.payload.empty())
    co_return message.opcode != websocket::Opcode::close;
  const int channel = static_cast<unsigned char>(message.payload[0]);
  if (channel != 0 && channel != 1) co_return true;
  const std::string_view data = data_of(*forward, message.payload, channel);
  if (data.empty()) co_return true;
  if (channel == 1) {
    if (forward->debug) forward->debug("port-forward ended: " + std::string(data));
    co_return false;
  }
  const auto bytes = asio::buffer(data.data(), data.size());
  const auto [error, count] = co_await asio::async_write(forward->local, bytes, kTuple);
  co_return !error;
}

Task<void> pump_in(std::shared_ptr<Forward> forward, std::string first) {
  std::vector<char> buffer(kChunk);
  forward->decoder.feed(first);
  bool going = true;
  while (going) {
    while (going) {
      std::optional<websocket::Message> message = forward->decoder.next();
      if (!message) break;
      going = co_await deliver(forward, std::move(*message));
    }
    if (!going || forward->decoder.failure()) break;
    const Transfer got = co_await forward->remote->read_some(buffer.data(), buffer.size(), far());
    if (got.failure || got.bytes == 0) break;
    forward->decoder.feed(std::string_view(buffer.data(), got.bytes));
  }
  forward->end();
}

Request upgrade_request(std::string target, const std::string& key) {
  Request request;
  request.target = std::move(target);
  request.headers = {{"Upgrade", "websocket"},
                     {"Connection", "Upgrade"},
                     {"Sec-WebSocket-Key", key},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Protocol", kProtocol}};
  return request;
}

/// The message of a Kubernetes Status without parsing all of it; "" when there is none.
std::string words_of(const std::string& body) {
  const std::string mark = "\"message\":\"";
  const std::size_t begin = body.find(mark);
  if (begin == std::string::npos) return {};
  const std::size_t end = body.find("\",\"", begin + mark.size());
  return body.substr(begin + mark.size(),
                     end == std::string::npos ? end : end - begin - mark.size());
}

}  // namespace

Task<Result<int>> Client::Impl::forward(std::string target, std::uint16_t port) {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  const Result<Headers> more = co_await authorize();
  if (!more) co_return more.failure();
  std::string nonce(16, '\0');
  for (char& c : nonce) c = static_cast<char>(random());
  const std::string key = base64_encode(nonce);
  const Request request = upgrade_request(std::move(target), key);
  if (auto failure = check_request(request, *more))
    co_return describe_failure(options.service, request, *failure);
  Lease lease;
  Progress progress;
  const Deadline deadline = deadline_of(request);
  if (auto failure = co_await open(lease, deadline))
    co_return describe_failure(options.service, request, *failure);
  if (auto failure = co_await write_request(lease, request, *more, deadline, progress)) {
    co_return describe_failure(options.service, request, *failure);
  }
  ResponseReader reader(false, request.body_bytes_max);
  while (!reader.done()) {
    if (auto failure = co_await read_more(lease, reader, deadline, progress))
      co_return describe_failure(options.service, request, *failure);
  }
  std::string first = reader.take_rest();
  const Response response = reader.take_response();
  if (response.status != 101)
    co_return describe_status(options.service, request, response, words_of(response.body));
  if (response.header("sec-websocket-accept") != websocket::accept_for(key)) {
    co_return describe_status(options.service, request, response,
                              "the WebSocket handshake does not belong to our request");
  }
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    co_return make_error("no socket pair",
                         "The system gave no socket pair for the port-forward to port " +
                             std::to_string(port) + ".");
  }
  Local local(executor, asio::local::stream_protocol(), ends[0]);
  std::shared_ptr<Connection> remote = std::move(lease.connection);
  std::erase_if(forwards, [](const auto& known) { return known.expired(); });
  forwards.push_back(remote);
  const auto forward =
      std::make_shared<Forward>(std::move(remote), std::move(local), random(), options.debug);
  asio::co_spawn(executor, pump_in(forward, std::move(first)), asio::detached);
  asio::co_spawn(executor, pump_out(forward), asio::detached);
  co_return ends[1];
}

Task<Result<int>> Client::forward(std::string target, std::uint16_t port) {
  return impl_->forward(std::move(target), port);
}

}  // namespace crosstie::http
