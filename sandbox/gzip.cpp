#include "sandbox/gzip.hpp"

#include <array>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace crosstie::sandbox {
namespace zlib = boost::beast::zlib;

namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kTrailerBytes = 8;  // CRC-32, length

/// Cuts the header off; false when it is none.
bool cut_header(std::string_view& packed) {
  constexpr unsigned kHeaderCrc = 2;
  constexpr unsigned kExtra = 4;
  constexpr unsigned kName = 8;
  constexpr unsigned kComment = 16;
  if (packed.size() < kHeaderBytes + kTrailerBytes || !packed.starts_with("\x1f\x8b\x08"))
    return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(packed[at]); };
  const unsigned flags = byte(3);
  std::size_t at = kHeaderBytes;
  if (flags & kExtra) {
    if (at + 2 > packed.size()) return false;
    at += 2u + byte(at) + 256u * byte(at + 1);
  }
  for (const unsigned text : {kName, kComment}) {
    if (!(flags & text)) continue;
    const std::size_t end = packed.find('\0', at);
    if (end == std::string_view::npos) return false;
    at = end + 1;
  }
  if (flags & kHeaderCrc) at += 2;
  if (at + kTrailerBytes > packed.size()) return false;
  packed.remove_prefix(at);
  return true;
}

}  // namespace

std::optional<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  if (!cut_header(packed)) return std::nullopt;
  zlib::inflate_stream stream;
  stream.reset(15);
  zlib::z_params state;
  state.next_in = packed.data();
  state.avail_in = packed.size();
  std::string plain;
  std::array<char, 16384> piece{};
  boost::system::error_code error;
  while (!error) {
    state.next_out = piece.data();
    state.avail_out = piece.size();
    stream.write(state, zlib::Flush::sync, error);
    plain.append(piece.data(), piece.size() - state.avail_out);
    if (plain.size() > bytes_max) return std::nullopt;
    if (!error && state.avail_out == piece.size()) return std::nullopt;  // the end is missing
  }
  if (error != zlib::error::end_of_stream || state.avail_in < kTrailerBytes) return std::nullopt;
  return plain;
}

}  // namespace crosstie::sandbox
