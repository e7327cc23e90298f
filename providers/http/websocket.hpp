#pragma once
// WebSocket (RFC 6455) as a client speaks it, without any socket: frames to bytes and back.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "providers/http/request.hpp"

namespace crosstie::http::websocket {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

struct Message {
  Opcode opcode = Opcode::binary;
  std::string payload;
};

/// One final frame, masked with `mask` (section 5.3: a client masks every frame).
std::string encode_frame(Opcode opcode, std::string_view payload, std::uint32_t mask);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2).
std::string accept_for(const std::string& key);

/// Bytes in, whole messages out; joins fragments.
class Decoder {
 public:
  explicit Decoder(std::size_t message_bytes_max = 16u << 20)
      : message_bytes_max_(message_bytes_max) {}
  void feed(std::string_view bytes) { pending_.append(bytes); }
  /// The next message, nullopt when more bytes are needed or `failure` is set.
  std::optional<Message> next();
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  std::optional<Message> complete(bool final_fragment, Opcode opcode, std::string payload);

  std::size_t message_bytes_max_;
  std::string pending_;
  std::optional<Message> joined_;
  std::optional<Failure> failure_;
};

}  // namespace crosstie::http::websocket
