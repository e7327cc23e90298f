#pragma once
// When to try again: a pure decision.
#include <chrono>
#include <cstdint>
#include <optional>

#include "providers/http/request.hpp"

namespace crosstie::http {

struct RetryLimits {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds longest{20000};
  std::chrono::milliseconds retry_after_max{120000};
};

/// Wait before the next try, nullopt to stop. 429 and 503 honour Retry-After (seconds or date);
/// 502, 503, 504 and resets only where repeating is safe, or where the request was surely not sent;
/// 500 only for reads.
/// `attempt` counts from 1; `random` jitters.
std::optional<std::chrono::milliseconds> next_try(const Request& request, const Exchange& exchange,
                                                  int attempt, std::uint64_t random,
                                                  const RetryLimits& limits = {});

}  // namespace crosstie::http
