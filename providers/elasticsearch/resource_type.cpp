#include "providers/elasticsearch/resource_type.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/end.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

constexpr std::size_t kTargetBytesMax = 3500;  // a request line may have 4096 (facts, section 8)
constexpr std::chrono::seconds kResolveTimeout{15};

Diagnostic read_only(const std::string& type) {
  return make_error("resource type is only read",
                    "A resource of type " + type + " cannot be written.");
}

}  // namespace

ClusterLook::ClusterLook(std::shared_ptr<Cluster> cluster, std::vector<std::string> probed,
                         std::vector<std::string> roles)
    : cluster_(std::move(cluster)), probed_(std::move(probed)), roles_names_(std::move(roles)) {}

Task<const Answer*> ClusterLook::settings() {
  if (!settings_) {
    std::string target = "/_cluster/settings?flat_settings=true";
    settings_ = co_await cluster_->get(std::move(target));
  }
  co_return &*settings_;
}

Task<const Answer*> ClusterLook::resolved() {
  if (resolved_) co_return &*resolved_;
  Answer all;
  all.body = nlohmann::json::object();
  std::vector<std::vector<std::string>> questions;
  std::size_t bytes = 0;
  for (const std::string& alias : probed_) {
    if (questions.empty() || bytes > kTargetBytesMax) questions.emplace_back(), bytes = 0;
    questions.back().push_back(alias);
    bytes += http::percent_encode(alias).size() + 3;
  }
  while (!questions.empty()) {
    const std::vector<std::string> aliases = std::move(questions.back());
    questions.pop_back();
    std::string target = "/_resolve/cluster/";
    for (const std::string& alias : aliases)
      target += (&alias == &aliases.front() ? "" : ",") + http::percent_encode(alias) + ":*";
    Answer some = co_await cluster_->probe(std::move(target), kResolveTimeout);
    if (some.ok()) {
      if (some.body.is_object()) all.body.update(some.body);
    } else if (some.status == 404 && aliases.size() > 1) {
      // One alias that does not exist spoils the answer for all.
      for (const std::string& alias : aliases) questions.push_back({alias});
    } else {
      all.diagnostics = some.diagnostics;
      all.status = some.status;
      all.reason = some.reason;
    }
  }
  resolved_ = std::move(all);
  co_return &*resolved_;
}

Task<const Answer*> ClusterLook::remote_info() {
  if (remote_info_) co_return &*remote_info_;
  // A link does not reconnect by itself: only being used makes `connected` true again (facts,
  // section 1.2).
  if (!probed_.empty()) co_await resolved();
  std::string target = "/_remote/info";
  remote_info_ = co_await cluster_->get(std::move(target));
  co_return &*remote_info_;
}

Task<const Answer*> ClusterLook::roles() {
  if (roles_) co_return &*roles_;
  std::string names;
  for (const std::string& name : roles_names_)
    names += (names.empty() ? "" : ",") + http::percent_encode(name);
  std::string target =
      names.size() < kTargetBytesMax ? "/_security/role/" + names : "/_security/role";
  roles_ = co_await cluster_->get(std::move(target));
  // None of the names exists: 404 with an empty object (facts, section 4).
  if (roles_->status == 404 && roles_->type.empty()) {
    roles_->diagnostics.clear();
    roles_->body = nlohmann::json::object();
  }
  co_return &*roles_;
}

Forecast ResourceType::forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                                const std::string& /*action*/) const {
  return {};
}
std::optional<Observation> ResourceType::observe_without_cluster(
    const ResourceRequest& /*request*/) const {
  return std::nullopt;
}
Task<Observation> ResourceType::observe(ResourceRequest /*request*/, ClusterLook& /*look*/) {
  co_return Observation{};
}
Task<WriteResult> ResourceType::create(WriteRequest /*request*/,
                                       std::shared_ptr<Cluster> /*cluster*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::update(WriteRequest /*request*/,
                                       std::shared_ptr<Cluster> /*cluster*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::remove(WriteRequest /*request*/,
                                       std::shared_ptr<Cluster> /*cluster*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<Result<Value>> ResourceType::settle(WaitRequest request, ProgressSink& /*progress*/,
                                         std::shared_ptr<Cluster> /*cluster*/) {
  co_return std::move(request.attributes);
}

Value cluster_of(const ResourceRequest& request) {
  const Value* desired = request.desired.find("cluster");
  const Value* recorded = request.prior ? request.prior->desired.find("cluster") : nullptr;
  if (recorded == nullptr) return desired == nullptr ? Value() : *desired;
  const bool usable =
      desired != nullptr && !desired->contains_unknown() && same_cluster(*desired, *recorded);
  return usable ? *desired : *recorded;
}

void compare_cluster(Difference& difference, const ResourceRequest& request) {
  const Value* desired = request.desired.find("cluster");
  const Value* recorded = request.prior ? request.prior->desired.find("cluster") : nullptr;
  if (desired == nullptr || recorded == nullptr || *desired == *recorded) return;
  if (!desired->contains_unknown() && same_cluster(*desired, *recorded)) return;
  compare(difference, "cluster", desired, recorded, true);
}

Observation unreadable(const Answer& answer) {
  Observation observation;
  observation.presence = Presence::unreadable;
  observation.diagnostics = answer.diagnostics;
  return observation;
}

Value make_mark(const WriteRequest& request) {
  Value mark;
  mark.set("lineage", request.resource.lineage);
  mark.set("address", request.resource.address.print());
  mark.set("operation", request.operation);
  return mark;
}

bool has_mark(const Value& metadata, const std::string& lineage, const std::string& address) {
  const Value* mark = metadata.find("crosstie");
  return mark != nullptr && !lineage.empty() && mark->text("lineage") == lineage &&
         (address.empty() || mark->text("address") == address);
}

std::string foreign_lineage(const Value& metadata, const std::string& lineage) {
  const Value* mark = metadata.find("crosstie");
  const std::string owner = mark == nullptr ? std::string() : mark->text("lineage");
  return owner == lineage ? std::string() : owner;
}

AttributeSchema cluster_argument() {
  AttributeSchema made = required(
      attribute("cluster", AttributeType::object,
                "The cluster: {ech: {deployment: ID}}, {eck: {name: NAME, namespace: "
                "NAMESPACE}}, or {endpoint: URL, "
                "credentials: {...}}. An ech end and an address take ELASTICSEARCH_API_KEY, or "
                "ELASTICSEARCH_USERNAME and "
                "ELASTICSEARCH_PASSWORD, when nothing else gives credentials."));
  made.identity = true;
  return made;
}

}  // namespace crosstie::elasticsearch
