#include "providers/elasticsearch/provider.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
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
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/clusters.hpp"
#include "providers/elasticsearch/end.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace {

using elasticsearch::Cluster;
using elasticsearch::ClusterLook;
using elasticsearch::ResourceType;

class ElasticsearchProvider : public Provider {
 public:
  ElasticsearchProvider(elasticsearch::ConnectionSettings settings,
                        const ProviderEnvironment& environment, const ConnectionLookup& others)
      : clusters_(std::move(settings), environment, others) {
    types_.push_back(elasticsearch::make_cluster_type());
    types_.push_back(elasticsearch::make_compatibility_type());
    types_.push_back(elasticsearch::make_trust_restriction_type());
    types_.push_back(elasticsearch::make_cross_cluster_api_key_type());
    types_.push_back(elasticsearch::make_remote_cluster_type());
    types_.push_back(elasticsearch::make_role_type());
    types_.push_back(elasticsearch::make_link_probe_type());
  }

  const std::vector<ResourceSchema>& schema() const override { return elasticsearch_schemas(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    const ResourceType* type = find(request.type);
    return type == nullptr ? Difference{} : type->diff(request, observed);
  }
  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override {
    const ResourceType* type = find(request.type);
    return type == nullptr ? Forecast{} : type->forecast(request, observed, action);
  }

  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<WriteResult> create(WriteRequest request) override;
  Task<WriteResult> update(WriteRequest request) override;
  Task<WriteResult> remove(WriteRequest request) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  struct Group {
    Value cluster;
    std::vector<std::size_t> members;
  };
  std::optional<Observation> without_cluster(const ResourceRequest& request) const;
  Task<void> observe_group(Group group, const std::vector<ResourceRequest>& batch,
                           std::vector<Observation>& observations);
  ResourceType* find(const std::string& type) const {
    for (const auto& candidate : types_)
      if (candidate->schema().type == type) return candidate.get();
    return nullptr;
  }

  elasticsearch::Clusters clusters_;
  std::vector<std::unique_ptr<ResourceType>> types_;
};

/// What can be said without asking the cluster; nullopt when it must be asked.
std::optional<Observation> ElasticsearchProvider::without_cluster(
    const ResourceRequest& request) const {
  Observation observation;
  const ResourceType* type = find(request.type);
  if (type == nullptr) {
    observation.presence = Presence::unreadable;
    observation.diagnostics = {make_error(
        "unknown resource type", "The elasticsearch provider has no type " + request.type + ".")};
    return observation;
  }
  if (auto known = type->observe_without_cluster(request); known) return known;
  const Value& identity = identity_of(request);
  for (const char* name : {"cluster", "name", "alias"}) {
    const Value* value = identity.find(name);
    if (value == nullptr || !value->contains_unknown()) continue;
    observation.presence = Presence::unchecked;
    observation.reason = "its " + std::string(name) + " is known after " + value->first_unknown();
    return observation;
  }
  return std::nullopt;
}

Task<void> ElasticsearchProvider::observe_group(Group group,
                                                const std::vector<ResourceRequest>& batch,
                                                std::vector<Observation>& observations) {
  Value place = group.cluster;
  Result<std::shared_ptr<Cluster>> cluster = co_await clusters_.find(std::move(place));
  if (!cluster) {
    for (std::size_t i : group.members) {
      observations[i].presence = Presence::unreadable;
      observations[i].diagnostics = cluster.failure();
    }
    co_return;
  }
  std::vector<std::string> probed;
  std::vector<std::string> roles;
  for (std::size_t i : group.members) {
    const Value& identity = identity_of(batch[i]);
    if (batch[i].type == "elasticsearch.link_probe" && batch[i].prior)
      probed.push_back(identity.text("alias"));
    if (batch[i].type == "elasticsearch.role") roles.push_back(identity.text("name"));
  }
  std::sort(probed.begin(), probed.end());
  probed.erase(std::unique(probed.begin(), probed.end()), probed.end());
  ClusterLook look(*cluster, std::move(probed), std::move(roles));
  for (std::size_t i : group.members) {
    ResourceRequest request = batch[i];
    observations[i] = co_await find(batch[i].type)->observe(std::move(request), look);
  }
}

Task<std::vector<Observation>> ElasticsearchProvider::observe(std::vector<ResourceRequest> batch) {
  std::vector<Observation> observations(batch.size());
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto known = without_cluster(batch[i]); known) {
      observations[i] = std::move(*known);
      continue;
    }
    const Value cluster = elasticsearch::cluster_of(batch[i]);
    Group& group = groups[json_read::dump(to_json(cluster))];
    group.cluster = cluster;
    group.members.push_back(i);
  }
  for (const auto& [key, group] : groups) {
    Group copy = group;
    co_await observe_group(std::move(copy), batch, observations);
  }
  co_return observations;
}

