#include "providers/ech/provider.hpp"

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
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/access.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/http/client.hpp"
#include "providers/http/secret_reference.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Which Elasticsearch of which deployment.
using Target = std::pair<std::string, std::string>;

/// Everything that was read of one deployment for a batch.
struct Reads {
  ech::Answer deployment;
  std::optional<ech::Answer> keystore;
  std::optional<ech::Answer> authority;
};

/// What the types of a batch need beside the deployment.
struct Needs {
  bool keystore = false;
  bool authority = false;
};

class EchProvider : public Provider, public ech::EchAccess {
 public:
  EchProvider(http::Endpoint endpoint, http::ClientOptions options, Value api_key,
              const ProviderEnvironment& environment)
      : api_key_(std::move(api_key)),
        environment_(environment),
        api_(make_client(std::move(endpoint), options), options.service) {
    types_.push_back(ech::make_certificate_authority_type());
    types_.push_back(ech::make_deployment_type(api_));
    types_.push_back(ech::make_trust_type(api_));
    types_.push_back(ech::make_keystore_entry_type(api_, secret_sources()));
  }

  const std::vector<ResourceSchema>& schema() const override { return ech_schemas(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    const ech::ResourceType* type = find(request.type);
    return type == nullptr ? Difference{} : type->diff(request, observed);
  }
  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override {
    const ech::ResourceType* type = find(request.type);
    return type == nullptr ? Forecast{} : type->forecast(request, observed, action);
  }

  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<WriteResult> create(WriteRequest request) override;
  Task<WriteResult> update(WriteRequest request) override;
  Task<WriteResult> remove(WriteRequest request) override;
  Task<Diagnostics> server_check(WriteRequest request) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;
  Task<Result<ech::ElasticsearchLocation>> elasticsearch_location(std::string deployment,
                                                                  std::string ref_id) override;

 private:
  http::Client make_client(http::Endpoint endpoint, const http::ClientOptions& options) {
    http::Client client(std::move(endpoint), options);
    client.set_authorization([this] { return authorization(); });
    return client;
  }
  http::SecretSources secret_sources() const {
    return {environment_.variable, environment_.working_directory, environment_.kubernetes_secret};
  }
  Task<Result<Headers>> authorization();
  Task<Reads> read(std::string deployment, std::string ref_id, Needs needs);
  Observation observe_one(const ResourceRequest& request, const Reads& reads) const;
  ech::ResourceType* find(const std::string& type) const {
    for (const auto& candidate : types_)
      if (candidate->schema().type == type) return candidate.get();
    return nullptr;
  }

  Value api_key_;  // secret reference, null = EC_API_KEY
  ProviderEnvironment environment_;
  std::optional<Secret> resolved_key_;
  ech::Api api_;
  std::vector<std::unique_ptr<ech::ResourceType>> types_;
};

Task<Result<Headers>> EchProvider::authorization() {
  if (!resolved_key_) {
    http::SecretSources sources = secret_sources();
    if (api_key_.is_null() && environment_.variable("EC_API_KEY").empty())
      co_return make_error(
          "no Elastic Cloud API key",
          "Neither `api_key` of the ech provider nor EC_API_KEY is set.",
          "To fix it, make a key in the console under Organization, API keys, and set:\n"
          "  export EC_API_KEY=...");
    Value reference = api_key_;
    if (reference.is_null()) reference.set("env", "EC_API_KEY");
    std::string what = "API key of Elastic Cloud";
    Result<Secret> key =
        co_await http::resolve_secret(std::move(reference), std::move(what), std::move(sources));
    if (!key) co_return key.failure();
    resolved_key_ = std::move(*key);
  }
  Headers headers;
  headers.emplace_back("authorization", "ApiKey " + resolved_key_->reveal());
  co_return headers;
}

/// Why a resource cannot be asked for yet, "" when it can.
std::string unknown_identity(const Value& identity) {
  for (std::string_view name : {"deployment", "ref_id", "name"}) {
    const Value* value = identity.find(name);
    if (value != nullptr && value->contains_unknown())
      return "its " + std::string(name) + " is known after " + value->first_unknown();
  }
  return {};
}

Target target_of(const ResourceRequest& request) {
  const Value& identity = identity_of(request);
  return {identity.text("deployment"), identity.text("ref_id")};
}

Task<Reads> EchProvider::read(std::string deployment, std::string ref_id, Needs needs) {
  Reads reads;
  if (Result<void> checked = ech::check_deployment_id(deployment); !checked) {
    reads.deployment.refusal = ech::Refusal::other;
    reads.deployment.diagnostics = checked.failure();
    co_return reads;
  }
  Result<Headers> credentials = co_await authorization();
  if (!credentials) {
    reads.deployment.refusal = ech::Refusal::other;
    reads.deployment.diagnostics = credentials.failure();
    co_return reads;
  }
  std::string id = deployment;
  reads.deployment = co_await api_.read_deployment(std::move(id), ech::Detail::settings);
  if (!reads.deployment.ok()) co_return reads;
  if (needs.authority) {
    id = deployment;
    reads.authority = co_await api_.read_certificate_authority(std::move(id));
  }
  const nlohmann::json* resource = ech::elasticsearch_resource(reads.deployment.body, ref_id);
  if (resource == nullptr || !needs.keystore) co_return reads;
  std::string ref = json_read::text(*resource, {"ref_id"});
  reads.keystore = co_await api_.read_keystore(std::move(deployment), std::move(ref));
  co_return reads;
}

Observation EchProvider::observe_one(const ResourceRequest& request, const Reads& reads) const {
  Observation observation;
  const ech::ResourceType* type = find(request.type);
  const Target target = target_of(request);
  const bool is_read = type->schema().kind == ResourceKind::read;
  if (reads.deployment.refusal == ech::Refusal::not_found && !is_read) return observation;
  if (!reads.deployment.ok()) {
    observation.presence = Presence::unreadable;
    observation.diagnostics = reads.deployment.diagnostics;
    return observation;
  }
  ech::DeploymentLook look;
  look.deployment = &reads.deployment.body;
  look.resource = ech::elasticsearch_resource(reads.deployment.body, target.second);
  if (look.resource == nullptr) {
    observation.presence = Presence::unreadable;
    observation.diagnostics = {ech::no_such_resource(target.first, target.second)};
    return observation;
  }
  if (reads.keystore) look.keystore = &*reads.keystore;
  if (reads.authority) look.authority = &*reads.authority;
  return type->observe(request, look);
}

Task<std::vector<Observation>> EchProvider::observe(std::vector<ResourceRequest> batch) {
  std::vector<Observation> observations(batch.size());
  std::map<Target, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Observation& observation = observations[i];
    if (find(batch[i].type) == nullptr) {
      observation.presence = Presence::unreadable;
      observation.diagnostics = {make_error("unknown resource type",
                                            "The ech provider has no type " + batch[i].type + ".")};
      continue;
    }
    observation.reason = unknown_identity(identity_of(batch[i]));
    if (observation.reason.empty())
      groups[target_of(batch[i])].push_back(i);
    else
      observation.presence = Presence::unchecked;
  }
  for (const auto& [target, members] : groups) {
    Needs needs;
    for (std::size_t i : members) {
      const ech::ResourceType* type = find(batch[i].type);
      needs.keystore = needs.keystore || type->needs_keystore();
      needs.authority = needs.authority || type->needs_authority();
    }
    std::string deployment = target.first;
    std::string ref_id = target.second;
    Reads reads = co_await read(std::move(deployment), std::move(ref_id), needs);
    for (std::size_t i : members) observations[i] = observe_one(batch[i], reads);
  }
  co_return observations;
}

