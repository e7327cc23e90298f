// elasticsearch.remote_cluster: one alias below cluster.remote. It owns only the settings that it
// names.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/remote_settings.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

constexpr const char* kLostNote =
    "stored as asked, but the cluster acts otherwise (elastic/elasticsearch#107125); it is set to "
    "the opposite and back";

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.remote_cluster";
  schema.summary =
      "A remote cluster alias on the local cluster. Only the settings named here are owned.";
  AttributeSchema alias =
      required(attribute("alias", Type::string, "Name of the remote cluster on the local one."));
  alias.identity = true;
  AttributeSchema mode =
      attribute("mode", Type::string, "proxy or sniff; absent: proxy when an address is given.");
  mode.allowed = {"proxy", "sniff"};
  schema.attributes = {
      cluster_argument(),
      alias,
      mode,
      attribute("proxy_address", Type::string,
                "host:port of the remote; IPv6 in brackets. Mode proxy."),
      attribute("server_name", Type::string, "Name to send and to check in TLS. Mode proxy."),
      attribute("proxy_socket_connections", Type::number,
                "Sockets that each node opens, 18 when absent. Mode proxy."),
      attribute("seeds", Type::list, "host:port of seed nodes. Mode sniff."),
      attribute("node_connections", Type::number,
                "Gateway nodes to connect to, 3 when absent. Mode sniff."),
      attribute("skip_unavailable", Type::boolean,
                "Searches go on without the remote when it is away."),
      attribute("ping_schedule", Type::string, "transport.ping_schedule, such as 30s."),
      attribute("compress", Type::string, "transport.compress: true, false or indexing_data."),
      attribute("compression_scheme", Type::string,
                "transport.compression_scheme: lz4 or deflate."),
      computed("effective_skip_unavailable", Type::boolean,
               "What the cluster acts on, from _remote/info."),
  };
  return schema;
}

Value attributes_of(const ResourceRequest& request, const std::string& alias,
                    const AliasSettings& live, const json& remote_info) {
  Value attributes = stored_attributes(live.effective());
  attributes.set("cluster", cluster_of(request));
  attributes.set("alias", alias);
  const json* effective = json_read::find(remote_info, {alias, "skip_unavailable"});
  if (effective != nullptr && effective->is_boolean())
    attributes.set("effective_skip_unavailable", effective->get<bool>());
  return attributes;
}

/// The wish for skip_unavailable, nullopt when it is not named.
std::optional<bool> wanted_skip(const Value& desired) {
  const Value* skip = desired.find("skip_unavailable");
  if (skip == nullptr || !skip->is_bool()) return std::nullopt;
  return skip->as_bool();
}

/// Names that the record has and `desired` has not: ours, to be given up.
std::vector<std::string> given_up(const ResourceRequest& request) {
  std::vector<std::string> names;
  if (!request.prior) return names;
  for (const RemoteSetting& setting : remote_settings()) {
    const Value* before = request.prior->desired.find(setting.attribute);
    const Value* wanted = request.desired.find(setting.attribute);
    const bool named = wanted != nullptr && !wanted->is_null();
    if (before != nullptr && !before->is_null() && !named) names.emplace_back(setting.attribute);
  }
  return names;
}

Difference settings_difference(const ResourceRequest& request, const Value& live) {
  Difference difference;
  const Value& desired = request.desired;
  compare_cluster(difference, request);
  compare(difference, "alias", desired.find("alias"), live.find("alias"), true);
  const std::vector<std::string> dropped = given_up(request);
  for (const RemoteSetting& setting : remote_settings()) {
    const std::string name = setting.attribute;
    const Value* wanted = desired.find(name);
    const Value* stored = live.find(name);
    if (wanted == nullptr || wanted->is_null()) {
      const bool ours = std::find(dropped.begin(), dropped.end(), name) != dropped.end();
      if (ours) compare(difference, name, nullptr, stored);
      continue;
    }
    const Value normal = normal_setting(setting, *wanted);
    const std::size_t before = difference.fields.size();
    compare(difference, name, &normal, stored);
    if (name != "skip_unavailable" || difference.fields.size() != before) continue;
    const Value* effective = live.find("effective_skip_unavailable");
    if (effective != nullptr) compare(difference, name, &normal, effective, false, kLostNote);
  }
  return difference;
}