Task<WriteResult> ElasticsearchProvider::create(WriteRequest request) {
  ResourceType* type = find(request.resource.type);
  const Value* given = request.resource.desired.find("cluster");
  Value place = given != nullptr ? *given : Value();
  Result<std::shared_ptr<Cluster>> cluster = co_await clusters_.find(std::move(place));
  if (!cluster) co_return WriteResult::failed(cluster.failure());
  co_return co_await type->create(std::move(request), *cluster);
}

Task<WriteResult> ElasticsearchProvider::update(WriteRequest request) {
  ResourceType* type = find(request.resource.type);
  const Value* given = request.resource.desired.find("cluster");
  Value place = given != nullptr ? *given : Value();
  Result<std::shared_ptr<Cluster>> cluster = co_await clusters_.find(std::move(place));
  if (!cluster) co_return WriteResult::failed(cluster.failure());
  co_return co_await type->update(std::move(request), *cluster);
}

Task<WriteResult> ElasticsearchProvider::remove(WriteRequest request) {
  ResourceType* type = find(request.resource.type);
  if (type->schema().kind == ResourceKind::check) co_return WriteResult::done({});
  Value place = elasticsearch::cluster_of(request.resource);
  Result<std::shared_ptr<Cluster>> cluster = co_await clusters_.find(std::move(place));
  if (!cluster) co_return WriteResult::failed(cluster.failure());
  co_return co_await type->remove(std::move(request), *cluster);
}

Task<Result<Value>> ElasticsearchProvider::settle(WaitRequest request, ProgressSink& progress) {
  ResourceType* type = find(request.resource.type);
  if (type->schema().kind != ResourceKind::check) co_return std::move(request.attributes);
  const Value* given = request.attributes.find("cluster");
  Value place = given != nullptr ? *given : Value();
  Result<std::shared_ptr<Cluster>> cluster = co_await clusters_.find(std::move(place));
  if (!cluster) co_return cluster.failure();
  co_return co_await type->settle(std::move(request), progress, *cluster);
}

}  // namespace

const std::vector<ResourceSchema>& elasticsearch_schemas() {
  static const std::vector<ResourceSchema> kSchemas = {
      elasticsearch::cluster_schema(),           elasticsearch::compatibility_schema(),
      elasticsearch::trust_restriction_schema(), elasticsearch::cross_cluster_api_key_schema(),
      elasticsearch::remote_cluster_schema(),    elasticsearch::role_schema(),
      elasticsearch::link_probe_schema()};
  return kSchemas;
}

Result<std::unique_ptr<Provider>> make_elasticsearch_provider(
    const std::string& connection, const Value& settings, const ProviderEnvironment& environment,
    const ConnectionLookup& others) {
  const std::vector<std::string> known = {"credentials", "ca", "insecure"};
  Diagnostics wrong;
  if (settings.is_object())
    for (const auto& [name, value] : settings.as_object()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = did_you_mean(name, known);
      wrong.push_back(make_error("unknown setting",
                                 "Connection " + connection + " has no setting `" + name + "`.",
                                 near.empty() ? "To fix it, use credentials, ca or insecure."
                                              : "To fix it, write `" + near + "`."));
    }
  elasticsearch::ConnectionSettings parsed;
  if (const Value* credentials = settings.find("credentials")) parsed.credentials = *credentials;
  if (Result<void> checked = elasticsearch::check_credentials(parsed.credentials); !checked)
    append(wrong, checked.failure());
  parsed.ca = settings.text("ca");
  parsed.insecure = settings.flag("insecure");
  if (!wrong.empty()) return wrong;
  return std::unique_ptr<Provider>(
      std::make_unique<ElasticsearchProvider>(std::move(parsed), environment, others));
}

}  // namespace crosstie
