#include "providers/http/client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/providers/http/harness.hpp"

namespace crosstie::http {
namespace {

using crosstie::testing::get;
using crosstie::testing::World;
namespace asio = boost::asio;

struct Certificates {
  sandbox::Identity authority;
  sandbox::Identity server;
  sandbox::Identity client;
};

const Certificates& certificates() {
  static const Certificates made = [] {
    Certificates all;
    sandbox::CertificateRequest root;
    root.common_name = "test root";
    all.authority = sandbox::make_authority(root);
    sandbox::CertificateRequest server;
    server.common_name = "server";
    server.dns_names = {"api.test", "localhost"};
    server.ip_addresses = {"127.0.0.1"};
    all.server = sandbox::issue(all.authority, server);
    sandbox::CertificateRequest client;
    client.common_name = "admin";
    client.client = true;
    all.client = sandbox::issue(all.authority, client);
    return all;
  }();
  return made;
}

Endpoint endpoint_of(const sandbox::Listener& listener, bool tls = false) {
  Endpoint endpoint;
  endpoint.tls = tls;
  endpoint.host = "127.0.0.1";
  endpoint.port = listener.port();
  return endpoint;
}

ClientOptions options() {
  ClientOptions made;
  made.service = "test service";
  return made;
}

sandbox::Task<sandbox::Response> echo(sandbox::Request request) {
  sandbox::Response response = sandbox::Response::json(
      200, request.method + " " + request.path + " " + request.body + "|" + request.client_subject +
               "|" + request.header("authorization"));
  co_return response;
}

std::unique_ptr<sandbox::Listener> listen_plain(World& world, sandbox::Handler handler) {
  sandbox::ListenerOptions listener;
  listener.api = "test";
  return sandbox::listen(world.context, std::move(listener), std::move(handler));
}

std::unique_ptr<sandbox::Listener> listen_tls(World& world, bool client_required = false) {
  sandbox::ListenerOptions listener;
  listener.api = "test";
  listener.tls = certificates().server;
  if (client_required) {
    listener.client_authority_pem = certificates().authority.certificate_pem;
    listener.client_certificate_required = true;
  }
  return sandbox::listen(world.context, std::move(listener), echo);
}

TEST(Client, sends_method_path_body_and_reads_the_answer) {
  World world;
  const auto listener = listen_plain(world, echo);
  Client client(endpoint_of(*listener), options());
  Request request = get("/a%20b?c=d");
  request.method = "POST";
  request.body = std::string(100000, 'x');
  request.content_type = "application/json";
  const Exchange exchange = world.run(client.send(request));
  ASSERT_TRUE(exchange.answered()) << exchange.failure.message;
  EXPECT_EQ(exchange.response->status, 200);
  EXPECT_EQ(exchange.response->body, "POST /a b " + request.body + "||");
}

TEST(Client, keeps_one_connection_for_requests_one_after_the_other) {
  World world;
  const auto listener = listen_plain(world, echo);
  Client client(endpoint_of(*listener), options());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(world.run(client.send(get("/x"))).answered());
  listener->close();
  Request once = get("/x");
  once.tries_max = 1;
  const Exchange gone = world.run(client.send(once));
  ASSERT_FALSE(gone.answered());
  EXPECT_EQ(gone.failure.kind, Failure::Kind::connect);
  EXPECT_FALSE(gone.failure.sent);
}

TEST(Client, checks_the_certificate_against_the_pinned_authority_and_the_address) {
  World world;
  const auto listener = listen_tls(world);
  Endpoint endpoint = endpoint_of(*listener, true);
  endpoint.tls_options.authorities_pem = certificates().authority.certificate_pem;
  Client by_address(endpoint, options());
  const Exchange fine = world.run(by_address.send(get("/x")));
  EXPECT_TRUE(fine.answered()) << fine.failure.message;
  endpoint.tls_options.server_name = "api.test";
  Client by_name(endpoint, options());
  EXPECT_TRUE(world.run(by_name.send(get("/x"))).answered());
  endpoint.tls_options.server_name = "other.test";
  Client wrong_name(endpoint, options());
  const Exchange refused = world.run(wrong_name.send(get("/x")));
  ASSERT_FALSE(refused.answered());
  EXPECT_EQ(refused.failure.kind, Failure::Kind::tls);
  EXPECT_NE(refused.failure.message.find("is not for `other.test`"), std::string::npos)
      << refused.failure.message;
}

TEST(Client, refuses_a_certificate_of_an_unknown_authority_unless_told_not_to_look) {
  World world;
  const auto listener = listen_tls(world);
  Endpoint endpoint = endpoint_of(*listener, true);
  Client strict(endpoint, options());
  const Exchange refused = world.run(strict.send(get("/x")));
  ASSERT_FALSE(refused.answered());
  EXPECT_EQ(refused.failure.kind, Failure::Kind::tls);
  EXPECT_FALSE(refused.failure.sent);
  EXPECT_NE(refused.failure.message.find("is not trusted"), std::string::npos)
      << refused.failure.message;
  endpoint.tls_options.insecure = true;
  Client loose(endpoint, options());
  EXPECT_TRUE(world.run(loose.send(get("/x"))).answered());
}

TEST(Client, shows_its_client_certificate) {
  World world;
  const auto listener = listen_tls(world, true);
  Endpoint endpoint = endpoint_of(*listener, true);
  endpoint.tls_options.authorities_pem = certificates().authority.certificate_pem;
  endpoint.tls_options.certificate_pem = certificates().client.certificate_pem;
  endpoint.tls_options.key_pem = Secret(certificates().client.key_pem);
  Client client(endpoint, options());
  const Exchange exchange = world.run(client.send(get("/x")));
  ASSERT_TRUE(exchange.answered()) << exchange.failure.message;
  EXPECT_NE(exchange.response->body.find("CN=admin"), std::string::npos) << exchange.response->body;
}

TEST(Client, says_when_a_client_certificate_or_authority_is_no_pem) {
  World world;
  Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.tls_options.authorities_pem = "not a certificate";
  Client client(endpoint, options());
  const Exchange exchange = world.run(client.send(get("/x")));
  ASSERT_FALSE(exchange.answered());
  EXPECT_EQ(exchange.failure.kind, Failure::Kind::tls);
  EXPECT_NE(exchange.failure.message.find("certificate authority"), std::string::npos);
}

TEST(Client, retries_what_the_policy_allows_and_makes_it_visible) {
  World world;
  const auto count = std::make_shared<int>(0);
  const auto listener =
      listen_plain(world, [count](sandbox::Request) -> sandbox::Task<sandbox::Response> {
        return [](std::shared_ptr<int> seen) -> sandbox::Task<sandbox::Response> {
          sandbox::Response response = sandbox::Response::json(++*seen < 3 ? 503 : 200, "{}");
          co_return response;
        }(count);
      });
  ClientOptions visible = options();
  std::vector<std::string> lines;
  visible.retrying = [&](const std::string& line) { lines.push_back(line); };
  Client client(endpoint_of(*listener), visible);
  const Exchange exchange = world.run(client.send(get("/x")));
  ASSERT_TRUE(exchange.answered());
  EXPECT_EQ(exchange.response->status, 200);
  EXPECT_EQ(*count, 3);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("status 503"), std::string::npos);
}

/// Breaks the connection of the Nth request in a way.
struct Breaker {
  int broken_at = 1;
  sandbox::Cut cut = sandbox::Cut::none;
  int seen = 0;
};

sandbox::Task<sandbox::Response> broken(std::shared_ptr<Breaker> breaker) {
  sandbox::Response response = sandbox::Response::json(200, R"({"some":"body of a length"})");
  if (++breaker->seen == breaker->broken_at) response.cut = breaker->cut;
  co_return response;
}

TEST(Client, repeats_only_harmless_requests_after_a_reset) {
  for (const sandbox::Cut cut : {sandbox::Cut::at_once, sandbox::Cut::half_body}) {
    for (const Repeat repeat : {Repeat::safe, Repeat::unsafe}) {
      World world;
      const auto breaker = std::make_shared<Breaker>();
      breaker->cut = cut;
      const auto listener =
          listen_plain(world, [breaker](sandbox::Request) { return broken(breaker); });
      Client client(endpoint_of(*listener), options());
      Request request = get("/x");
      request.method = "POST";
      request.repeat = repeat;
      const Exchange exchange = world.run(client.send(request));
      EXPECT_EQ(exchange.answered(), repeat == Repeat::safe);
      EXPECT_EQ(breaker->seen, repeat == Repeat::safe ? 2 : 1);
      if (!exchange.answered()) {
        EXPECT_EQ(exchange.failure.kind, Failure::Kind::reset);
        EXPECT_TRUE(exchange.failure.sent);
      }
    }
  }
}

TEST(Client, opens_a_new_connection_at_once_when_the_kept_one_was_closed) {
  World world;
  const auto breaker = std::make_shared<Breaker>();
  breaker->broken_at = 2;
  breaker->cut = sandbox::Cut::at_once;
  const auto listener =
      listen_plain(world, [breaker](sandbox::Request) { return broken(breaker); });
  ClientOptions visible = options();
  int retries = 0;
  visible.retrying = [&](const std::string&) { ++retries; };
  Client client(endpoint_of(*listener), visible);
  EXPECT_TRUE(world.run(client.send(get("/x"))).answered());
  EXPECT_TRUE(world.run(client.send(get("/x"))).answered());
  EXPECT_EQ(breaker->seen, 3);
  EXPECT_EQ(retries, 0);
}

sandbox::Task<sandbox::Response> never(std::shared_ptr<asio::steady_timer> timer) {
  timer->expires_after(std::chrono::hours(1));
  co_await timer->async_wait(asio::use_awaitable);
  co_return sandbox::Response::json(200, "{}");
}

TEST(Client, gives_up_at_the_deadline) {
  World world;
  const auto timer = std::make_shared<asio::steady_timer>(world.io);
  const auto listener = listen_plain(world, [timer](sandbox::Request) { return never(timer); });
  Client client(endpoint_of(*listener), options());
  Request request = get("/x");
  request.timeout = std::chrono::milliseconds(50);
  request.tries_max = 1;
  const Exchange exchange = world.run(client.send(request));
  ASSERT_FALSE(exchange.answered());
  EXPECT_EQ(exchange.failure.kind, Failure::Kind::timeout);
  EXPECT_TRUE(exchange.failure.sent);
}

TEST(Client, ends_at_once_when_the_caller_cancels) {
  World world;
  const auto timer = std::make_shared<asio::steady_timer>(world.io);
  asio::cancellation_signal signal;
  const auto listener = listen_plain(world, [&signal, timer](sandbox::Request) {
    signal.emit(asio::cancellation_type::terminal);
    return never(timer);
  });
  Client client(endpoint_of(*listener), options());
  bool done = false;
  bool answered = true;
  auto sending = client.send(get("/x"));
  asio::co_spawn(
      world.io, std::move(sending),
      asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Exchange exchange) {
        done = true;
        answered = exchange.answered();
      }));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done && std::chrono::steady_clock::now() < until)
    world.io.run_one_for(std::chrono::seconds(1));
  EXPECT_TRUE(done);
  EXPECT_FALSE(answered);
}

