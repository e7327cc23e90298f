#include "providers/kubernetes/provider.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/eck.hpp"
#include "providers/kubernetes/elasticsearch_nodes.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/kubeconfig.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object.hpp"
#include "providers/kubernetes/openapi.hpp"
#include "providers/kubernetes/proxy.hpp"
#include "providers/kubernetes/read.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace kubernetes {
namespace {

std::vector<std::unique_ptr<Handler>> make_handlers(const std::shared_ptr<Api>& api) {
  std::vector<std::unique_ptr<Handler>> handlers;
  handlers.push_back(make_object_handler(api));
  handlers.push_back(make_elasticsearch_patch_handler(api));
  handlers.push_back(make_elasticsearch_nodes_handler(api));
  handlers.push_back(make_read_handler(api));
  handlers.push_back(make_schema_handler(api));
  return handlers;
}

Diagnostic unknown_type(const std::string& type) {
  return make_error("unknown resource type", "The Kubernetes provider has no type `" + type + "`.");
}

class KubernetesProvider : public Provider, public KubernetesAccess {
 public:
  explicit KubernetesProvider(std::shared_ptr<Api> api)
      : api_(std::move(api)), handlers_(make_handlers(api_)) {}

  const std::vector<ResourceSchema>& schema() const override { return kubernetes_schemas(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    const Handler* handler = find(request.type);
    return handler == nullptr ? Difference{} : handler->diff(request, observed);
  }

  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override {
    const Handler* handler = find(request.type);
    return handler == nullptr ? Forecast{} : handler->forecast(request, observed, action);
  }

  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;

  Task<WriteResult> create(WriteRequest request) override {
    Handler* handler = find(request.resource.type);
    return handler == nullptr ? refuse(request.resource.type) : handler->create(std::move(request));
  }
  Task<WriteResult> update(WriteRequest request) override {
    Handler* handler = find(request.resource.type);
    return handler == nullptr ? refuse(request.resource.type) : handler->update(std::move(request));
  }
  Task<Diagnostics> server_check(WriteRequest request) override {
    Handler* handler = find(request.resource.type);
    if (handler == nullptr) co_return Diagnostics{unknown_type(request.resource.type)};
    request.dry_run = true;
    WriteResult result = co_await handler->update(std::move(request));
    co_return std::move(result.failure.diagnostics);
  }
  Task<WriteResult> remove(WriteRequest request) override {
    Handler* handler = find(request.resource.type);
    return handler == nullptr ? refuse(request.resource.type) : handler->remove(std::move(request));
  }
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override {
    Handler* handler = find(request.resource.type);
    return handler == nullptr ? Provider::settle(std::move(request), progress)
                              : handler->settle(std::move(request), progress);
  }

  Task<Result<Value>> get_object(ObjectName name) override;
  Task<Result<std::vector<Value>>> list_objects(ObjectName kind_and_namespace,
                                                std::string label_selector) override;
  Task<Result<int>> forward(std::string namespace_name, std::string pod,
                            std::uint16_t port) override {
    return api_->forward(std::move(namespace_name), std::move(pod), port);
  }
  const std::string& default_namespace() const override {
    return api_->connection().namespace_name;
  }
  bool in_cluster() const override { return api_->connection().in_cluster; }
  Task<Result<EckEndpoint>> eck_endpoint(std::string namespace_name, std::string name) override {
    return find_eck_endpoint(api_, std::move(namespace_name), std::move(name));
  }
  const std::string& service() const override { return api_->service(); }

 private:
  static Task<WriteResult> refuse(std::string type) {
    co_return WriteResult::failed(unknown_type(type));
  }

  Handler* find(const std::string& type) const {
    for (const auto& handler : handlers_)
      if (handler->schema().type == type) return handler.get();
    return nullptr;
  }

  std::shared_ptr<Api> api_;  // shared with handlers, watches and dialers
  std::vector<std::unique_ptr<Handler>> handlers_;
};

Task<std::vector<Observation>> KubernetesProvider::observe(std::vector<ResourceRequest> batch) {
  std::vector<Observation> observations(batch.size());
  std::map<std::string, std::vector<std::size_t>> by_type;
  for (std::size_t i = 0; i < batch.size(); ++i) by_type[batch[i].type].push_back(i);
  for (const auto& [type, members] : by_type) {
    Handler* handler = find(type);
    if (handler == nullptr) {
      for (const std::size_t i : members)
        observations[i] = unreadable({unknown_type(type)}, batch[i].address);
      continue;
    }
    std::vector<ResourceRequest> part;
    for (const std::size_t i : members) part.push_back(std::move(batch[i]));
    std::vector<Observation> seen = co_await handler->observe(std::move(part));
    for (std::size_t k = 0; k < members.size(); ++k) observations[members[k]] = std::move(seen[k]);
  }
  co_return observations;
}

Value trimmed(Value object) {
  mark_secret_data(object);
  if (const Value* metadata = object.find("metadata")) {
    Value rest = *metadata;
    rest.erase("managedFields");
    object.set("metadata", std::move(rest));
  }
  return object;
}

Task<Result<Value>> KubernetesProvider::get_object(ObjectName name) {
  const std::shared_ptr<Api> api = api_;
  const KindLookup lookup = co_await api->find_kind(name.api_version, name.kind);
  if (!lookup.path && lookup.diagnostics.empty()) co_return Value();
  if (!lookup.path) co_return lookup.diagnostics;
  if (name.namespace_name.empty()) name.namespace_name = api->connection().namespace_name;
  Reply reply = co_await api->get(*lookup.path, name.namespace_name, name.name);
  if (reply.absent() || reply.not_served() || !reply.missing_namespace.empty()) co_return Value();
  if (!reply.ok()) co_return reply.diagnostics;
  co_return trimmed(std::move(reply.body));
}

Task<Result<std::vector<Value>>> KubernetesProvider::list_objects(ObjectName wanted,
                                                                  std::string label_selector) {
  const std::shared_ptr<Api> api = api_;
  const KindLookup lookup = co_await api->find_kind(wanted.api_version, wanted.kind);
  if (!lookup.path && lookup.diagnostics.empty()) co_return std::vector<Value>{};
  if (!lookup.path) co_return lookup.diagnostics;
  if (wanted.namespace_name.empty()) wanted.namespace_name = api->connection().namespace_name;
  std::string query = label_selector.empty()
                          ? std::string{}
                          : "labelSelector=" + http::percent_encode(label_selector);
  ListReply list = co_await api->list(*lookup.path, wanted.namespace_name, std::move(query));
  if (!list.last.ok()) co_return list.last.diagnostics;
  std::vector<Value> objects;
  for (Value& item : list.items) {
    item.set("apiVersion", Value(wanted.api_version));
    item.set("kind", Value(wanted.kind));
    objects.push_back(trimmed(std::move(item)));
  }
  co_return objects;
}

}  // namespace

KubernetesAccess* kubernetes_access(Provider* provider) {
  return dynamic_cast<KubernetesAccess*>(provider);
}

}  // namespace kubernetes