Task<WriteResult> EchProvider::create(WriteRequest request) {
  ech::ResourceType* type = find(request.resource.type);
  Result<void> checked = ech::check_deployment_id(request.resource.desired.text("deployment"));
  if (!checked) co_return WriteResult::failed(checked.failure());
  Result<Headers> credentials = co_await authorization();
  if (!credentials) co_return WriteResult::failed(credentials.failure());
  co_return co_await type->create(std::move(request));
}

Task<WriteResult> EchProvider::update(WriteRequest request) {
  ech::ResourceType* type = find(request.resource.type);
  Result<void> checked = ech::check_deployment_id(request.resource.desired.text("deployment"));
  if (!checked) co_return WriteResult::failed(checked.failure());
  Result<Headers> credentials = co_await authorization();
  if (!credentials) co_return WriteResult::failed(credentials.failure());
  co_return co_await type->update(std::move(request));
}

Task<WriteResult> EchProvider::remove(WriteRequest request) {
  ech::ResourceType* type = find(request.resource.type);
  Result<Headers> credentials = co_await authorization();
  if (!credentials) co_return WriteResult::failed(credentials.failure());
  co_return co_await type->remove(std::move(request));
}

Task<Diagnostics> EchProvider::server_check(WriteRequest request) {
  ech::ResourceType* type = find(request.resource.type);
  Result<Headers> credentials = co_await authorization();
  if (!credentials) co_return credentials.failure();
  co_return co_await type->server_check(std::move(request));
}

