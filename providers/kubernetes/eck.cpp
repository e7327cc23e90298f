#include "providers/kubernetes/eck.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/read.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::uint16_t kHttpPort = 9200;
/// How long a load balancer may take to answer before a port-forward takes its place.
constexpr std::chrono::milliseconds kBalancerAnswers{5000};
const KindPath kSecrets{"/api/v1", "secrets", true};
const KindPath kServices{"/api/v1", "services", true};
const KindPath kPods{"/api/v1", "pods", true};
const KindPath kElasticsearches{"/apis/elasticsearch.k8s.elastic.co/v1", "elasticsearches", true};

Diagnostic missing(const std::string& what, const std::string& why) {
  return make_error("the ECK cluster cannot be reached", what + " " + why,
                    "To fix it, check name and namespace of the cluster, and that ECK has made "
                    "it:\n    kubectl get elasticsearch -A");
}

Result<std::string> key_of(const Reply& reply, const std::string& printed, const std::string& key) {
  if (reply.absent() || !reply.missing_namespace.empty())
    return missing("Secret " + printed, "does not exist.");
  if (!reply.ok()) return reply.diagnostics;
  const Value data = data_of(reply.body, {});
  const std::string text = data.text(key);
  if (text.empty()) return missing("Secret " + printed, "has no key `" + key + "`.");
  return text;
}

/// Opens a forward to a pod that is ready at that moment; pods come and go with rolling restarts.
struct PodDialer {
  std::shared_ptr<Api> api;
  std::string namespace_name;
  std::string cluster;
  std::string instead_of;  // why the load balancer is not used, "" when there is none

  Task<Result<int>> operator()() const { return dial(api, namespace_name, cluster, instead_of); }

  static Task<Result<int>> dial(std::shared_ptr<Api> api, std::string namespace_name,
                                std::string cluster, std::string instead_of) {
    Result<int> opened =
        co_await open(std::move(api), std::move(namespace_name), std::move(cluster));
    if (opened || instead_of.empty()) co_return opened;
    Diagnostics why = opened.failure();
    for (Diagnostic& diagnostic : why)
      diagnostic.detail += " It was tried because " + instead_of + ".";
    co_return why;
  }

  static Task<Result<int>> open(std::shared_ptr<Api> api, std::string namespace_name,
                                std::string cluster) {
    std::string query =
        "labelSelector=" +
        http::percent_encode(
            "common.k8s.elastic.co/type=elasticsearch,elasticsearch.k8s.elastic.co/cluster-name=" +
            cluster);
    const ListReply pods = co_await api->list(kPods, namespace_name, std::move(query));
    if (!pods.last.ok()) co_return pods.last.diagnostics;
    std::string pod = best_pod(pods.items);
    if (pod.empty())
      co_return missing("Elasticsearch " + namespace_name + "/" + cluster,
                        "has no running pod to forward a port to.");
    co_return co_await api->forward(namespace_name, std::move(pod), kHttpPort);
  }
};

/// Why a load balancer's address cannot be used; "" when something there answers. An answer of any
/// status does, and so does a failed TLS check: that is for the user to see, not to be passed by.
Task<std::string> why_silent(http::Endpoint endpoint, std::string username, Secret password) {
  const std::string title = "load balancer " + endpoint.host;
  http::ClientOptions options;
  options.service = title;
  options.connect_timeout = kBalancerAnswers;
  http::Client client(std::move(endpoint), std::move(options));
  http::Request request;
  request.target = "/";
  request.tries_max = 1;
  request.timeout = kBalancerAnswers;
  // With the credentials of the calls that follow: without, it would look like an intruder's.
  request.headers = {
      {"Authorization", "Basic " + http::base64_encode(username + ":" + password.reveal())}};
  const http::Exchange exchange = co_await client.send(std::move(request));
  if (exchange.answered()) co_return std::string{};
  switch (exchange.failure.kind) {
    case http::Failure::Kind::dns:
    case http::Failure::Kind::connect:
    case http::Failure::Kind::timeout:
    case http::Failure::Kind::reset:
      co_return title + " does not answer: " + exchange.failure.message;
    default:
      co_return std::string{};
  }
}

}  // namespace

