#pragma once
// Runs one coroutine on an io_context that also serves the sandbox's listeners.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "providers/http/client.hpp"
#include "sandbox/context.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::testing {

constexpr std::chrono::seconds kRunMax{60};

/// One thread, one io_context, a sandbox context on it.
struct World {
  boost::asio::io_context io;
  sandbox::Context context{io.get_executor(), sandbox::Clock(0.0), sandbox::Ids(7),
                           sandbox::Network{}};

  template <class T>
  T run(http::Task<T> task) {
    std::optional<T> result;
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io, keep(std::move(task), &result), [&](std::exception_ptr error) {
      thrown = error;
      done = true;
    });
    const auto until = std::chrono::steady_clock::now() + kRunMax;
    while (!done && std::chrono::steady_clock::now() < until) {
      io.restart();
      io.run_one_for(std::chrono::seconds(1));
    }
    if (thrown) std::rethrow_exception(thrown);
    if (!result) throw std::runtime_error("the coroutine did not end in time");
    return std::move(*result);
  }

 private:
  template <class T>
  static http::Task<void> keep(http::Task<T> task, std::optional<T>* to) {
    to->emplace(co_await std::move(task));
  }
};

inline http::Request get(std::string target) {
  http::Request request;
  request.target = std::move(target);
  return request;
}

}  // namespace crosstie::testing
