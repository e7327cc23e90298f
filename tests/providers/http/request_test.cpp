#include "providers/http/request.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "providers/http/client.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/websocket.hpp"

namespace crosstie::http {
namespace {

TEST(Base64, decodes_what_it_encodes) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const auto back = base64_decode(base64_encode(bytes));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == bytes);
  }));
}

TEST(Base64, refuses_what_is_no_base64) {
  for (const char* bad : {"a", "ab", "abc", "a===", "ab=c", "a b=", "!!!!", "YQ=", "YQ==="})
    EXPECT_FALSE(base64_decode(bad)) << bad;
  EXPECT_EQ(base64_decode("YQ==\n"), "a");
  EXPECT_EQ(base64_decode(""), "");
}

TEST(PercentEncode, keeps_only_unreserved_characters) {
  EXPECT_EQ(percent_encode("a-b_c.~/ä:"), "a-b_c.~%2F%C3%A4%3A");
}

TEST(Endpoint, is_read_from_a_url) {
  const auto plain = parse_endpoint("https://10.0.0.1:6443");
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(plain->tls);
  EXPECT_EQ(plain->host, "10.0.0.1");
  EXPECT_EQ(plain->port, 6443);
  EXPECT_EQ(plain->base_path, "");
  const auto six = parse_endpoint("http://[2001:db8::7]/k8s/clusters/c1/");
  ASSERT_TRUE(six.ok());
  EXPECT_FALSE(six->tls);
  EXPECT_EQ(six->host, "2001:db8::7");
  EXPECT_EQ(six->port, 80);
  EXPECT_EQ(six->base_path, "/k8s/clusters/c1");
}

TEST(Endpoint, refuses_other_addresses_without_repeating_a_password) {
  for (const char* bad :
       {"", "example.org", "ftp://example.org", "https://", "https://h:99999", "https://h/?q=1"}) {
    EXPECT_FALSE(parse_endpoint(bad).ok()) << bad;
  }
  const auto secret = parse_endpoint("https://user:hunter2@example.org");
  ASSERT_FALSE(secret.ok());
  EXPECT_EQ(format_diagnostics(secret.failure()).find("hunter2"), std::string::npos);
}

TEST(Describe, names_method_path_status_message_and_request_id_but_no_query) {
  Request request;
  request.target = "/api/v1/secrets?token=hunter2";
  const Response response{403, {{"X-Request-Id", "r-17"}}, "secret body"};
  const std::string text = format_diagnostic(
      describe_status("Kubernetes API at https://k:1", request, response, "no, you may not"));
  for (const char* part :
       {"GET /api/v1/secrets", "403", "no, you may not", "r-17", "Kubernetes API at https://k:1"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_EQ(text.find("secret body"), std::string::npos);
}

TEST(Describe, names_only_the_host_of_a_redirect) {
  const Response response{302, {{"Location", "https://u:p@login.example.org/sso?x=hunter2"}}, ""};
  const std::string text = format_diagnostic(describe_status("S", Request{}, response, ""));
  EXPECT_NE(text.find("login.example.org"), std::string::npos);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_EQ(text.find("u:p"), std::string::npos);
}

TEST(Describe, says_that_a_write_may_have_taken_effect) {
  Request request;
  request.method = "PATCH";
  const Failure lost{Failure::Kind::reset, true, "reading from k:1 broke"};
  EXPECT_NE(describe_failure("S", request, lost).detail.find("may have taken effect"),
            std::string::npos);
  request.method = "GET";
  EXPECT_EQ(describe_failure("S", request, lost).detail.find("may have taken effect"),
            std::string::npos);
}

TEST(ResponseReader, gives_the_same_whatever_the_cuts) {
  const std::string wire =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-A: "
      "b\r\n\r\n4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n";
  EXPECT_TRUE(rc::check([&](std::uint8_t step) {
    ResponseReader reader(false, 1000);
    const std::size_t size = step % 20 + 1u;
    for (std::size_t at = 0; at < wire.size(); at += size)
      RC_ASSERT(!reader.feed(std::string_view(wire).substr(at, size)));
    RC_ASSERT(reader.done());
    const Response response = reader.take_response();
    RC_ASSERT(response.status == 201);
    RC_ASSERT(response.body == "wikipedia");
    RC_ASSERT(response.header("x-a") == "b");
  }));
}

TEST(ResponseReader, tells_a_cut_off_answer_from_a_whole_one) {
  ResponseReader cut(false, 1000);
  EXPECT_FALSE(cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  const auto failure = cut.finish();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Failure::Kind::reset);
  ResponseReader whole(false, 1000);
  EXPECT_FALSE(whole.feed("HTTP/1.0 200 OK\r\n\r\nall of it"));
  EXPECT_FALSE(whole.finish());
  EXPECT_EQ(whole.take_response().body, "all of it");
}

TEST(ResponseReader, has_a_limit) {
  ResponseReader reader(false, 10);
  const auto failure = reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Failure::Kind::too_large);
}

TEST(ResponseReader, refuses_what_is_no_http) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    ResponseReader reader(false, 1000);
    const auto failure = reader.feed(bytes);
    RC_ASSERT(failure.has_value() || !reader.done());
  }));
}

TEST(WebSocket, accept_key_is_that_of_the_rfc) {
  EXPECT_EQ(websocket::accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, masks_as_the_rfc_shows) {
  EXPECT_EQ(websocket::encode_frame(websocket::Opcode::text, "Hello", 0x37fa213d),
            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(WebSocket, joins_fragments_and_lets_a_ping_through_between) {
  websocket::Decoder decoder;
  decoder.feed(
      std::string_view("\x02\x03"
                       "abc"
                       "\x89\x01"
                       "p"
                       "\x80\x02"
                       "de",
                       12));
  const auto ping = decoder.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode, websocket::Opcode::ping);
  const auto whole = decoder.next();
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->payload, "abcde");
  EXPECT_FALSE(decoder.next());
  EXPECT_FALSE(decoder.failure());
}

TEST(WebSocket, refuses_masked_and_oversized_frames) {
  websocket::Decoder masked;
  masked.feed(
      "\x82\x81"
      "abcde");
  EXPECT_FALSE(masked.next());
  EXPECT_TRUE(masked.failure());
  websocket::Decoder large(10);
  large.feed(
      "\x82\x0b"
      "x");
  EXPECT_FALSE(large.next());
  ASSERT_TRUE(large.failure());
  EXPECT_EQ(large.failure()->kind, Failure::Kind::too_large);
}

}  // namespace
}  // namespace crosstie::http
