#include "providers/http/response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "providers/http/request.hpp"

namespace crosstie::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::response_parser<beast_http::string_body>;
constexpr std::uint32_t kHeaderBytesMax = 64u << 10;

}  // namespace

struct ResponseReader::Impl {
  Impl(bool head, std::size_t max, bool no_limit)
      : answers_head(head), body_bytes_max(max), unlimited(no_limit) {
    renew();
  }

  void renew() {
    parser.emplace();
    parser->header_limit(kHeaderBytesMax);
    if (unlimited) {
      parser->body_limit(boost::none);
    } else {
      parser->body_limit(body_bytes_max);
    }
    parser->eager(true);
    parser->skip(answers_head);
  }

  Failure describe(const boost::system::error_code& error) const {
    if (error == beast_http::error::body_limit || error == beast_http::error::header_limit) {
      return {Failure::Kind::too_large, true,
              "the answer is larger than " + std::to_string(body_bytes_max) + " bytes"};
    }
    if (error == beast_http::error::partial_message || error == beast_http::error::end_of_stream) {
      return {Failure::Kind::reset, true, "the connection was closed in the middle of the answer"};
    }
    return {Failure::Kind::protocol, true, "this is no HTTP answer: " + error.message()};
  }

  bool answers_head;
  std::size_t body_bytes_max;
  bool unlimited;
  std::optional<Parser> parser;
  std::string pending;
};

ResponseReader::ResponseReader(bool answers_head, std::size_t body_bytes_max, bool unlimited)
    : impl_(std::make_unique<Impl>(answers_head, body_bytes_max, unlimited)) {}
ResponseReader::~ResponseReader() = default;

std::optional<Failure> ResponseReader::feed(std::string_view bytes) {
  impl_->pending.append(bytes);
  std::size_t used = 0;
  while (used < impl_->pending.size() && !impl_->parser->is_done()) {
    boost::system::error_code error;
    const std::size_t consumed = impl_->parser->put(
        boost::asio::buffer(impl_->pending.data() + used, impl_->pending.size() - used), error);
    used += consumed;
    if (error && error != beast_http::error::need_more) return impl_->describe(error);
    // 100 Continue and other interim answers come before the real one (RFC 9110, 15.2).
    if (impl_->parser->is_done() && status() >= 100 && status() < 200 && status() != 101) {
      impl_->renew();
      continue;
    }
    if (consumed == 0) break;
  }
  impl_->pending.erase(0, used);
  return std::nullopt;
}

std::optional<Failure> ResponseReader::finish() {
  if (impl_->parser->is_done()) return std::nullopt;
  boost::system::error_code error;
  if (!impl_->parser->got_some()) error = beast_http::error::end_of_stream;
  if (!error) impl_->parser->put_eof(error);
  if (error) return impl_->describe(error);
  return std::nullopt;
}

bool ResponseReader::head_done() const { return impl_->parser->is_header_done(); }
bool ResponseReader::done() const { return impl_->parser->is_done(); }
int ResponseReader::status() const { return static_cast<int>(impl_->parser->get().result_int()); }
bool ResponseReader::keep_alive() const {
  return impl_->parser->is_done() && impl_->parser->keep_alive();
}

std::string ResponseReader::take_body() {
  std::string body;
  body.swap(impl_->parser->get().body());
  return body;
}

std::string ResponseReader::take_rest() {
  std::string rest;
  rest.swap(impl_->pending);
  return rest;
}

Response ResponseReader::take_response() {
  Response response;
  response.status = status();
  for (const auto& field : impl_->parser->get()) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = take_body();
  return response;
}

}  // namespace crosstie::http
