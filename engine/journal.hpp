#pragma once
// The journal as coroutines see it: what is handed in during one turn of the event loop shares one
// commit on disk.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {

class Journal {
 public:
  Journal(boost::asio::any_io_executor executor, StateStore& store);
  ~Journal();

  /// Returns when the intent is on disk. Only then may the remote write be sent.
  boost::asio::awaitable<Result<void>> begin(Operation operation);
  /// Returns when the outcome is on disk. Only then may a dependent step begin.
  boost::asio::awaitable<Result<void>> finish(OperationEnd end);
  boost::asio::awaitable<Result<void>> put(ResourceRecord record);
  boost::asio::awaitable<Result<void>> forget(ResourceAddress address);

  /// Commits made so far; tests and benchmarks read it.
  int commits() const { return commits_; }
  /// A commit failed: nothing more may be sent to any service.
  bool broken() const { return broken_; }

 private:
  struct Batch;
  boost::asio::awaitable<Result<void>> wait_for(std::shared_ptr<Batch> batch);
  Batch& open_batch();
  void commit();

  boost::asio::any_io_executor executor_;
  StateStore& store_;
  std::shared_ptr<Batch> open_;  // shared with the coroutines that wait for its commit
  int commits_ = 0;
  bool broken_ = false;
};

}  // namespace crosstie
