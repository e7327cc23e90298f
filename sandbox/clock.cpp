#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
namespace {

std::string format_utc(std::time_t seconds, int milliseconds) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text.data(), length);
  if (milliseconds >= 0) {
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03d", milliseconds % 1000);
    out += fraction.data();
  }
  return out + "Z";
}

}  // namespace

std::chrono::milliseconds Clock::scaled(std::chrono::milliseconds duration) const {
  const double wanted = static_cast<double>(duration.count()) * scale_;
  const double real = std::clamp(wanted, 0.0, std::max(0.0, static_cast<double>(duration.count())));
  return std::chrono::milliseconds(static_cast<std::int64_t>(real));
}

Task<void> Clock::wait(std::chrono::milliseconds duration) const {
  const std::chrono::milliseconds real = scaled(duration);
  const auto executor = co_await asio::this_coro::executor;
  if (real.count() == 0) {
    co_await asio::post(executor, asio::use_awaitable);
    co_return;
  }
  asio::steady_timer timer(executor, real);
  co_await timer.async_wait(asio::use_awaitable);
}

std::int64_t Clock::now_epoch_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string Clock::now_seconds() {
  return format_utc(static_cast<std::time_t>(now_epoch_ms() / 1000), -1);
}

std::string Clock::now_milliseconds() {
  const std::int64_t now = now_epoch_ms();
  return format_utc(static_cast<std::time_t>(now / 1000), static_cast<int>(now % 1000));
}

}  // namespace crosstie::sandbox
