#include "providers/kubernetes/api.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/authorizer.hpp"
#include "providers/kubernetes/kubeconfig.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"
#include "providers/registry.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr int kListPage = 500;
constexpr int kListPagesMax = 2000;  // a million objects
constexpr std::size_t kBodyBytesMax = 256u << 20;
constexpr std::chrono::seconds kWatchServerMax{240};
constexpr std::chrono::seconds kWatchIdleMax{300};

std::string printed_address(const http::Endpoint& endpoint) {
  const bool six = endpoint.host.find(':') != std::string::npos;
  return std::string(endpoint.tls ? "https://" : "http://") +
         (six ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port) +
         endpoint.base_path;
}

http::Request json_request(std::string method, std::string target) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = {{"Accept", "application/json"}};
  request.body_bytes_max = kBodyBytesMax;
  return request;
}

std::string with_query(std::string target, const std::string& query) {
  if (query.empty()) return target;
  return target + (target.find('?') == std::string::npos ? "?" : "&") + query;
}

std::string group_prefix(const std::string& api_version) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}

}  // namespace

std::string ObjectName::print() const {
  return kind + " " + (namespace_name.empty() ? std::string{} : namespace_name + "/") + name;
}

std::string object_path(const KindPath& kind, const std::string& namespace_name,
                        const std::string& name) {
  std::string path = kind.prefix;
  if (kind.namespaced) path += "/namespaces/" + http::percent_encode(namespace_name);
  path += "/" + kind.plural;
  if (!name.empty()) path += "/" + http::percent_encode(name);
  return path;
}

Api::Api(KubeConnection connection, const ProviderEnvironment& environment)
    : connection_(std::move(connection)),
      service_("Kubernetes API at " + printed_address(connection_.endpoint)),
      debug_(environment.debug),
      authorizer_(std::make_shared<Authorizer>(connection_.credentials, connection_.endpoint,
                                               read_file_from_disk)) {
  options_.service = service_;
  options_.user_agent = environment.user_agent;
  options_.request_timeout = environment.request_timeout;
  if (environment.debug) {
    options_.debug = [debug = environment.debug](const std::string& line) {
      debug("kubernetes: " + line);
    };
    options_.retrying = options_.debug;
  }
}

Task<Result<std::shared_ptr<http::Client>>> Api::client() {
  if (client_) co_return client_;
  const auto self = shared_from_this();
  http::Endpoint endpoint = connection_.endpoint;
  if (connection_.credentials.exec) {
    Result<http::TlsOptions> given = co_await authorizer_->tls_options();
    if (!given) co_return given.failure();
    if (!given->certificate_pem.empty()) {
      endpoint.tls_options.certificate_pem = given->certificate_pem;
      endpoint.tls_options.key_pem = given->key_pem;
    }
  }
  if (!client_) {
    client_ = std::make_shared<http::Client>(std::move(endpoint), options_);
    client_->set_authorization([authorizer = authorizer_] { return authorizer->headers(); });
  }
  co_return client_;
}

Task<Reply> Api::send(http::Request request) {
  const auto self = shared_from_this();
  Reply reply;
  for (const bool last : {false, true}) {
    Result<std::shared_ptr<http::Client>> chosen = co_await client();
    if (!chosen) {
      reply.diagnostics = chosen.failure();
      co_return reply;
    }
    const std::shared_ptr<http::Client> sender = std::move(*chosen);
    http::Request copy = request;
    http::Exchange exchange = co_await sender->send(std::move(copy));
    const bool refused = exchange.answered() && exchange.response->status == 401;
    if (refused && !last && authorizer_->forget()) {
      client_.reset();
      continue;
    }
    if (debug_ && exchange.answered()) {
      const std::string warning = exchange.response->header("warning");
      if (!warning.empty()) debug_("kubernetes: warning: " + warning);
    }
    reply = understand(service_, request, std::move(exchange));
    break;
  }
  co_return reply;
}

Task<Reply> Api::get_path(std::string target) {
  http::Request request = json_request("GET", std::move(target));
  co_return co_await send(std::move(request));
}

Task<KindLookup> Api::find_kind(std::string api_version, std::string kind) {
  const auto self = shared_from_this();
  KindLookup lookup;
  if (const auto known = kinds_.find(api_version); known != kinds_.end()) {
    if (const auto path = known->second.find(kind); path != known->second.end()) {
      lookup.path = path->second;
      co_return lookup;
    }
  }
  // Not known, or not there at the last look: a CustomResourceDefinition may have come since.
  const std::string prefix = group_prefix(api_version);
  std::string target = prefix;
  const Reply reply = co_await get_path(std::move(target));
  if (reply.status == 404) co_return lookup;
  if (!reply.ok()) {
    lookup.diagnostics = reply.diagnostics;
    co_return lookup;
  }
  const Value* resources = reply.body.find("resources");
  if (resources == nullptr || !resources->is_list()) co_return lookup;
  auto& kinds = kinds_[api_version];
  for (const Value& resource : resources->as_list()) {
    const std::string name = resource.text("name");
    if (name.empty() || name.find('/') != std::string::npos)
      continue;  // "pods/status" is a subresource
    kinds[resource.text("kind")] = {prefix, name, resource.flag("namespaced")};
  }
  if (const auto path = kinds.find(kind); path != kinds.end()) lookup.path = path->second;
  co_return lookup;
}

Task<Reply> Api::get(KindPath kind, std::string namespace_name, std::string name) {
  http::Request request = json_request("GET", object_path(kind, namespace_name, name));
  co_return co_await send(std::move(request));
}