class RemoteClusterType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return remote_cluster_schema(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    return settings_difference(request, observed.attributes);
  }

  Task<Observation> observe(ResourceRequest request, ClusterLook& look) override {
    const std::string alias = identity_of(request).text("alias");
    Observation observation;
    if (!request.desired.is_null()) {
      observation.diagnostics = check_arguments(request.desired);
      if (!observation.diagnostics.empty()) {
        observation.presence = Presence::unreadable;
        co_return observation;
      }
    }
    const Answer* settings = co_await look.settings();
    if (!settings->ok()) co_return unreadable(*settings);
    const AliasSettings live = read_alias(settings->body, alias);
    if (!live.exists()) co_return observation;
    const Answer* info = co_await look.remote_info();
    if (!info->ok()) co_return unreadable(*info);
    observation.presence = Presence::present;
    observation.ownership = is_recorded(request) ? Ownership::ours : Ownership::unowned;
    if (observation.ownership != Ownership::ours)
      observation.before = from_json(json(live.persistent));
    observation.attributes = attributes_of(request, alias, live, info->body);
    observation.version = settings_text(live.effective());
    co_return observation;
  }

  Task<WriteResult> create(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await put(std::move(request), std::move(cluster));
  }
  Task<WriteResult> update(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await put(std::move(request), std::move(cluster));
  }
  Task<WriteResult> remove(WriteRequest request, std::shared_ptr<Cluster> cluster) override;

 private:
  Task<WriteResult> put(WriteRequest request, std::shared_ptr<Cluster> cluster);
};

Task<Answer> read_settings(std::shared_ptr<Cluster> cluster) {
  std::string target = "/_cluster/settings?flat_settings=true";
  co_return co_await cluster->get(std::move(target));
}

Task<Answer> put_settings(std::shared_ptr<Cluster> cluster, json body) {
  std::string method = "PUT";
  std::string target = "/_cluster/settings?flat_settings=true";
  co_return co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                   http::Repeat::safe);
}

/// Reads `_remote/info`, and where the cluster acts otherwise than it stores, sets skip_unavailable
/// to the opposite and back: a PUT of the same value changes nothing (measured 8.14.3 to 9.2.2,
/// facts section 1.3).
Task<Answer> mend_skip_unavailable(std::shared_ptr<Cluster> cluster, std::string alias,
                                   std::optional<bool> wanted) {
  std::string target = "/_remote/info";
  Answer info = co_await cluster->get(std::move(target));
  const json* now = info.ok() ? json_read::find(info.body, {alias, "skip_unavailable"}) : nullptr;
  if (!wanted || now == nullptr || !now->is_boolean() || now->get<bool>() == *wanted)
    co_return info;
  for (const bool value : {!*wanted, *wanted}) {
    json body = {{"persistent",
                  {{"cluster.remote." + alias + ".skip_unavailable", value ? "true" : "false"}}}};
    Answer answer = co_await put_settings(cluster, std::move(body));
    if (!answer.ok()) co_return answer;
  }
  std::string again = "/_remote/info";
  info = co_await cluster->get(std::move(again));
  now = info.ok() ? json_read::find(info.body, {alias, "skip_unavailable"}) : nullptr;
  if (now != nullptr && now->is_boolean() && now->get<bool>() != *wanted)
    info.diagnostics.push_back(
        make_error("skip_unavailable does not take effect",
                   cluster->title() + " stores skip_unavailable for " + alias +
                       " as asked and acts otherwise.",
                   "To fix it, remove the remote cluster and create it again."));
  co_return info;
}

