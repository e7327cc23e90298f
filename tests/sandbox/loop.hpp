#pragma once
// One io_context in one thread, and blocking clients for it.
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include "sandbox/context.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox::testing {

/// The sandbox's one thread. Everything that touches simulators goes through `run`.
class Loop {
 public:
  explicit Loop(double scale = 0)
      : context{{}, Clock(scale), Ids(1), {}}, work_(boost::asio::make_work_guard(io_)) {
    context.executor = io_.get_executor();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Loop() {
    work_.reset();
    io_.stop();
    thread_.join();
  }

  template <class Function>
  auto run(Function function) {
    using Result = decltype(function());
    std::packaged_task<Result()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }

  /// Runs one coroutine of the sandbox to its end.
  template <class T>
  T await(std::function<Task<T>()> start) {
    std::promise<T> promise;
    boost::asio::post(io_, [&] {
      boost::asio::co_spawn(io_, start(), [&promise](std::exception_ptr error, T value) {
        if (error) {
          promise.set_exception(error);
        } else {
          promise.set_value(std::move(value));
        }
      });
    });
    return promise.get_future().get();
  }

  std::unique_ptr<Listener> listen(ListenerOptions options, Handler handler) {
    return run([&] { return sandbox::listen(context, std::move(options), std::move(handler)); });
  }

 private:
  boost::asio::io_context io_;

 public:
  Context context;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// A listener that is closed on the loop's thread.
class OnLoop {
 public:
  OnLoop(Loop& loop, ListenerOptions options, Handler handler)
      : loop_(loop), listener_(loop.listen(std::move(options), std::move(handler))) {}
  ~OnLoop() {
    loop_.run([&] { listener_.reset(); });
  }
  std::uint16_t port() const { return listener_->port(); }
  Listener& operator*() { return *listener_; }

 private:
  Loop& loop_;
  std::unique_ptr<Listener> listener_;
};

/// A plain TCP client that sees the very bytes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }
  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  /// Reads until `end` was seen or the peer closed; returns what was read up to and with `end`.
  std::string read_until(const std::string& end) {
    while (pending_.find(end) == std::string::npos && fill()) {
    }
    const std::size_t at = pending_.find(end);
    const std::size_t length = at == std::string::npos ? pending_.size() : at + end.size();
    std::string text = pending_.substr(0, length);
    pending_.erase(0, length);
    return text;
  }
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
  }
  /// How the connection ended.
  boost::system::error_code last_error() const { return error_; }
  void close() { socket_.close(); }

 private:
  bool fill() {
    char bytes[4096];
    const std::size_t count = socket_.read_some(boost::asio::buffer(bytes), error_);
    pending_.append(bytes, count);
    return !error_;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string pending_;
  boost::system::error_code error_;
};

}  // namespace crosstie::sandbox::testing
