#include "sandbox/listener.hpp"

#include "loop.hpp"

namespace crosstie::sandbox {
namespace {

using testing::Loop;
using testing::OnLoop;
using testing::RawClient;

Task<Response> echo(Request request) {
  Response response;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

ListenerOptions plain() {
  ListenerOptions options;
  options.api = "test";
  return options;
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST(Listener, connection_is_kept_and_pipelined_requests_are_answered_in_order) {
  Loop loop;
  OnLoop listener(loop, plain(), echo);
  RawClient client(listener.port());
  client.send(
      "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "GET /two%20words HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  const std::size_t first = answers.find("POST /one hello");
  const std::size_t second = answers.find("GET /two words ");
  ASSERT_NE(first, std::string::npos) << answers;
  ASSERT_NE(second, std::string::npos) << answers;
  EXPECT_LT(first, second);
  EXPECT_NE(answers.find("Content-Length: 15\r\n"), std::string::npos) << answers;
}

TEST(Listener, head_has_the_length_but_no_body) {
  Loop loop;
  OnLoop listener(loop, plain(), echo);
  RawClient client(listener.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(Listener, expect_100_continue_is_answered_before_the_body_comes) {
  Loop loop;
  OnLoop listener(loop, plain(), echo);
  RawClient client(listener.port());
  client.send(
      "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(status_line(client.read_until("\r\n\r\n")), "HTTP/1.1 100 Continue");
  client.send("ok");
  EXPECT_NE(client.read_all().find("PUT /x ok"), std::string::npos);
}

TEST(Listener, requests_over_a_limit_or_broken_are_refused_with_their_status) {
  struct Case {
    std::string reason;
    std::string request;
    std::string status_line;
  };
  const std::vector<Case> cases = {
      {"body over the limit", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n",
       "HTTP/1.1 413 Request Entity Too Large"},
      {"chunked body over the limit",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello "
       "world\r\n0\r\n\r\n",
       "HTTP/1.1 413 Request Entity Too Large"},
      {"header over the limit",
       "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(600, 'x') + "\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large"},
      {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"bad escape in the target", "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 Bad Request"}};
  Loop loop;
  ListenerOptions options = plain();
  options.body_bytes_max = 10;
  options.header_bytes_max = 512;
  OnLoop listener(loop, options, echo);
  for (const Case& item : cases) {
    RawClient client(listener.port());
    client.send(item.request);
    EXPECT_EQ(status_line(client.read_until("\r\n\r\n")), item.status_line) << item.reason;
  }
}

TEST(Listener, elasticsearch_has_its_own_words_for_its_limits) {
  Loop loop;
  ListenerOptions options = plain();
  options.api = "elasticsearch";
  options.body_bytes_max = 10;
  OnLoop listener(loop, options, echo);
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(17000, 'x') + "\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 400 Bad Request");
  EXPECT_NE(answer.find("X-elastic-product: Elasticsearch"), std::string::npos);
  EXPECT_NE(answer.find("Content-Length: 223\r\n"), std::string::npos) << answer;  // as recorded
  EXPECT_NE(answer.find("too_long_http_header_exception"), std::string::npos);
  RawClient other(listener.port());
  other.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  const std::string refused = other.read_all();
  EXPECT_EQ(status_line(refused), "HTTP/1.1 413 Request Entity Too Large");
  EXPECT_NE(refused.find("Content-Length: 0\r\n"), std::string::npos) << refused;
}

Task<void> count_to_three(std::shared_ptr<BodyWriter> writer) {
  for (int number = 1; number <= 3; ++number) {
    std::string piece = std::to_string(number) + "\n";
    co_await writer->write(std::move(piece));
  }
}

Task<Response> stream_three(Request) {
  Response response;
  response.stream = count_to_three;
  co_return response;
}

TEST(Listener, stream_is_chunked_for_http_1_1_and_ends_with_the_connection_for_1_0) {
  Loop loop;
  OnLoop listener(loop, plain(), stream_three);
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n"));
  RawClient old(listener.port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = old.read_all();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n1\n2\n3\n")) << answer;
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
}

/// A stream that never writes again; tells when it is ended.
struct Forever {
  std::promise<void> ended;
  ~Forever() { ended.set_value(); }
};

Task<void> wait_forever(std::shared_ptr<Forever> forever) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::hours(1));
  co_await timer.async_wait(boost::asio::use_awaitable);
  forever.reset();
}

TEST(Listener, stream_that_waits_is_ended_when_the_client_leaves) {
  Loop loop;
  auto forever = std::make_shared<Forever>();
  auto ended = forever->ended.get_future();
  OnLoop listener(loop, plain(), [&forever](Request) -> Task<Response> {
    return [](std::shared_ptr<Forever> held) -> Task<Response> {
      Response response;
      response.stream = [held](std::shared_ptr<BodyWriter>) { return wait_forever(held); };
      co_return response;
    }(std::move(forever));
  });
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_until("\r\n\r\n");
  client.close();
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(Listener, close_ends_open_connections_and_takes_no_more) {
  Loop loop;
  OnLoop listener(loop, plain(), echo);
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_until("GET / ");
  loop.run([&] { (*listener).close(); });
  EXPECT_EQ(client.read_all(), "");
  EXPECT_THROW(RawClient(listener.port()), boost::system::system_error);
}

Task<Response> fail(Request) {
  throw std::runtime_error("out of cheese");
  co_return Response{};
}

TEST(Listener, exception_of_a_simulator_is_a_500_that_names_it) {
  Loop loop;
  OnLoop listener(loop, plain(), fail);
  RawClient client(listener.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 500 Internal Server Error");
  EXPECT_TRUE(answer.ends_with("The simulator of test failed: out of cheese\n")) << answer;
}

Task<Response> cut_half(Request) {
  Response response;
  response.body = "0123456789";
  response.cut = Cut::half_body;
  co_return response;
}

Task<Response> cut_at_once(Request) {
  Response response;
  response.cut = Cut::at_once;
  co_return response;
}

TEST(Listener, cut_answers_end_in_the_middle_or_before_the_first_byte) {
  Loop loop;
  OnLoop half(loop, plain(), cut_half);
  RawClient client(half.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n01234")) << answer;

  OnLoop none(loop, plain(), cut_at_once);
  RawClient other(none.port());
  other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(other.read_all(), "");
  EXPECT_EQ(other.last_error(), boost::asio::error::connection_reset);
}

}  // namespace
}  // namespace crosstie::sandbox