std::string best_pod(const std::vector<Value>& pods) {
  std::string running;
  for (const Value& pod : pods) {
    const Value* metadata = pod.find("metadata");
    if (metadata == nullptr || metadata->find("deletionTimestamp") != nullptr) continue;
    if (condition_status(pod, "Ready") == "True") return metadata->text("name");
    const Value* phase = pod.at({"status", "phase"});
    if (running.empty() && phase != nullptr && *phase == Value("Running"))
      running = metadata->text("name");
  }
  return running;
}

bool http_tls_disabled(const Value& elasticsearch) {
  const Value* disabled =
      elasticsearch.at({"spec", "http", "tls", "selfSignedCertificate", "disabled"});
  const Value* own = elasticsearch.at({"spec", "http", "tls", "certificate", "secretName"});
  const bool has_own = own != nullptr && own->is_string() && !own->as_string().empty();
  return disabled != nullptr && *disabled == Value(true) && !has_own;
}

Task<Result<EckEndpoint>> find_eck_endpoint(std::shared_ptr<Api> api, std::string namespace_name,
                                            std::string name) {
  if (namespace_name.empty()) namespace_name = api->connection().namespace_name;
  const std::string printed = namespace_name + "/" + name;
  const Reply cluster = co_await api->get(kElasticsearches, namespace_name, name);
  if (cluster.absent() || cluster.not_served() || !cluster.missing_namespace.empty())
    co_return missing("Elasticsearch " + printed, "does not exist.");
  // The cluster itself may be hidden from us while its Secrets are not.
  if (!cluster.ok() && !cluster.forbidden()) co_return cluster.diagnostics;
  EckEndpoint found;
  found.username = "elastic";
  std::string user_secret = name + "-es-elastic-user";
  const Reply user = co_await api->get(kSecrets, namespace_name, std::move(user_secret));
  Result<std::string> password = key_of(user, printed + "-es-elastic-user", "elastic");
  if (!password) co_return password.failure();
  found.password = Secret(std::move(*password));
  found.endpoint.tls = !http_tls_disabled(cluster.body);
  found.endpoint.port = kHttpPort;
  const std::string service = name + "-es-http";
  if (found.endpoint.tls) {
    std::string certificate_secret = name + "-es-http-certs-public";
    const Reply certificates =
        co_await api->get(kSecrets, namespace_name, std::move(certificate_secret));
    // With a certificate of the user's own there may be no ca.crt: the chain itself is trusted
    // then.
    Result<std::string> authority =
        key_of(certificates, printed + "-es-http-certs-public", "ca.crt");
    if (!authority && certificates.ok())
      authority = key_of(certificates, printed + "-es-http-certs-public", "tls.crt");
    if (!authority) co_return authority.failure();
    found.endpoint.tls_options.authorities_pem = std::move(*authority);
    found.endpoint.tls_options.server_name = service + "." + namespace_name + ".svc";
  }
  if (api->connection().in_cluster) {
    found.endpoint.host = service + "." + namespace_name + ".svc";
    found.reached_by = "service " + found.endpoint.host;
    co_return found;
  }
  const Reply http_service = co_await api->get(kServices, namespace_name, service);
  const Value address = http_service.ok() ? load_balancer_of(http_service.body) : Value();
  std::string silent;
  if (!address.is_null()) {
    found.endpoint.host = address.text("host");
    found.reached_by = "load balancer " + found.endpoint.host;
    http::Endpoint probed = found.endpoint;
    std::string username = found.username;
    Secret secret = found.password;
    silent = co_await why_silent(std::move(probed), std::move(username), std::move(secret));
    if (silent.empty()) co_return found;
  }
  found.endpoint.host = service + "." + namespace_name + ".svc";
  found.endpoint.dialer = PodDialer{api, namespace_name, name, silent};
  found.reached_by = "port-forward to a pod of " + printed;
  if (!silent.empty()) found.reached_by += "; " + silent;
  co_return found;
}

}  // namespace crosstie::kubernetes