TEST(Client, adds_authorization_before_each_try_and_stops_when_there_is_none) {
  World world;
  const auto listener = listen_plain(world, echo);
  Client client(endpoint_of(*listener), options());
  using Headers = std::vector<std::pair<std::string, std::string>>;
  client.set_authorization(
      []() -> Task<Result<Headers>> { co_return Headers{{"Authorization", "Bearer t-1"}}; });
  EXPECT_NE(world.run(client.send(get("/x"))).response->body.find("Bearer t-1"), std::string::npos);
  client.set_authorization(
      []() -> Task<Result<Headers>> { co_return make_error("no token", "The file is gone."); });
  const Exchange none = world.run(client.send(get("/x")));
  ASSERT_FALSE(none.answered());
  EXPECT_NE(none.failure.message.find("The file is gone."), std::string::npos);
}

TEST(Client, sends_no_header_with_a_line_break) {
  World world;
  const auto listener = listen_plain(world, echo);
  Client client(endpoint_of(*listener), options());
  Request request = get("/x");
  request.headers = {{"X-A", "b\r\nX-Evil: 1"}};
  const Exchange exchange = world.run(client.send(request));
  ASSERT_FALSE(exchange.answered());
  EXPECT_EQ(exchange.failure.kind, Failure::Kind::unsendable);
  EXPECT_FALSE(world.run(client.send(get("/a b"))).answered());
}

