#include "providers/kubernetes/elasticsearch_nodes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/batch.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"
#include "providers/kubernetes/node_sets_view.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/parallel.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/transport_certificates.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kGetsAtOnce = 8;
constexpr std::string_view kCertificate = ".tls.crt";
constexpr const char* kRestriction = "xpack.security.transport.ssl.trust_restrictions.path";

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "kubernetes.elasticsearch_nodes";
  schema.kind = ResourceKind::read;
  schema.summary = "Reads the nodes of an ECK cluster, and whom their transport layer trusts";
  schema.attributes = {
      required(attribute("name", AttributeType::string, "Name of the Elasticsearch resource.")),
      attribute("namespace", AttributeType::string,
                "Its namespace; that of the context when left out."),
      computed("subject_names", AttributeType::list,
               "Names in the transport certificates of its pods, sorted: what a trust restriction "
               "must let in. Private keys in the same Secrets are dropped unread."),
      computed("pods", AttributeType::object, "Names of the pods, by nodeSet."),
      computed("peers", AttributeType::list,
               "Patterns of the names of other ECK clusters that it trusts, from "
               "spec.remoteClusters."),
      computed("extra_authorities", AttributeType::list,
               "Subjects of the CAs that it trusts besides its own."),
      computed("restricted", AttributeType::boolean,
               "True when a nodeSet has a trust restriction that crosstie did not put there.")};
  return schema;
}

std::string metadata_text(const Value& object, std::string_view key) {
  const Value* metadata = object.find("metadata");
  return metadata == nullptr ? std::string{} : metadata->text(key);
}

Value texts(const std::vector<std::string>& all) {
  Value::List list;
  for (const std::string& one : all) list.emplace_back(one);
  return Value(std::move(list));
}

std::string decoded(const Value& encoded) {
  return encoded.is_string() ? http::base64_decode(encoded.as_string()).value_or("") : "";
}

Value pods_by_set(const std::string& cluster, const Value& node_sets) {
  Value pods(Value::Object{});
  for (const NodeSetPods& set : pods_of(node_sets)) {
    Value::List names;
    for (std::int64_t at = 0; at < set.count; ++at)
      names.emplace_back(cluster + "-es-" + set.node_set + "-" + std::to_string(at));
    pods.set(set.node_set, Value(std::move(names)));
  }
  return pods;
}

/// Only clusters of the same Kubernetes are named there (facts: spec.remoteClusters).
Value peers_of(const Value& elasticsearch) {
  std::set<std::string> peers;
  const Value* remotes = elasticsearch.at({"spec", "remoteClusters"});
  if (remotes != nullptr && remotes->is_list()) {
    for (const Value& remote : remotes->as_list()) {
      const Value* other = remote.find("elasticsearchRef");
      if (other == nullptr || other->text("name").empty()) continue;
      peers.insert("*.node." + other->text("name") + "." +
                   other->text("namespace", metadata_text(elasticsearch, "namespace")) +
                   ".es.local");
    }
  }
  return texts({peers.begin(), peers.end()});
}

bool is_restricted(const Value& elasticsearch) {
  const Value* node_sets = elasticsearch.at({"spec", "nodeSets"});
  if (node_sets == nullptr || !node_sets->is_list()) return false;
  const Value* annotations = elasticsearch.at({"metadata", "annotations"});
  const Result<NodeSetLedger> read = parse_node_set_ledger(
      annotations == nullptr ? std::string{} : annotations->text(kLedgerAnnotation));
  return std::any_of(
      node_sets->as_list().begin(), node_sets->as_list().end(), [&](const Value& set) {
        const Value* config = set.find("config");
        if (config == nullptr || items_at(*config, kRestriction).empty()) return false;
        if (!read) return true;
        const auto placed = read->placed.find(set.text("name"));
        return placed == read->placed.end() || !placed->second.config.contains(kRestriction);
      });
}