const std::vector<ResourceSchema>& kubernetes_schemas() {
  static const std::vector<ResourceSchema> kSchemas = [] {
    std::vector<ResourceSchema> schemas;
    for (const auto& handler : kubernetes::make_handlers(nullptr))
      schemas.push_back(handler->schema());
    return schemas;
  }();
  return kSchemas;
}

Result<std::unique_ptr<Provider>> make_kubernetes_provider(const std::string& /*connection*/,
                                                           const Value& settings,
                                                           const ProviderEnvironment& environment) {
  Result<kubernetes::KubeSettings> parsed = kubernetes::parse_kube_settings(settings);
  if (!parsed) return parsed.failure();
  Result<kubernetes::KubeConnection> connection =
      kubernetes::resolve_kubeconfig(*parsed, environment, kubernetes::read_file_from_disk);
  if (!connection) return connection.failure();
  if (connection->endpoint.proxy.empty() && environment.variable)
    connection->endpoint.proxy =
        kubernetes::proxy_from_environment(connection->endpoint, environment.variable);
  auto api = std::make_shared<kubernetes::Api>(std::move(*connection), environment);
  std::unique_ptr<Provider> provider =
      std::make_unique<kubernetes::KubernetesProvider>(std::move(api));
  return provider;
}

}  // namespace crosstie