sandbox::Task<void> write_lines(std::shared_ptr<sandbox::BodyWriter> writer) {
  for (const char* piece : {"{\"a\":1}\n{\"a\"", ":2}\n", "\n{\"a\":3}"}) {
    std::string text = piece;
    (void)co_await writer->write(std::move(text));
  }
}

sandbox::Task<sandbox::Response> lines_of(sandbox::Request request) {
  sandbox::Response response;
  if (request.path == "/gone") {
    response = sandbox::Response::json(410, "{\"reason\":\"Expired\"}");
  } else {
    response.stream = write_lines;
  }
  co_return response;
}

TEST(Client, streams_line_by_line) {
  World world;
  const auto listener = listen_plain(world, lines_of);
  Client client(endpoint_of(*listener), options());
  std::vector<std::string> lines;
  const std::function<bool(std::string_view)> take = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  const Exchange exchange = world.run(client.stream(get("/watch"), std::chrono::seconds(5), take));
  ASSERT_TRUE(exchange.answered()) << exchange.failure.message;
  EXPECT_EQ(lines, (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"}));
  const Exchange gone = world.run(client.stream(get("/gone"), std::chrono::seconds(5), take));
  ASSERT_TRUE(gone.answered());
  EXPECT_EQ(gone.response->status, 410);
  EXPECT_EQ(gone.response->body, "{\"reason\":\"Expired\"}");
}

TEST(Client, stops_a_stream_when_the_listener_has_enough) {
  World world;
  const auto listener = listen_plain(world, lines_of);
  Client client(endpoint_of(*listener), options());
  int lines = 0;
  const std::function<bool(std::string_view)> first = [&](std::string_view) { return ++lines < 1; };
  EXPECT_TRUE(world.run(client.stream(get("/watch"), std::chrono::seconds(5), first)).answered());
  EXPECT_EQ(lines, 1);
}

/// What a kubelet does: ports first, then each data message comes back.
sandbox::Task<void> port_forward(std::shared_ptr<sandbox::WebSocketSession> session) {
  std::string data_port("\x00\xf0\x23", 3);
  std::string error_port("\x01\xf0\x23", 3);
  (void)co_await session->write(std::move(data_port));
  (void)co_await session->write(std::move(error_port));
  while (true) {
    std::optional<std::string> message = co_await session->read();
    if (!message) break;
    std::string back = std::move(*message);
    (void)co_await session->write(std::move(back));
  }
}

sandbox::Task<sandbox::Response> forwarding(sandbox::Request request) {
  sandbox::Response response;
  if (request.path.find("missing") != std::string::npos) {
    response = sandbox::Response::json(
        404, R"({"kind":"Status","message":"pods \"x\" not found","reason":"NotFound"})");
  } else {
    response.websocket = port_forward;
    response.websocket_protocol = "v4.channel.k8s.io";
  }
  co_return response;
}

Task<std::string> talk(asio::io_context* io, int descriptor, std::string text) {
  asio::local::stream_protocol::socket socket(*io, asio::local::stream_protocol(), descriptor);
  const auto out = asio::buffer(text);
  co_await socket.async_write_some(out, asio::use_awaitable);
  std::string back(text.size(), '\0');
  std::size_t got = 0;
  while (got < back.size()) {
    const auto space = asio::buffer(back.data() + got, back.size() - got);
    got += co_await socket.async_read_some(space, asio::use_awaitable);
  }
  co_return back;
}

TEST(Client, forwards_a_port_through_a_websocket) {
  World world;
  const auto listener = listen_plain(world, forwarding);
  Client client(endpoint_of(*listener), options());
  const Result<int> descriptor =
      world.run(client.forward("/api/v1/namespaces/n/pods/p/portforward?ports=9200", 9200));
  ASSERT_TRUE(descriptor.ok()) << format_diagnostics(descriptor.failure());
  EXPECT_EQ(world.run(talk(&world.io, *descriptor, "hello elasticsearch")), "hello elasticsearch");
  const Result<int> missing =
      world.run(client.forward("/api/v1/namespaces/n/pods/missing/portforward?ports=9200", 9200));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.failure().front().detail.find("not found"), std::string::npos);
}

