// Port-forward to a Pod over a WebSocket. Protocol v4.channel.k8s.io: binary messages whose first
// byte is the channel; port number i of the request has channel 2i for data and 2i+1 for errors,
// and each channel begins with the port as two little-endian bytes
// (k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go).
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using boost::asio::ip::tcp;

namespace {

constexpr std::size_t kPortsMax = 8;
constexpr std::size_t kPieceBytes = 32768;
constexpr auto kResult = boost::asio::as_tuple(boost::asio::use_awaitable);

/// One session; shared by the coroutines of its directions.
struct Forward {
  std::shared_ptr<WebSocketSession> session;
  std::vector<std::uint16_t> ports;
  std::vector<std::uint16_t> targets;  // loopback, 0 = nothing listens
  std::vector<std::unique_ptr<tcp::socket>> sockets;
};

std::string channel(std::size_t number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number)) + bytes;
}

Task<bool> open_channels(std::shared_ptr<Forward> forward) {
  for (std::size_t index = 0; index < forward->ports.size(); ++index) {
    const std::uint16_t port = forward->ports[index];
    const std::string bytes = {static_cast<char>(port & 0xff), static_cast<char>(port >> 8)};
    for (const std::size_t number : {2 * index, 2 * index + 1}) {
      std::string message = channel(number, bytes);
      const bool sent = co_await forward->session->write(std::move(message));
      if (!sent) co_return false;
    }
  }
  co_return true;
}

Task<void> report(std::shared_ptr<Forward> forward, std::size_t index, std::string why) {
  std::string message =
      channel(2 * index + 1,
              "error forwarding port " + std::to_string(forward->ports[index]) + " to pod: " + why);
  co_await forward->session->write(std::move(message));
}

/// Connects every port before anything is read from the client, which may send at once. False when
/// none could be.
Task<bool> connect_all(std::shared_ptr<Forward> forward) {
  bool any = false;
  for (std::size_t index = 0; index < forward->targets.size(); ++index) {
    const tcp::endpoint target(boost::asio::ip::address_v4::loopback(), forward->targets[index]);
    std::string problem = "connect: connection refused";
    if (target.port() != 0) {
      const auto [error] = co_await forward->sockets[index]->async_connect(target, kResult);
      problem = error ? error.message() : "";
    }
    if (problem.empty()) {
      any = true;
      continue;
    }
    forward->sockets[index]->close();
    co_await report(forward, index, std::move(problem));
  }
  co_return any;
}

Task<void> pump(std::shared_ptr<Forward> forward, std::size_t index) {
  tcp::socket& socket = *forward->sockets[index];
  if (!socket.is_open()) co_return;
  std::array<char, kPieceBytes> piece{};
  while (true) {
    const auto [error, bytes] =
        co_await socket.async_read_some(boost::asio::buffer(piece), kResult);
    if (bytes > 0) {
      std::string message = channel(2 * index, std::string(piece.data(), bytes));
      const bool sent = co_await forward->session->write(std::move(message));
      if (!sent) co_return;
    }
    if (error) co_return;
  }
}

Task<void> pump_all(std::shared_ptr<Forward> forward, std::size_t index) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  if (index + 1 == forward->ports.size()) {
    co_await pump(forward, index);
    co_return;
  }
  co_await (pump(forward, index) && pump_all(forward, index + 1));
}

Task<void> read_client(std::shared_ptr<Forward> forward) {
  while (true) {
    const std::optional<std::string> message = co_await forward->session->read();
    if (!message) co_return;
    if (message->empty()) continue;
    const auto number = static_cast<unsigned char>(message->front());
    const std::size_t index = number / 2;
    if (number % 2 != 0 || index >= forward->sockets.size() || !forward->sockets[index]->is_open())
      continue;
    const auto bytes = boost::asio::buffer(message->data() + 1, message->size() - 1);
    const auto [error, written] =
        co_await boost::asio::async_write(*forward->sockets[index], bytes, kResult);
    if (error || written != message->size() - 1) co_return;
  }
}

Task<void> run(std::shared_ptr<Forward> forward, std::shared_ptr<WebSocketSession> session) {
  using boost::asio::experimental::awaitable_operators::operator||;
  forward->session = std::move(session);
  const bool opened = co_await open_channels(forward);
  if (!opened) co_return;
  const bool connected = co_await connect_all(forward);
  if (!connected) co_return;
  co_await (read_client(forward) || pump_all(forward, 0));
}

std::vector<std::uint16_t> asked_ports(const Request& request) {
  std::vector<std::uint16_t> ports;
  for (const auto& [name, value] : request.query) {
    if (name != "ports") continue;
    std::istringstream stream(value);
    for (std::string part; std::getline(stream, part, ',');) {
      const bool number = !part.empty() && part.size() <= 5 &&
                          part.find_first_not_of("0123456789") == std::string::npos;
      const int port = number ? std::stoi(part) : 0;
      if (port < 1 || port > 65535) throw bad_request("invalid port " + part);
      ports.push_back(static_cast<std::uint16_t>(port));
    }
  }
  if (ports.empty()) throw bad_request("query parameter \"ports\" is required");
  if (ports.size() > kPortsMax) throw bad_request("too many ports");
  return ports;
}

/// kubectl speaks SPDY, by an upgrade of its own or inside of a WebSocket.
bool speaks_spdy(const Request& request) {
  return request.header("upgrade").starts_with("SPDY") ||
         request.header("sec-websocket-protocol").starts_with("SPDY");
}

/// The first of the client's protocols that is spoken here, "" when it offered none.
std::string chosen_protocol(const Request& request) {
  std::istringstream stream(request.header("sec-websocket-protocol"));
  for (std::string offered; std::getline(stream, offered, ',');) {
    offered.erase(0, offered.find_first_not_of(' '));
    if (offered == "v4.channel.k8s.io" || offered == "portforward.k8s.io") return offered;
  }
  return "";
}

}  // namespace

Response port_forward(Call& call) {
  call.existing();
  if (speaks_spdy(call.request)) {
    throw StatusError(501, "NotImplemented",
                      "the sandbox forwards ports over WebSocket messages (v4.channel.k8s.io), not "
                      "over SPDY");
  }
  const std::vector<std::uint16_t> ports = asked_ports(call.request);
  if (call.request.header("upgrade").empty()) throw bad_request("Upgrade request required");
  const std::string protocol = chosen_protocol(call.request);
  if (protocol.empty() && !call.request.header("sec-websocket-protocol").empty()) {
    throw bad_request(
        "unable to upgrade: none of the offered protocols is supported; supported is "
        "v4.channel.k8s.io");
  }
  auto forward = std::make_shared<Forward>();
  forward->ports = ports;
  for (const std::uint16_t port : ports) {
    const std::string address =
        call.info.namespace_name + "/" + call.info.name + ":" + std::to_string(port);
    forward->targets.push_back(call.server.context.network.port_of(address).value_or(0));
    forward->sockets.push_back(std::make_unique<tcp::socket>(call.server.context.executor));
  }
  Response response;
  response.status = 101;
  response.websocket_protocol = protocol;
  response.websocket = [forward](std::shared_ptr<WebSocketSession> session) {
    return run(forward, std::move(session));
  };
  return response;
}

}  // namespace crosstie::sandbox::kubernetes