Task<Result<Value>> EchProvider::settle(WaitRequest request, ProgressSink& progress) {
  ech::ResourceType* type = find(request.resource.type);
  co_return co_await type->settle(std::move(request), progress);
}

Task<Result<ech::ElasticsearchLocation>> EchProvider::elasticsearch_location(std::string deployment,
                                                                             std::string ref_id) {
  std::string id = deployment;
  std::string ref = ref_id;
  Reads reads = co_await read(std::move(id), std::move(ref), Needs{});
  if (!reads.deployment.ok()) co_return reads.deployment.diagnostics;
  const nlohmann::json* resource = ech::elasticsearch_resource(reads.deployment.body, ref_id);
  if (resource == nullptr) co_return ech::no_such_resource(deployment, ref_id);
  ech::ElasticsearchLocation location;
  location.url = ech::service_url(*resource);
  location.name = json_read::text(reads.deployment.body, {"name"});
  location.version = ech::stack_version(*resource);
  if (location.url.empty())
    co_return make_error("deployment has no address yet",
                         "Deployment " + deployment + " tells no service_url and no endpoint.",
                         "To fix it, wait until the deployment has started.");
  co_return location;
}

std::vector<std::string> known_settings() { return {"endpoint", "api_key", "insecure"}; }

}  // namespace

const std::vector<ResourceSchema>& ech_schemas() {
  static const std::vector<ResourceSchema> kSchemas = {
      ech::certificate_authority_schema(), ech::deployment_schema(), ech::trust_schema(),
      ech::keystore_entry_schema()};
  return kSchemas;
}

Result<std::unique_ptr<Provider>> make_ech_provider(const std::string& connection,
                                                    const Value& settings,
                                                    const ProviderEnvironment& environment) {
  Diagnostics wrong;
  if (settings.is_object())
    for (const auto& [name, value] : settings.as_object()) {
      const auto known = known_settings();
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = did_you_mean(name, known);
      wrong.push_back(make_error("unknown setting",
                                 "Connection " + connection + " has no setting `" + name + "`.",
                                 near.empty() ? "To fix it, use endpoint, api_key or insecure."
                                              : "To fix it, write `" + near + "`."));
    }
  const Value* key = settings.find("api_key");
  const bool has_key = key != nullptr && !key->is_null();
  if (has_key)
    if (Result<void> checked = http::check_secret_reference(*key, "API key of Elastic Cloud");
        !checked)
      append(wrong, checked.failure());
  std::string configured = settings.text("endpoint");
  std::string source = "`endpoint` of connection " + connection;
  for (const char* name : {"EC_ENDPOINT", "EC_HOST"}) {
    if (!configured.empty()) break;
    configured = environment.variable(name);
    source = std::string("the environment variable ") + name;
  }
  Result<http::Endpoint> endpoint = ech::api_endpoint(configured, settings.flag("insecure"));
  if (!endpoint) {
    for (Diagnostic& error : endpoint.failure()) error.detail += " It comes from " + source + ".";
    append(wrong, endpoint.failure());
  }
  if (!wrong.empty()) return wrong;
  http::ClientOptions options;
  options.service = "Elastic Cloud API at " + endpoint->host;
  options.user_agent = environment.user_agent;
  options.request_timeout = environment.request_timeout;
  options.debug = environment.debug;
  options.retrying = environment.debug;
  return std::unique_ptr<Provider>(std::make_unique<EchProvider>(
      std::move(*endpoint), std::move(options), has_key ? *key : Value(), environment));
}

namespace ech {
EchAccess* ech_access(Provider* provider) { return dynamic_cast<EchAccess*>(provider); }
}  // namespace ech

}  // namespace crosstie