TEST(Client, speaks_tls_through_a_dialer) {
  World world;
  const auto listener = listen_tls(world);
  Endpoint endpoint = endpoint_of(*listener, true);
  const std::uint16_t port = listener->port();
  endpoint.host = "does-not-exist.test";
  endpoint.tls_options.server_name = "api.test";
  endpoint.tls_options.authorities_pem = certificates().authority.certificate_pem;
  endpoint.dialer = [&world, port]() -> Task<Result<int>> {
    return [](asio::io_context* io, std::uint16_t to) -> Task<Result<int>> {
      asio::ip::tcp::socket socket(*io);
      const asio::ip::tcp::endpoint address(asio::ip::address_v4::loopback(), to);
      co_await socket.async_connect(address, asio::use_awaitable);
      co_return ::dup(socket.native_handle());
    }(&world.io, port);
  };
  Client client(endpoint, options());
  const Exchange exchange = world.run(client.send(get("/x")));
  EXPECT_TRUE(exchange.answered()) << exchange.failure.message;
}

/// Requests that are being answered at one moment.
struct Crowd {
  int now = 0;
  int most = 0;
};

sandbox::Task<sandbox::Response> crowded(std::shared_ptr<Crowd> crowd) {
  crowd->most = std::max(crowd->most, ++crowd->now);
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::milliseconds(2));
  co_await timer.async_wait(asio::use_awaitable);
  --crowd->now;
  co_return sandbox::Response::json(200, "{}");
}

