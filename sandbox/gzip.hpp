#pragma once
// Compressed bodies.
#include <optional>
#include <string>
#include <string_view>

namespace crosstie::sandbox {

/// What one gzip member (RFC 1952) holds; nothing when it is broken or more than `bytes_max`.
std::optional<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace crosstie::sandbox