/// Whether somebody changed what we are about to write since the plan saw it: the live value is
/// neither the planned nor the wanted one.
std::optional<Diagnostic> refuse_changed(const WriteRequest& request, const AliasSettings& live,
                                         const std::string& title) {
  if (request.approved.presence == Presence::absent) {
    const bool appeared = live.exists() && is_recorded(request.resource);
    if (!appeared ||
        settings_difference(request.resource, stored_attributes(live.effective())).fields.empty())
      return std::nullopt;
    return changed_since_plan(title, "absent", settings_text(live.effective()));
  }
  if (request.approved.presence != Presence::present || request.approved.version.empty())
    return std::nullopt;
  const std::string now = settings_text(live.effective());
  if (now == request.approved.version) return std::nullopt;
  const Value current = stored_attributes(live.effective());
  for (const RemoteSetting& setting : remote_settings()) {
    const Value* wanted = request.resource.desired.find(setting.attribute);
    if (wanted == nullptr || wanted->is_null()) continue;
    const Value normal = normal_setting(setting, *wanted);
    const Value* value = current.find(setting.attribute);
    const Value* planned = request.approved.attributes.find(setting.attribute);
    const bool as_wanted = value != nullptr && *value == normal;
    const bool as_planned =
        (value == nullptr) == (planned == nullptr) && (value == nullptr || *value == *planned);
    if (!as_wanted && !as_planned) return changed_since_plan(title, request.approved.version, now);
  }
  return std::nullopt;
}

Task<WriteResult> RemoteClusterType::put(WriteRequest request, std::shared_ptr<Cluster> cluster) {
  const Value& desired = request.resource.desired;
  const std::string alias = desired.text("alias");
  Diagnostics wrong = check_arguments(desired);
  if (!wrong.empty()) co_return WriteResult::failed(std::move(wrong));
  Answer settings = co_await read_settings(cluster);
  if (!settings.ok()) co_return WriteResult::failed(std::move(settings.diagnostics));
  const AliasSettings live = read_alias(settings.body, alias);
  const std::string title = "Remote cluster " + alias + " of " + cluster->title();
  const bool adopted = live.exists() && !is_recorded(request.resource);
  if (adopted)
    if (auto refused = refuse_unowned(request.resource, title); refused)
      co_return WriteResult::failed(std::move(*refused));
  if (auto refused = refuse_changed(request, live, title); refused)
    co_return WriteResult::failed(std::move(*refused));
  json body = settings_change(alias, desired, given_up(request.resource), live);
  if (!body.empty()) {
    Answer answer = co_await put_settings(cluster, std::move(body));
    if (!answer.ok())
      co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  }
  Answer info = co_await mend_skip_unavailable(cluster, alias, wanted_skip(desired));
  if (!info.ok()) co_return WriteResult::failed(std::move(info.diagnostics), true);
  Answer stored = co_await read_settings(cluster);
  if (!stored.ok()) co_return WriteResult::failed(std::move(stored.diagnostics), true);
  Outcome outcome;
  outcome.attributes =
      attributes_of(request.resource, alias, read_alias(stored.body, alias), info.body);
  if (const Value* given = desired.find("cluster")) outcome.attributes.set("cluster", *given);
  if (adopted) outcome.before = from_json(json(live.persistent));
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> RemoteClusterType::remove(WriteRequest request,
                                            std::shared_ptr<Cluster> cluster) {
  const std::string alias = identity_of(request.resource).text("alias");
  Answer settings = co_await read_settings(cluster);
  if (!settings.ok()) co_return WriteResult::failed(std::move(settings.diagnostics));
  const AliasSettings live = read_alias(settings.body, alias);
  const std::string now = settings_text(live.effective());
  const bool seen = request.approved.presence == Presence::present && live.exists();
  if (seen && !request.approved.version.empty() && now != request.approved.version)
    co_return WriteResult::failed(changed_since_plan(
        "Remote cluster " + alias + " of " + cluster->title(), request.approved.version, now));
  StoredSettings target;
  if (request.resource.prior && request.resource.prior->before.is_object())
    for (const auto& [key, value] : request.resource.prior->before.as_object())
      target[key] = to_json(value);
  json body = settings_restore(alias, target, live);
  if (body.empty()) co_return WriteResult::done({});
  Answer answer = co_await put_settings(cluster, std::move(body));
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  co_return WriteResult::done({});
}

}  // namespace

const ResourceSchema& remote_cluster_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_remote_cluster_type() {
  return std::make_unique<RemoteClusterType>();
}

}  // namespace crosstie::elasticsearch