TEST(Client, never_uses_more_connections_than_allowed) {
  World world;
  const auto crowd = std::make_shared<Crowd>();
  const auto listener = listen_plain(world, [crowd](sandbox::Request) { return crowded(crowd); });
  ClientOptions few = options();
  few.connections_max = 3;
  Client client(endpoint_of(*listener), few);
  int answered = 0;
  int ended = 0;
  for (int i = 0; i < 40; ++i) {
    asio::co_spawn(world.io, client.send(get("/x")), [&](std::exception_ptr, Exchange exchange) {
      ++ended;
      if (exchange.answered()) ++answered;
    });
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ended < 40 && std::chrono::steady_clock::now() < until)
    world.io.run_one_for(std::chrono::seconds(1));
  EXPECT_EQ(answered, 40);
  EXPECT_EQ(crowd->most, 3);
}

/// A CONNECT proxy for one tunnel: reads the head, dials `target`, and lets bytes through.
struct Proxy {
  explicit Proxy(asio::io_context& io)
      : acceptor(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        near(io),
        far(io) {}
  asio::ip::tcp::acceptor acceptor;
  asio::ip::tcp::socket near;
  asio::ip::tcp::socket far;
  std::uint16_t target = 0;
  std::string head;
};

Task<void> pump(std::shared_ptr<Proxy> /*keeps both*/, asio::ip::tcp::socket* from,
                asio::ip::tcp::socket* to) {
  std::vector<char> buffer(4096);
  while (true) {
    const auto space = asio::buffer(buffer.data(), buffer.size());
    const std::size_t count = co_await from->async_read_some(space, asio::use_awaitable);
    const auto bytes = asio::buffer(buffer.data(), count);
    co_await to->async_write_some(bytes, asio::use_awaitable);
  }
}

Task<void> serve_tunnel(std::shared_ptr<Proxy> proxy, std::string answer) {
  co_await proxy->acceptor.async_accept(proxy->near, asio::use_awaitable);
  while (proxy->head.find("\r\n\r\n") == std::string::npos) {
    char byte = 0;
    const auto space = asio::buffer(&byte, 1);
    co_await proxy->near.async_read_some(space, asio::use_awaitable);
    proxy->head.push_back(byte);
  }
  const asio::ip::tcp::endpoint address(asio::ip::address_v4::loopback(), proxy->target);
  co_await proxy->far.async_connect(address, asio::use_awaitable);
  const auto bytes = asio::buffer(answer);
  co_await proxy->near.async_write_some(bytes, asio::use_awaitable);
  const auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, pump(proxy, &proxy->near, &proxy->far), [](std::exception_ptr) {});
  asio::co_spawn(executor, pump(proxy, &proxy->far, &proxy->near), [](std::exception_ptr) {});
}

TEST(Client, goes_through_a_proxy_or_says_what_the_proxy_answered) {
  for (const bool open : {true, false}) {
    World world;
    const auto listener = listen_tls(world);
    const auto proxy = std::make_shared<Proxy>(world.io);
    proxy->target = listener->port();
    std::string answer = open ? "HTTP/1.1 200 Connection established\r\n\r\n"
                              : "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    asio::co_spawn(world.io, serve_tunnel(proxy, std::move(answer)), [](std::exception_ptr) {});
    Endpoint endpoint = endpoint_of(*listener, true);
    endpoint.host = "api.test";
    endpoint.tls_options.authorities_pem = certificates().authority.certificate_pem;
    endpoint.proxy =
        "http://joe:p%40ss@127.0.0.1:" + std::to_string(proxy->acceptor.local_endpoint().port());
    Client client(endpoint, options());
    Request request = get("/x");
    request.tries_max = 1;
    const Exchange exchange = world.run(client.send(request));
    EXPECT_EQ(exchange.answered(), open) << exchange.failure.message;
    EXPECT_NE(proxy->head.find("\r\nProxy-Authorization: Basic am9lOnBAc3M=\r\n"),
              std::string::npos);
    EXPECT_EQ(exchange.failure.message.find("p%40ss"), std::string::npos);
    EXPECT_TRUE(proxy->head.starts_with("CONNECT api.test:" + std::to_string(listener->port()) +
                                        " HTTP/1.1"));
    EXPECT_EQ(open, exchange.failure.message.find("407") == std::string::npos)
        << exchange.failure.message;
  }
}

}  // namespace
}  // namespace crosstie::http