Task<ListReply> Api::list(KindPath kind, std::string namespace_name, std::string query) {
  const auto self = shared_from_this();
  ListReply reply;
  std::string next;
  for (int page = 0; page < kListPagesMax; ++page) {
    std::string target =
        with_query(object_path(kind, namespace_name, ""), "limit=" + std::to_string(kListPage));
    target = with_query(std::move(target), query);
    if (!next.empty())
      target = with_query(std::move(target), "continue=" + http::percent_encode(next));
    http::Request request = json_request("GET", std::move(target));
    reply.last = co_await send(std::move(request));
    if (reply.last.status == 410 && !next.empty()) {  // the continue token expired (fixture
                                                      // http-list-continue-expired): begin anew
      reply.items.clear();
      next.clear();
      continue;
    }
    if (!reply.last.ok()) co_return reply;
    Value body = std::move(reply.last.body);
    reply.last.body = Value();
    if (const Value* items = body.find("items"); items != nullptr && items->is_list()) {
      for (Value& item : body.as_object().find("items")->second.as_list())
        reply.items.push_back(std::move(item));
    }
    const Value* metadata = body.find("metadata");
    next = metadata == nullptr ? std::string{} : metadata->text("continue");
    if (next.empty()) co_return reply;
  }
  reply.last.diagnostics.push_back(
      make_error("too many objects", "The list has more than a million objects."));
  co_return reply;
}

Task<Reply> Api::patch(std::string target, std::string content_type, Value body,
                       std::string manager) {
  target = with_query(std::move(target), "fieldManager=" + http::percent_encode(manager));
  target = with_query(std::move(target), "fieldValidation=Strict");
  http::Request request = json_request("PATCH", std::move(target));
  request.content_type = std::move(content_type);
  request.body = to_json(body).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  co_return co_await send(std::move(request));
}

Task<Reply> Api::apply(KindPath kind, std::string namespace_name, std::string name, Value body,
                       ApplyOptions options) {
  std::string target = object_path(kind, namespace_name, name);
  if (options.force) target = with_query(std::move(target), "force=true");
  if (options.dry_run) target = with_query(std::move(target), "dryRun=All");
  std::string type = "application/apply-patch+yaml";
  std::string manager = options.manager;
  co_return co_await patch(std::move(target), std::move(type), std::move(body), std::move(manager));
}

Task<Reply> Api::merge_patch(KindPath kind, std::string namespace_name, std::string name,
                             Value body, std::string manager) {
  std::string target = object_path(kind, namespace_name, name);
  std::string type = "application/merge-patch+json";
  co_return co_await patch(std::move(target), std::move(type), std::move(body), std::move(manager));
}

Task<Reply> Api::json_patch(KindPath kind, std::string namespace_name, std::string name, Value body,
                            std::string manager) {
  std::string target = object_path(kind, namespace_name, name);
  std::string type = "application/json-patch+json";
  co_return co_await patch(std::move(target), std::move(type), std::move(body), std::move(manager));
}

Task<Reply> Api::remove(KindPath kind, std::string namespace_name, std::string name,
                        DeleteOptions options) {
  http::Request request = json_request("DELETE", object_path(kind, namespace_name, name));
  request.content_type = "application/json";
  nlohmann::json body = {
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty())
    body["preconditions"]["resourceVersion"] = options.resource_version;
  request.body = body.dump();
  co_return co_await send(std::move(request));
}

Task<Reply> Api::watch(KindPath kind, std::string namespace_name, std::string name,
                       std::string resource_version,
                       std::function<bool(const std::string& type, Value object)> on_object) {
  const auto self = shared_from_this();
  Reply reply;
  Result<std::shared_ptr<http::Client>> chosen = co_await client();
  if (!chosen) {
    reply.diagnostics = chosen.failure();
    co_return reply;
  }
  const std::shared_ptr<http::Client> sender = std::move(*chosen);
  std::string target = object_path(kind, namespace_name, "") +
                       "?watch=true&allowWatchBookmarks=true&fieldSelector=" +
                       http::percent_encode("metadata.name=" + name) +
                       "&timeoutSeconds=" + std::to_string(kWatchServerMax.count());
  if (!resource_version.empty())
    target += "&resourceVersion=" + http::percent_encode(resource_version);
  http::Request request = json_request("GET", std::move(target));
  http::Request copy = request;
  std::function<bool(std::string_view)> on_line =
      [on_object = std::move(on_object)](std::string_view line) {
        const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
        if (!event.is_object() || !event.contains("object")) return false;
        const std::string type = event.value("type", "");
        if (type == "BOOKMARK") return true;
        return on_object(type, from_json(event["object"]));
      };
  http::Exchange exchange =
      co_await sender->stream(std::move(copy), kWatchIdleMax, std::move(on_line));
  if (exchange.answered() && exchange.response->status == 200) {
    reply.status = 200;
    co_return reply;
  }
  co_return understand(service_, request, std::move(exchange));
}

Task<Result<int>> Api::forward(std::string namespace_name, std::string pod, std::uint16_t port) {
  const auto self = shared_from_this();
  Result<std::shared_ptr<http::Client>> chosen = co_await client();
  if (!chosen) co_return chosen.failure();
  const std::shared_ptr<http::Client> sender = std::move(*chosen);
  std::string target = "/api/v1/namespaces/" + http::percent_encode(namespace_name) + "/pods/" +
                       http::percent_encode(pod) + "/portforward?ports=" + std::to_string(port);
  co_return co_await sender->forward(std::move(target), port);
}

}  // namespace crosstie::kubernetes