class NodesHandler : public Handler {
 public:
  explicit NodesHandler(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  const ResourceSchema& schema() const override {
    static const ResourceSchema kSchema = make_schema();
    return kSchema;
  }
  Difference diff(const ResourceRequest&, const Observation&) const override { return {}; }
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  Task<Result<Value>> attributes_for(Value elasticsearch);

  std::shared_ptr<Api> api_;  // shared with other handlers
};

/// GETs by name: a list would bring every Secret of the namespace.
Task<Result<Value>> NodesHandler::attributes_for(Value elasticsearch) {
  const KindPath secrets{"/api/v1", "secrets", true};
  const std::string space = metadata_text(elasticsearch, "namespace");
  const std::vector<std::string> names = certificate_secrets(elasticsearch);
  std::vector<Task<Reply>> gets;
  for (const std::string& name : names) gets.push_back(api_->get(secrets, space, name));
  std::vector<Reply> replies = co_await run_all(std::move(gets), kGetsAtOnce);
  std::vector<Value> found;
  for (Reply& reply : replies) {
    if (reply.ok()) {
      keep_only_certificates(reply.body);
      found.push_back(std::move(reply.body));
    } else if (reply.absent()) {
      found.emplace_back();
    } else {
      co_return reply.diagnostics;
    }
  }
  co_return elasticsearch_nodes_of(elasticsearch, found);
}

Task<std::vector<Observation>> NodesHandler::observe(std::vector<ResourceRequest> batch) {
  std::vector<Look> looks;
  for (const ResourceRequest& request : batch) {
    Look look;
    for (const char* key : {"namespace", "name"})
      if (const Value part = argument(request, key); part.is_unknown())
        look.reason = "its name is " + unknown_reason(part);
    look.name = cluster_of(request, api_->connection().namespace_name);
    looks.push_back(std::move(look));
  }
  const std::vector<Sight> sights = co_await look_at(api_, std::move(looks));
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Observation observation = sights[i].observation;
    if (observation.presence == Presence::absent) {
      observation.reason = sights[i].not_yet.empty() ? sights[i].name.print() + " does not exist"
                                                     : sights[i].not_yet;
    } else if (observation.presence == Presence::present) {
      Value elasticsearch = sights[i].object;
      observation.version = version_of(elasticsearch);
      Result<Value> attributes = co_await attributes_for(std::move(elasticsearch));
      if (attributes) {
        observation.attributes = std::move(*attributes);
      } else {
        observation = unreadable(attributes.failure(), batch[i].address);
      }
    }
    observation.diagnostics =
        with_address(std::move(observation.diagnostics), batch[i].address.print());
    observations.push_back(std::move(observation));
  }
  co_return observations;
}

Task<Result<Value>> NodesHandler::settle(WaitRequest request, ProgressSink&) {
  std::vector<ResourceRequest> one;
  one.push_back(request.resource);
  std::vector<Observation> seen = co_await observe(std::move(one));
  Observation& found = seen.front();
  if (found.presence == Presence::present) co_return std::move(found.attributes);
  if (found.diagnostics.empty())
    found.diagnostics.push_back(
        no_cluster(cluster_of(request.resource, api_->connection().namespace_name)));
  co_return with_address(std::move(found.diagnostics), request.resource.address.print());
}

}  // namespace

std::vector<std::string> certificate_secrets(const Value& elasticsearch) {
  const std::string cluster = metadata_text(elasticsearch, "name");
  std::vector<std::string> names;
  for (const NodeSetPods& set : pods_of(value_or_null(elasticsearch, {"spec", "nodeSets"})))
    names.push_back(cluster + "-es-" + set.node_set + "-es-transport-certs");
  names.push_back(cluster + "-es-transport-certs-public");
  return names;
}

void keep_only_certificates(Value& secret) {
  Value kept(Value::Object{});
  if (const Value* data = secret.find("data"); data != nullptr && data->is_object())
    for (const auto& [key, value] : data->as_object())
      if (key == "ca.crt" || key.ends_with(kCertificate)) kept.set(key, value);
  secret = Value(Value::Object{{"data", std::move(kept)}});
}

Result<Value> elasticsearch_nodes_of(const Value& elasticsearch,
                                     const std::vector<Value>& secrets) {
  const std::string cluster = metadata_text(elasticsearch, "name");
  std::set<std::string> names;
  std::vector<std::string> authorities;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const Value* data = secrets[i].find("data");
    if (data == nullptr || !data->is_object()) continue;
    const bool is_public = i + 1 == secrets.size();
    for (const auto& [key, value] : data->as_object()) {
      if (!is_public && key.ends_with(kCertificate)) {
        Result<std::vector<std::string>> found = node_names_of(decoded(value));
        if (!found) return found.failure();
        names.insert(found->begin(), found->end());
      } else if (is_public && key == "ca.crt") {
        Result<std::vector<std::string>> found = subjects_of(decoded(value));
        if (!found) return found.failure();
        authorities = std::move(*found);
      }
    }
  }
  const std::string own = "OU=" + cluster + ", CN=" + cluster + "-transport";
  std::erase(authorities, own);
  return Value(Value::Object{
      {"name", Value(cluster)},
      {"namespace", Value(metadata_text(elasticsearch, "namespace"))},
      {"subject_names", texts({names.begin(), names.end()})},
      {"pods", pods_by_set(cluster, value_or_null(elasticsearch, {"spec", "nodeSets"}))},
      {"peers", peers_of(elasticsearch)},
      {"extra_authorities", texts(authorities)},
      {"restricted", Value(is_restricted(elasticsearch))}});
}

std::unique_ptr<Handler> make_elasticsearch_nodes_handler(std::shared_ptr<Api> api) {
  return std::make_unique<NodesHandler>(std::move(api));
}

}  // namespace crosstie::kubernetes
