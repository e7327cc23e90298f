#pragma once
// Runs one coroutine to its end. Apart from session.hpp, because it costs Asio's co_spawn.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

namespace crosstie {

template <class T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}

template <class T>
T run_task(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
  std::optional<T> out;
  std::exception_ptr failure;
  bool done = false;
  boost::asio::co_spawn(io, keep_result(std::move(task), out), [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  io.restart();
  while (!done)    // NOLINT(bugprone-infinite-loop): the handler above ends it
    io.run_one();  // returns as soon as the task ends; what others left behind does not hold it up
  if (failure) std::rethrow_exception(failure);
  return std::move(*out);
}

}  // namespace crosstie
