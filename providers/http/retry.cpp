#include "providers/http/retry.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>

#include "providers/http/request.hpp"

namespace crosstie::http {
namespace {

using std::chrono::milliseconds;

/// Tries after a time-out or an unreachable address: each costs its whole deadline, so that fewer
/// are made.
constexpr int kSlowTriesMax = 2;

std::optional<std::time_t> parse_http_date(const std::string& text) {
  std::tm fields{};
  // IMF-fixdate, the one form that RFC 9110 (5.6.7) lets a server send.
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
  if (end == nullptr) return std::nullopt;
  return timegm(&fields);
}

/// Retry-After in seconds or as a date. A date counts from the answer's own Date header, so that no
/// clock is read here.
std::optional<milliseconds> retry_after(const Response& response) {
  const std::string text = response.header("retry-after");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return seconds < 0 ? milliseconds{0}
                       : milliseconds{std::min<std::int64_t>(seconds, 1000000) * 1000};
  }
  const auto until = parse_http_date(text);
  const auto now = parse_http_date(response.header("date"));
  if (!until || !now) return std::nullopt;
  return milliseconds{std::max<std::int64_t>(0, *until - *now) * 1000};
}

/// Exponential with full jitter over its upper half: between half and all of first * 2^(attempt-1).
milliseconds backoff(int attempt, std::uint64_t random, const RetryLimits& limits) {
  std::int64_t wait = std::max<std::int64_t>(1, limits.first.count());
  for (int i = 1; i < attempt && wait < limits.longest.count(); ++i) wait *= 2;
  wait = std::min<std::int64_t>(wait, limits.longest.count());
  const std::int64_t half = wait / 2;
  return milliseconds{
      half + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(wait - half + 1))};
}

bool is_worth_repeating(const Request& request, const Failure& failure, int attempt) {
  const bool harmless = request.repeat == Repeat::safe || !failure.sent;
  switch (failure.kind) {
    case Failure::Kind::reset:
      return harmless;
    case Failure::Kind::dns:
    case Failure::Kind::connect:
      return harmless && !failure.sent;
    case Failure::Kind::timeout:
      return harmless && attempt < kSlowTriesMax;
    case Failure::Kind::tls:
    case Failure::Kind::protocol:
    case Failure::Kind::too_large:
    case Failure::Kind::cancelled:
    case Failure::Kind::unsendable:
      return false;
  }
  return false;
}

}  // namespace

std::optional<milliseconds> next_try(const Request& request, const Exchange& exchange, int attempt,
                                     std::uint64_t random, const RetryLimits& limits) {
  if (attempt >= request.tries_max) return std::nullopt;
  if (!exchange.answered()) {
    if (!is_worth_repeating(request, exchange.failure, attempt)) return std::nullopt;
    return backoff(attempt, random, limits);
  }
  const Response& response = *exchange.response;
  const bool refused_unprocessed = response.status == 429;
  // 500 to a write may be a refusal that stays (an admission webhook); to a read it is a hiccup.
  const bool unavailable = response.status == 502 || response.status == 503 ||
                           response.status == 504 ||
                           (response.status == 500 && request.method == "GET");
  if (!refused_unprocessed && !(unavailable && request.repeat == Repeat::safe)) return std::nullopt;
  if (response.status == 429 || response.status == 503) {
    if (const auto asked = retry_after(response)) {
      if (*asked > limits.retry_after_max) return std::nullopt;
      return std::max(*asked, backoff(1, random, limits));
    }
  }
  return backoff(attempt, random, limits);
}

}  // namespace crosstie::http
