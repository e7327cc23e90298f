#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "loop.hpp"

namespace crosstie::sandbox {
namespace {

namespace websocket = boost::beast::websocket;
using testing::Loop;
using testing::OnLoop;
using testing::RawClient;

Task<void> echo_messages(std::shared_ptr<WebSocketSession> session) {
  for (;;) {
    auto message = co_await session->read();
    if (!message || *message == "bye") co_return;
    co_await session->write(std::move(*message));
  }
}

Task<Response> upgrade(Request) {
  Response response;
  response.websocket = echo_messages;
  response.websocket_protocol = "v4.channel.k8s.io";
  co_return response;
}

TEST(ListenerWebSocket, messages_go_both_ways_and_the_subprotocol_is_told) {
  Loop loop;
  ListenerOptions options;
  options.api = "test";
  OnLoop listener(loop, options, upgrade);
  boost::asio::io_context io;
  websocket::stream<boost::asio::ip::tcp::socket> client(io);
  client.next_layer().connect({boost::asio::ip::address_v4::loopback(), listener.port()});
  client.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(boost::beast::http::field::sec_websocket_protocol, "v4.channel.k8s.io");
  }));
  websocket::response_type answer;
  client.handshake(answer, "x", "/portforward");
  EXPECT_EQ(answer[boost::beast::http::field::sec_websocket_protocol], "v4.channel.k8s.io");

  client.binary(true);
  const std::string sent(70'000, 'x');
  client.write(boost::asio::buffer(sent));
  boost::beast::flat_buffer received;
  client.read(received);
  EXPECT_TRUE(client.got_binary());
  EXPECT_EQ(boost::beast::buffers_to_string(received.data()), sent);

  client.write(boost::asio::buffer(std::string("bye")));
  boost::system::error_code error;
  received.clear();
  client.read(received, error);
  EXPECT_EQ(error, websocket::error::closed);
}

TEST(ListenerWebSocket, request_without_upgrade_is_refused) {
  Loop loop;
  ListenerOptions options;
  options.api = "test";
  OnLoop listener(loop, options, upgrade);
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n"), "HTTP/1.1 400 Bad Request\r\n");
}

}  // namespace
}  // namespace crosstie::sandbox
