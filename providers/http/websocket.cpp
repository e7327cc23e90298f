#include "providers/http/websocket.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "providers/http/request.hpp"

namespace crosstie::http::websocket {
namespace {

void append_big_endian(std::string& to, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    to.push_back(static_cast<char>(value >> shift & 255));
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const unsigned char c : bytes) value = value << 8 | c;
  return value;
}

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload, std::uint32_t mask) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode)));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(0x80 | 126));
    append_big_endian(frame, payload.size(), 2);
  } else {
    frame.push_back(static_cast<char>(0x80 | 127));
    append_big_endian(frame, payload.size(), 8);
  }
  append_big_endian(frame, mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(
        static_cast<char>(payload[i] ^ static_cast<char>(mask >> (8 * (3 - i % 4)) & 255)));
  }
  return frame;
}

std::string accept_for(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return base64_encode(std::string_view(reinterpret_cast<const char*>(digest), size));
}

std::optional<Message> Decoder::complete(bool final_fragment, Opcode opcode, std::string payload) {
  if (static_cast<std::uint8_t>(opcode) >= 8) return Message{opcode, std::move(payload)};
  if (opcode == Opcode::continuation) {
    if (!joined_) {
      failure_ = Failure{Failure::Kind::protocol, true, "a WebSocket fragment without a beginning"};
      return std::nullopt;
    }
    joined_->payload += payload;
  } else {
    joined_ = Message{opcode, std::move(payload)};
  }
  if (joined_->payload.size() > message_bytes_max_) {
    failure_ = Failure{Failure::Kind::too_large, true, "a WebSocket message is too large"};
    return std::nullopt;
  }
  if (!final_fragment) return std::nullopt;
  std::optional<Message> whole = std::move(joined_);
  joined_.reset();
  return whole;
}

std::optional<Message> Decoder::next() {
  while (!failure_) {
    if (pending_.size() < 2) return std::nullopt;
    const auto first = static_cast<unsigned char>(pending_[0]);
    const auto second = static_cast<unsigned char>(pending_[1]);
    if ((first & 0x70) != 0 || (second & 0x80) != 0) {
      failure_ = Failure{Failure::Kind::protocol, true, "a WebSocket frame with a wrong head"};
      return std::nullopt;
    }
    std::size_t head = 2;
    std::uint64_t size = second & 0x7f;
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      if (pending_.size() < 2 + width) return std::nullopt;
      size = big_endian(std::string_view(pending_).substr(2, width));
      head += width;
    }
    if (size > message_bytes_max_) {
      failure_ = Failure{Failure::Kind::too_large, true, "a WebSocket message is too large"};
      return std::nullopt;
    }
    if (pending_.size() < head + size) return std::nullopt;
    std::string payload = pending_.substr(head, size);
    pending_.erase(0, head + size);
    const auto opcode = static_cast<Opcode>(first & 0x0f);
    if (auto message = complete((first & 0x80) != 0, opcode, std::move(payload))) return message;
  }
  return std::nullopt;
}

}  // namespace crosstie::http::websocket
