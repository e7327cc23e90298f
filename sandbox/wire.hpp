#pragma once
// How an answer looks on the wire (HTTP/1.1, RFC 9112). Pure text, no sockets.
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/http.hpp"

namespace crosstie::sandbox {

/// How the end of a body is told.
enum class Framing { content_length, chunked, until_close };

/// Status line and headers with the empty line that ends them. `length` counts only with
/// Framing::content_length.
std::string format_head(const Response& response, Framing framing, std::size_t length,
                        bool keep_alive);
/// One piece of a chunked body. The empty piece is the end of the body.
std::string format_chunk(std::string_view piece);
/// "Not Found" for 404; "" for a status without a registered phrase.
std::string_view reason_phrase(int status);
/// True for the statuses that never carry a body (1xx, 204, 304).
bool is_bodiless(int status);
/// A plain-text answer of the listener itself.
Response plain_answer(int status, std::string_view text);

}  // namespace crosstie::sandbox
