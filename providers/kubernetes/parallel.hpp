#pragma once
// Several coroutines at once, results in order. Cancelling the caller cancels them all.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// Shared by the caller and the workers, who may end after it.
template <class T>
struct ParallelState {
  explicit ParallelState(const boost::asio::any_io_executor& executor)
      : ended(executor, boost::asio::steady_timer::time_point::max()) {}
  std::vector<Task<T>> tasks;
  std::vector<std::optional<T>> results;
  std::size_t next = 0;
  std::size_t running = 0;
  boost::asio::steady_timer ended;
  std::exception_ptr error;
  std::vector<std::unique_ptr<boost::asio::cancellation_signal>> signals;
};

template <class T>
Task<void> parallel_work(std::shared_ptr<ParallelState<T>> state) {
  while (state->next < state->tasks.size()) {
    const std::size_t index = state->next++;
    Task<T> task = std::move(state->tasks[index]);
    state->results[index].emplace(co_await std::move(task));
  }
}

/// Runs `tasks`, at most `limit` at a time. Throws what one of them threw.
template <class T>
Task<std::vector<T>> run_all(std::vector<Task<T>> tasks, std::size_t limit) {
  namespace asio = boost::asio;
  struct Stop {
    std::shared_ptr<ParallelState<T>> state;
    ~Stop() {
      if (state->running == 0) return;
      state->next = state->tasks.size();
      for (const auto& signal : state->signals) signal->emit(asio::cancellation_type::terminal);
    }
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<ParallelState<T>>(executor);
  state->results.resize(tasks.size());
  state->tasks = std::move(tasks);
  const Stop stop{state};
  const std::size_t workers = std::min(limit, state->tasks.size());
  state->running = workers;
  for (std::size_t i = 0; i < workers; ++i) {
    state->signals.push_back(std::make_unique<asio::cancellation_signal>());
    auto done = [state](std::exception_ptr error) {
      if (error && !state->error) state->error = error;
      if (--state->running == 0) state->ended.cancel();
    };
    asio::co_spawn(executor, parallel_work<T>(state),
                   asio::bind_cancellation_slot(state->signals.back()->slot(), std::move(done)));
  }
  constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
  while (state->running > 0) (void)co_await state->ended.async_wait(kTuple);
  if (state->error) std::rethrow_exception(state->error);
  std::vector<T> results;
  results.reserve(state->results.size());
  for (std::optional<T>& result : state->results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace crosstie::kubernetes
