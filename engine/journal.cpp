#include "engine/journal.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/result.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace asio = boost::asio;

struct Journal::Batch {
  explicit Batch(const asio::any_io_executor& executor)
      : committed(executor, asio::steady_timer::time_point::max()) {}
  std::vector<Operation> begins;
  std::vector<OperationEnd> ends;
  std::vector<ResourceRecord> records;
  std::vector<ResourceAddress> forgotten;
  Result<void> result;
  bool done = false;
  asio::steady_timer committed;  // never runs out; its cancellation is the news
};

Journal::Journal(asio::any_io_executor executor, StateStore& store)
    : executor_(std::move(executor)), store_(store) {}
Journal::~Journal() = default;

Journal::Batch& Journal::open_batch() {
  if (!open_) {
    open_ = std::make_shared<Batch>(executor_);
    asio::post(executor_, [this] { commit(); });
  }
  return *open_;
}

void Journal::commit() {
  const std::shared_ptr<Batch> batch = std::move(open_);
  open_.reset();
  // Outcomes first: if the disk fills up between, what happened is known and what was not begun is
  // not.
  if (!batch->ends.empty()) batch->result = store_.finish(batch->ends);
  if (batch->result.ok() && (!batch->records.empty() || !batch->forgotten.empty()))
    batch->result = store_.put(batch->records, batch->forgotten);
  if (batch->result.ok() && !batch->begins.empty()) batch->result = store_.begin(batch->begins);
  ++commits_;
  broken_ = broken_ || !batch->result.ok();
  batch->done = true;
  batch->committed.cancel();
}

asio::awaitable<Result<void>> Journal::wait_for(std::shared_ptr<Batch> batch) {
  boost::system::error_code ignored;
  while (!batch->done)
    co_await batch->committed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return batch->result;
}

asio::awaitable<Result<void>> Journal::begin(Operation operation) {
  open_batch().begins.push_back(std::move(operation));
  std::shared_ptr<Batch> batch = open_;
  co_return co_await wait_for(std::move(batch));
}

asio::awaitable<Result<void>> Journal::finish(OperationEnd end) {
  open_batch().ends.push_back(std::move(end));
  std::shared_ptr<Batch> batch = open_;
  co_return co_await wait_for(std::move(batch));
}

asio::awaitable<Result<void>> Journal::put(ResourceRecord record) {
  open_batch().records.push_back(std::move(record));
  std::shared_ptr<Batch> batch = open_;
  co_return co_await wait_for(std::move(batch));
}

asio::awaitable<Result<void>> Journal::forget(ResourceAddress address) {
  open_batch().forgotten.push_back(std::move(address));
  std::shared_ptr<Batch> batch = open_;
  co_return co_await wait_for(std::move(batch));
}

}  // namespace crosstie
