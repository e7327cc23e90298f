// elasticsearch.link_probe: proves that a link works: connected, the right model, a search
// answered.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/link_view.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kTimeoutSeconds = 300;
constexpr std::int64_t kTimeoutSecondsMax = 3600;
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{5000};
// A search through a dead required remote was seen to hang for over 60 s (facts, section 3): each
// probe has its own deadline.
constexpr std::chrono::seconds kSearchTimeout{20};
// A link answers for the node that was asked; a load balancer leads each look to another one.
constexpr int kLooks = 3;

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.link_probe";
  schema.kind = ResourceKind::check;
  schema.summary = "Proves that a remote cluster is connected and answers a search.";
  AttributeSchema model =
      required(attribute("model", Type::string, "Model that the link must use."));
  model.allowed = {"api_key", "certificate"};
  schema.attributes = {
      cluster_argument(),
      required(attribute("alias", Type::string, "Name of the remote cluster on the local one.")),
      model,
      attribute("search", Type::string,
                "Index expression to search with size 0, such as logs:*; absent: no search."),
      attribute("timeout_seconds", Type::number, "How long the proof is tried, 300 when absent."),
      computed("connected", Type::boolean, "The proof was given."),
      computed("remote_version", Type::string, "Stack version of the remote."),
      computed("cluster_credentials", Type::boolean, "An API key is in use."),
  };
  return schema;
}

Task<LinkView> look_at(ClusterLook& look, std::string alias, std::string search) {
  const Answer* resolved = co_await look.resolved();
  const Answer* info = co_await look.remote_info();
  LinkView view = read_link(alias, resolved->body, info->body);
  if (!info->ok()) view.error_text += info->diagnostics.front().detail + "\n";
  if (!resolved->ok()) view.error_text += resolved->reason + "\n";
  if (search.empty() || !view.listed) co_return view;
  std::string target = "/" + http::percent_encode(search) +
                       "/_search?size=0&allow_no_indices=true&ignore_unavailable=true";
  Answer answer = co_await look.cluster().probe(std::move(target), kSearchTimeout);
  read_search(view, answer.status, answer.body);
  co_return view;
}

Value attributes_of(const Value& arguments, const LinkView& view, bool proven) {
  Value attributes;
  for (const char* name : {"cluster", "alias", "model", "search", "timeout_seconds"})
    if (const Value* value = arguments.find(name)) attributes.set(name, *value);
  attributes.set("connected", proven);
  attributes.set("remote_version", view.remote_version);
  attributes.set("cluster_credentials", view.credentials);
  return attributes;
}

std::string joined(const std::vector<std::string>& checks) {
  std::string text;
  for (const std::string& check : checks) text += (text.empty() ? "" : ", ") + check;
  return text;
}

Diagnostic not_proven(const std::string& title, const LinkView& view, const Finding& finding) {
  return make_error("link is not proven",
                    "Link " + view.alias + " of " + title + " does not work: " + finding.cause +
                        ". Checks made: " + joined(finding.checks) + ".",
                    finding.cure);
}

struct Proof {
  LinkView view;
  Finding finding;
};

/// kLooks fresh looks in a row, ended by the first that is no proof.
Task<Proof> prove(std::shared_ptr<Cluster> cluster, Value arguments) {
  const std::string alias = arguments.text("alias");
  const std::string search = arguments.text("search");
  Proof proof;
  for (int i = 0; i < kLooks; ++i) {
    std::vector<std::string> probed{alias};
    ClusterLook look(cluster, std::move(probed), {});
    std::string expression = i == 0 ? search : std::string();
    std::string name = alias;
    LinkView view = co_await look_at(look, std::move(name), std::move(expression));
    proof.finding = judge_link(view, arguments.text("model"));
    const bool first = i == 0;
    if (first || !proof.finding.proven) proof.view = std::move(view);
    if (!proof.finding.proven) break;
  }
  co_return proof;
}

milliseconds timeout_of(const Value& arguments) {
  const Value* seconds = arguments.find("timeout_seconds");
  const bool given = seconds != nullptr && seconds->is_integer();
  const std::int64_t wanted = given ? seconds->as_integer() : kTimeoutSeconds;
  return std::chrono::seconds(std::clamp<std::int64_t>(wanted, 0, kTimeoutSecondsMax));
}

