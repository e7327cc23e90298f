#include "providers/http/retry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace crosstie::http {
namespace {

using std::chrono::milliseconds;

struct Row {
  const char* reason;
  int status;  // 0: failure
  Failure::Kind kind;
  bool sent;
  Repeat repeat;
  int attempt;
  bool again;
};

constexpr auto kReset = Failure::Kind::reset;

const Row kRows[] = {
    {"a good answer ends it", 200, kReset, false, Repeat::safe, 1, false},
    {"a refusal is an answer", 403, kReset, false, Repeat::safe, 1, false},
    {"a conflict is the caller's to solve", 409, kReset, false, Repeat::safe, 1, false},
    {"500 of a read is a hiccup", 500, kReset, false, Repeat::safe, 1, true},
    {"429 was not processed, even for a create", 429, kReset, false, Repeat::unsafe, 1, true},
    {"502 of a repeatable request", 502, kReset, false, Repeat::safe, 1, true},
    {"502 of a create may have created", 502, kReset, false, Repeat::unsafe, 1, false},
    {"503 of a repeatable request", 503, kReset, false, Repeat::safe, 4, true},
    {"504 of a create may have created", 504, kReset, false, Repeat::unsafe, 1, false},
    {"the last try is the last", 503, kReset, false, Repeat::safe, 5, false},
    {"reset after sending, repeatable", 0, kReset, true, Repeat::safe, 1, true},
    {"reset after sending a create", 0, kReset, true, Repeat::unsafe, 1, false},
    {"reset before anything was sent", 0, kReset, false, Repeat::unsafe, 1, true},
    {"refused connection", 0, Failure::Kind::connect, false, Repeat::unsafe, 1, true},
    {"name not found", 0, Failure::Kind::dns, false, Repeat::safe, 2, true},
    {"time-out, repeatable, once", 0, Failure::Kind::timeout, true, Repeat::safe, 1, true},
    {"time-outs are costly", 0, Failure::Kind::timeout, true, Repeat::safe, 2, false},
    {"time-out of a create", 0, Failure::Kind::timeout, true, Repeat::unsafe, 1, false},
    {"a wrong certificate stays wrong", 0, Failure::Kind::tls, false, Repeat::safe, 1, false},
    {"no HTTP stays no HTTP", 0, Failure::Kind::protocol, true, Repeat::safe, 1, false},
    {"too large stays too large", 0, Failure::Kind::too_large, true, Repeat::safe, 1, false},
    {"cancelled is cancelled", 0, Failure::Kind::cancelled, true, Repeat::safe, 1, false},
};

TEST(Retry, decides_by_the_table) {
  for (const Row& row : kRows) {
    Request request;
    request.repeat = row.repeat;
    Exchange exchange;
    if (row.status != 0) {
      exchange.response = Response{row.status, {}, {}};
    } else {
      exchange.failure = Failure{row.kind, row.sent, "x"};
    }
    EXPECT_EQ(next_try(request, exchange, row.attempt, 42).has_value(), row.again) << row.reason;
  }
}

TEST(Retry, leaves_500_of_a_write_alone_because_it_says_nothing_about_what_was_done) {
  Request request;
  request.method = "PUT";
  Exchange exchange;
  exchange.response = Response{500, {}, {}};
  EXPECT_FALSE(next_try(request, exchange, 1, 42));
}

std::optional<milliseconds> after(std::vector<std::pair<std::string, std::string>> headers,
                                  int status = 429) {
  Exchange exchange;
  exchange.response = Response{status, std::move(headers), {}};
  return next_try(Request{}, exchange, 1, 0);
}

TEST(Retry, waits_as_long_as_retry_after_says) {
  EXPECT_EQ(after({{"Retry-After", "3"}}), milliseconds(3000));
  EXPECT_EQ(after({{"Retry-After", "7"}}, 503), milliseconds(7000));
  EXPECT_EQ(after({{"Retry-After", "Tue, 24 Nov 2026 17:00:30 GMT"},
                   {"Date", "Tue, 24 Nov 2026 17:00:10 GMT"}}),
            milliseconds(20000));
}

TEST(Retry, ignores_a_retry_after_that_makes_no_sense) {
  EXPECT_EQ(after({{"Retry-After", "soon"}}), after({}));
  EXPECT_EQ(after({{"Retry-After", "Tue, 24 Nov 2026 17:00:30 GMT"}}), after({}));
}

TEST(Retry, stops_when_the_service_wants_too_long_a_wait) {
  EXPECT_FALSE(after({{"Retry-After", "3600"}}));
}

TEST(Retry, waits_grow_and_stay_below_the_longest) {
  EXPECT_TRUE(rc::check([](std::uint64_t random) {
    Request request;
    request.tries_max = 40;
    Exchange exchange;
    exchange.response = Response{503, {}, {}};
    const int attempt = static_cast<int>(random % 39) + 1;
    const auto wait = next_try(request, exchange, attempt, random);
    RC_ASSERT(wait.has_value());
    RC_ASSERT(wait->count() >= 100);
    RC_ASSERT(wait->count() <= 20000);
    if (attempt == 1) RC_ASSERT(wait->count() <= 200);
  }));
}

}  // namespace
}  // namespace crosstie::http
