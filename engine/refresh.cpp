#include "engine/refresh.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/environment.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/plan.hpp"
#include "engine/planner.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace asio = boost::asio;
namespace {

struct Batch {
  std::string connection;
  std::vector<std::size_t> nodes;
  std::vector<ResourceRequest> requests;
  std::vector<Observation> answers;
};

Task<void> look(Batch& batch, Provider* provider) {
  std::vector<ResourceRequest> requests = std::move(batch.requests);
  batch.answers = co_await observe_batch(*provider, std::move(requests));
}

}  // namespace

Task<std::vector<Observation>> observe_batch(Provider& provider,
                                             std::vector<ResourceRequest> batch) {
  const std::size_t wanted = batch.size();
  std::vector<Observation> answers = co_await provider.observe(std::move(batch));
  if (answers.size() != wanted) {
    Observation broken;
    broken.presence = Presence::unreadable;
    broken.diagnostics.push_back(
        make_error("provider answered wrongly", "It was asked for " + std::to_string(wanted) +
                                                    " objects and told of " +
                                                    std::to_string(answers.size()) + "."));
    answers.assign(wanted, broken);
  }
  co_return answers;
}

Task<Result<Plan>> make_plan(Planner& planner, Environment environment) {
  std::size_t seen = 0;
  for (std::vector<Wanted> wanted = planner.advance(); !wanted.empty();
       wanted = planner.advance()) {
    std::map<std::string, Batch> batches;
    for (Wanted& one : wanted) {
      Batch& batch = batches[one.connection];
      batch.nodes.push_back(one.node);
      batch.requests.push_back(std::move(one.request));
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    using Look = decltype(asio::co_spawn(executor, Task<void>(), asio::deferred));
    std::vector<Look> looks;
    for (auto& [connection, batch] : batches) {
      Provider* provider = environment.provider(connection);
      looks.push_back(asio::co_spawn(executor, look(batch, provider), asio::deferred));
    }
    auto group = asio::experimental::make_parallel_group(std::move(looks));
    auto [order, failures] =
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::exception_ptr& failure : failures)
      if (failure) std::rethrow_exception(failure);
    for (auto& [connection, batch] : batches) {
      for (std::size_t i = 0; i < batch.nodes.size(); ++i)
        planner.supply(batch.nodes[i], std::move(batch.answers[i]));
      seen += batch.nodes.size();
    }
    if (environment.events != nullptr) environment.events->observing(seen, seen);
  }
  co_return planner.finish();
}

Task<Diagnostics> server_check(const Plan& plan, Environment environment) {
  Diagnostics refused;
  for (const Change& change : plan.changes) {
    const bool writes = change.action == Action::create || change.action == Action::update;
    const bool known = !change.unchecked && !change.after.contains_unknown();
    if (!writes || !known || change.reason == Reason::not_settled ||
        change.kind != ResourceKind::managed)
      continue;
    WriteRequest request;
    request.resource.address = change.address;
    request.resource.type = change.type;
    request.resource.desired = change.after;
    request.resource.prior = change.prior;
    request.resource.adoption = change.adoption;
    request.resource.lineage = plan.lineage;
    request.approved = change.approved;
    request.difference.fields = change.fields;
    Provider* provider = environment.provider(change.connection);
    Diagnostics why = co_await provider->server_check(std::move(request));
    append(refused, with_address(std::move(why), change.address.print()));
  }
  co_return refused;
}

}  // namespace crosstie
