#include "providers/elasticsearch/clusters.hpp"

#include <memory>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/access.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/end.hpp"
#include "providers/http/client.hpp"
#include "providers/http/secret_reference.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/secret_read.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie::elasticsearch {
namespace {

Diagnostic no_connection(const std::string& name, const std::string& title) {
  return make_error("no such connection",
                    title + " is to be found by connection " + name + ", which does not exist.",
                    "To fix it, add it to `providers:`.");
}

Diagnostic no_credentials(const std::string& title) {
  return make_error(
      "no credentials for Elasticsearch", "Nothing tells how to log in to " + title + ".",
      "To fix it, give them in one of these ways:\n"
      "  environment: ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD\n"
      "  the end: credentials: {api_key: {env: NAME}} or {username: NAME, password: {env: NAME}}\n"
      "  the connection: providers: {elasticsearch: {credentials: ...}}");
}

std::string title_of(const End& end) {
  switch (end.kind) {
    case End::Kind::ech:
      return "Elasticsearch of deployment " + end.deployment;
    case End::Kind::eck:
      return "Elasticsearch " + end.namespace_name + "/" + end.name;
    case End::Kind::address:
      break;
  }
  return "Elasticsearch at " + end.endpoint;
}

}  // namespace

Clusters::Clusters(ConnectionSettings settings, ProviderEnvironment environment,
                   ConnectionLookup others)
    : settings_(std::move(settings)),
      environment_(std::move(environment)),
      others_(std::move(others)) {}

Task<Result<Secret>> Clusters::secret(Value reference, std::string what) {
  http::SecretSources sources;
  sources.variable = environment_.variable;
  sources.working_directory = environment_.working_directory;
  sources.kubernetes_secret = [this](std::string space, std::string name, std::string key) {
    return kubernetes::read_secret(others_ ? others_("kubernetes") : nullptr, std::move(space),
                                   std::move(name), std::move(key));
  };
  co_return co_await http::resolve_secret(std::move(reference), std::move(what),
                                          std::move(sources));
}

Task<Result<Credentials>> Clusters::credentials_for(End end) {
  const Value& given = end.credentials.is_null() ? settings_.credentials : end.credentials;
  Credentials credentials;
  if (given.is_object()) {
    const bool has_key = given.find("api_key") != nullptr;
    Value reference = *given.find(has_key ? "api_key" : "password");
    std::string what = (has_key ? "API key of " : "password of ") + title_of(end);
    Result<Secret> bytes = co_await secret(std::move(reference), std::move(what));
    if (!bytes) co_return bytes.failure();
    credentials.username = given.text("username");
    (has_key ? credentials.api_key : credentials.password) = std::move(*bytes);
    co_return credentials;
  }
  credentials.api_key = Secret(environment_.variable("ELASTICSEARCH_API_KEY"));
  if (!credentials.api_key.empty()) co_return credentials;
  credentials.username = environment_.variable("ELASTICSEARCH_USERNAME");
  credentials.password = Secret(environment_.variable("ELASTICSEARCH_PASSWORD"));
  if (!credentials.username.empty() && !credentials.password.empty()) co_return credentials;
  // A cluster named by its address may run without security; one that does not says 401.
  if (end.kind == End::Kind::address) co_return Credentials{};
  co_return no_credentials(title_of(end));
}

Task<Result<Clusters::Way>> Clusters::way_to_ech(End end) {
  Provider* provider = others_ ? others_(end.connection) : nullptr;
  ech::EchAccess* access = ech::ech_access(provider);
  if (access == nullptr) co_return no_connection(end.connection, title_of(end));
  std::string deployment = end.deployment;
  std::string ref_id = end.ref_id;
  Result<ech::ElasticsearchLocation> location =
      co_await access->elasticsearch_location(std::move(deployment), std::move(ref_id));
  if (!location) co_return location.failure();
  Result<http::Endpoint> endpoint = http::parse_endpoint(location->url);
  if (!endpoint) co_return endpoint.failure();
  Way way;
  way.endpoint = std::move(*endpoint);
  way.endpoint.tls_options.authorities_pem = settings_.ca;
  way.endpoint.tls_options.insecure = settings_.insecure;
  way.title =
      "Elasticsearch of deployment " + (location->name.empty() ? end.deployment : location->name);
  co_return way;
}

Task<Result<Clusters::Way>> Clusters::way_to_eck(End end) {
  Provider* provider = others_ ? others_(end.connection) : nullptr;
  kubernetes::KubernetesAccess* access = kubernetes::kubernetes_access(provider);
  if (access == nullptr) co_return no_connection(end.connection, title_of(end));
  std::string space = end.namespace_name.empty() ? access->default_namespace() : end.namespace_name;
  const std::string where = space;
  std::string name = end.name;
  Result<kubernetes::EckEndpoint> found =
      co_await access->eck_endpoint(std::move(space), std::move(name));
  if (!found) co_return found.failure();
  Way way;
  way.endpoint = std::move(found->endpoint);
  way.title = "Elasticsearch " + where + "/" + end.name + " (" + found->reached_by + ")";
  if (!end.endpoint.empty()) {
    Result<http::Endpoint> chosen = http::parse_endpoint(end.endpoint);
    if (!chosen) co_return chosen.failure();
    chosen->tls_options.authorities_pem = way.endpoint.tls_options.authorities_pem;
    chosen->tls_options.server_name = way.endpoint.tls_options.server_name;
    way.endpoint = std::move(*chosen);
    way.title = "Elasticsearch " + where + "/" + end.name + " (" + end.endpoint + ")";
  }
  Credentials credentials;
  credentials.username = found->username;
  credentials.password = found->password;
  way.credentials = std::move(credentials);
  co_return way;
}

Task<Result<Clusters::Way>> Clusters::way_to(End end) {
  if (end.kind == End::Kind::ech) co_return co_await way_to_ech(std::move(end));
  if (end.kind == End::Kind::eck) co_return co_await way_to_eck(std::move(end));
  Result<http::Endpoint> endpoint = http::parse_endpoint(end.endpoint);
  if (!endpoint) co_return endpoint.failure();
  Way way;
  way.endpoint = std::move(*endpoint);
  way.endpoint.tls_options.authorities_pem = end.ca.empty() ? settings_.ca : end.ca;
  way.endpoint.tls_options.server_name = end.server_name;
  way.endpoint.tls_options.insecure = end.insecure || settings_.insecure;
  way.title = title_of(end);
  co_return way;
}

Task<Result<std::shared_ptr<Cluster>>> Clusters::find(Value cluster) {
  Result<End> end = parse_end(cluster);
  if (!end) co_return end.failure();
  const std::string key = json_read::dump(to_json(cluster));
  if (auto known = found_.find(key); known != found_.end()) co_return known->second;
  End place = *end;
  Result<Way> way = co_await way_to(std::move(place));
  if (!way) co_return way.failure();
  if (!way->credentials || !end->credentials.is_null()) {
    End asked = *end;
    Result<Credentials> credentials = co_await credentials_for(std::move(asked));
    if (!credentials) co_return credentials.failure();
    way->credentials = std::move(*credentials);
  }
  http::ClientOptions options;
  options.service = way->title;
  options.user_agent = environment_.user_agent;
  options.request_timeout = environment_.request_timeout;
  options.debug = environment_.debug;
  options.retrying = environment_.debug;
  auto made = std::make_shared<Cluster>(std::move(way->endpoint), std::move(options),
                                        std::move(*way->credentials));
  // Another coroutine may have been faster: then both use its client.
  co_return found_.emplace(key, std::move(made)).first->second;
}

}  // namespace crosstie::elasticsearch
