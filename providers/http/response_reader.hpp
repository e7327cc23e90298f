#pragma once
// The reading side of one HTTP/1.1 exchange, without any socket: bytes in, head and body out.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "providers/http/request.hpp"

namespace crosstie::http {

class ResponseReader {
 public:
  /// `unlimited`: the body is taken piece by piece (a watch), so that its whole length has no
  /// limit.
  ResponseReader(bool answers_head, std::size_t body_bytes_max, bool unlimited = false);
  ~ResponseReader();

  /// Takes bytes as they come. Failure: too large, or no HTTP.
  std::optional<Failure> feed(std::string_view bytes);
  /// The peer ended the stream: fine for a body without a length, else the answer is cut off.
  std::optional<Failure> finish();

  bool head_done() const;
  bool done() const;
  int status() const;
  bool keep_alive() const;
  /// Takes what of the body has come.
  std::string take_body();
  /// Bytes after the end of the message (an upgraded connection's first ones).
  std::string take_rest();
  Response take_response();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosstie::http