class LinkProbeType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return link_probe_schema(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    Difference difference;
    compare_cluster(difference, request);
    for (FieldDifference& field : difference.fields)
      field.replace = false;  // a proof is run again, not replaced
    for (const char* name : {"alias", "model", "search"})
      compare(difference, name, request.desired.find(name), observed.attributes.find(name));
    const Value proven(true);
    compare(difference, "connected", &proven, observed.attributes.find("connected"), false,
            observed.reason);
    return difference;
  }

  Forecast forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                    const std::string& action) const override {
    Forecast forecast;
    if (action != "delete")
      forecast.waits_for = "a proof over TLS: connected, key in use, a search answered";
    return forecast;
  }

  /// Without a record there is no proof yet, whatever the link does.
  Task<Observation> observe(ResourceRequest request, ClusterLook& look) override {
    Observation observation;
    if (!request.prior) co_return observation;
    const Value arguments = identity_of(request);
    std::string alias = arguments.text("alias");
    std::string search = arguments.text("search");
    LinkView view = co_await look_at(look, std::move(alias), std::move(search));
    const Answer* info = co_await look.remote_info();
    if (!info->ok()) co_return unreadable(*info);
    const Finding finding = judge_link(view, arguments.text("model"));
    observation.presence = Presence::present;
    observation.attributes = attributes_of(arguments, view, finding.proven);
    observation.reason = finding.cause;
    co_return observation;
  }

  Task<WriteResult> create(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await run(std::move(request), std::move(cluster));
  }
  Task<WriteResult> update(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await run(std::move(request), std::move(cluster));
  }
  Task<WriteResult> remove(WriteRequest /*request*/,
                           std::shared_ptr<Cluster> /*cluster*/) override {
    co_return WriteResult::done({});
  }
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress,
                             std::shared_ptr<Cluster> cluster) override;

 private:
  Task<WriteResult> run(WriteRequest request, std::shared_ptr<Cluster> cluster);
};

/// One proof; when it fails, `settle` goes on trying, where the wait can be seen.
Task<WriteResult> LinkProbeType::run(WriteRequest request, std::shared_ptr<Cluster> cluster) {
  Value arguments = request.resource.desired;
  Proof proof = co_await prove(std::move(cluster), std::move(arguments));
  Outcome outcome;
  outcome.attributes = attributes_of(request.resource.desired, proof.view, proof.finding.proven);
  if (!proof.finding.proven) outcome.token.set("not_proven", proof.finding.cause);
  co_return WriteResult::done(std::move(outcome));
}

Task<Result<Value>> LinkProbeType::settle(WaitRequest request, ProgressSink& progress,
                                          std::shared_ptr<Cluster> cluster) {
  const Value arguments =
      request.resource.desired.is_object() ? request.resource.desired : request.attributes;
  const auto deadline =
      steady_clock::now() + std::min(timeout_of(arguments), request.limits.object);
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  milliseconds interval = kFirstPause;
  std::string cause;
  auto cause_since = steady_clock::now();
  for (;;) {
    Value copy = arguments;
    Proof proof = co_await prove(cluster, std::move(copy));
    if (proof.finding.proven) co_return attributes_of(arguments, proof.view, true);
    const auto now = steady_clock::now();
    if (proof.finding.cause != cause) {
      cause = proof.finding.cause;
      cause_since = now;
    }
    const bool held = proof.finding.definite && now - cause_since >= request.limits.failure_holds;
    if (held || now >= deadline) co_return not_proven(cluster->title(), proof.view, proof.finding);
    WaitState state;
    state.condition = "link " + proof.view.alias;
    state.value = proof.view.connected ? "connected, not proven" : "not connected";
    state.detail = cause;
    progress.waiting(request.resource.address, state);
    timer.expires_after(interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
    interval = std::min(interval + interval / 2, kLongestPause);
  }
}

}  // namespace

const ResourceSchema& link_probe_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_link_probe_type() { return std::make_unique<LinkProbeType>(); }

}  // namespace crosstie::elasticsearch
