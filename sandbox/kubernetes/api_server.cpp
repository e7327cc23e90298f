#include "sandbox/kubernetes/api_server.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/access.hpp"
#include "sandbox/kubernetes/definitions.hpp"
#include "sandbox/kubernetes/dump.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/lifecycle.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox {

using nlohmann::json;

namespace kubernetes {

namespace {

constexpr const char* kStartNamespaces[] = {"default", "kube-node-lease", "kube-public",
                                            "kube-system"};

std::map<std::string, User> known_tokens(const KubernetesApi::Options& options) {
  std::map<std::string, User> tokens;
  if (!options.admin_token.empty())
    tokens[options.admin_token] = {"admin", "", {"system:masters", "system:authenticated"}};
  if (!options.reader_token.empty())
    tokens[options.reader_token] = {"reader", "", {"system:authenticated"}};
  for (const auto& [token, name] : options.user_tokens)
    tokens[token] = {name, name + "-uid", {"system:authenticated"}};
  return tokens;
}

void add_namespace(Server& server, const std::string& name) {
  const ObjectKey key{"", "namespaces", "", name};
  if (server.store.find(key)) return;
  server.store.create(key, {{"apiVersion", "v1"},
                            {"kind", "Namespace"},
                            {"metadata", {{"labels", {{"kubernetes.io/metadata.name", name}}}}},
                            {"spec", {{"finalizers", {"kubernetes"}}}},
                            {"status", {{"phase", "Active"}}}});
}

/// Rights of the read-only user, as RBAC objects like anybody's.
void add_reader_role(Server& server) {
  const std::string group = "rbac.authorization.k8s.io";
  const json rule = {
      {"apiGroups", {"*"}}, {"resources", {"*"}}, {"verbs", {"get", "list", "watch"}}};
  server.store.create({group, "clusterroles", "", "reader"}, {{"apiVersion", group + "/v1"},
                                                              {"kind", "ClusterRole"},
                                                              {"metadata", json::object()},
                                                              {"rules", json::array({rule})}});
  const json subject = {{"apiGroup", group}, {"kind", "User"}, {"name", "reader"}};
  server.store.create(
      {group, "clusterrolebindings", "", "reader"},
      {{"apiVersion", group + "/v1"},
       {"kind", "ClusterRoleBinding"},
       {"metadata", json::object()},
       {"roleRef", {{"apiGroup", group}, {"kind", "ClusterRole"}, {"name", "reader"}}},
       {"subjects", json::array({subject})}});
}

void add_first_objects(Server& server) {
  for (const char* name : kStartNamespaces) add_namespace(server, name);
  if (!server.options.reader_token.empty()) add_reader_role(server);
  const json ports =
      json::array({{{"name", "https"}, {"port", 443}, {"protocol", "TCP"}, {"targetPort", 6443}}});
  server.store.create(
      {"", "services", "default", "kubernetes"},
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", {{"labels", {{"component", "apiserver"}, {"provider", "kubernetes"}}}}},
       {"spec",
        {{"clusterIP", "10.0.0.1"},
         {"clusterIPs", {"10.0.0.1"}},
         {"internalTrafficPolicy", "Cluster"},
         {"ipFamilies", {"IPv4"}},
         {"ipFamilyPolicy", "SingleStack"},
         {"ports", ports},
         {"sessionAffinity", "None"},
         {"type", "ClusterIP"}}},
       {"status", {{"loadBalancer", json::object()}}}});
  if (!server.options.eck) return;
  json definition = elasticsearch_definition(server.options.remote_cluster_service);
  const std::string name = definition.at("metadata").at("name");
  definition["status"] = {
      {"acceptedNames", definition.at("spec").at("names")},
      {"conditions",
       json::array(
           {{{"type", "Established"}, {"status", "True"}, {"reason", "InitialNamesAccepted"}}})},
      {"storedVersions", {"v1"}}};
  server.store.create({"apiextensions.k8s.io", "customresourcedefinitions", "", name},
                      std::move(definition));
}

Response serve_collection_or_object(Call& call) {
  const std::string& verb = call.info.verb;
  const bool one = !call.info.name.empty();
  const bool everywhere = call.kind->namespaced && call.info.namespace_name.empty();
  if (!call.kind->verbs.empty()) {
    if (verb == "create" && !one) return self_review(call);
    throw method_not_allowed();
  }
  if (verb == "get") return read_one(call);
  if (verb == "list") return list_objects(call);
  if (verb == "watch") return watch_objects(call);
  if (verb == "deletecollection") return delete_collection(call);
  if (verb == "create" && !one && !everywhere) return create_object(call);
  if (verb == "update" && one) return update_object(call);
  if (verb == "patch" && one) return patch_object(call);
  if (verb == "delete" && one) return delete_object(call);
  throw method_not_allowed();
}

/// Subresources of a real server that this one lacks, told apart from what no server has.
bool not_simulated(const Kind& kind, const std::string& sub) {
  static const std::set<std::string> kNames = {"pods/log",
                                               "pods/exec",
                                               "pods/attach",
                                               "pods/eviction",
                                               "pods/proxy",
                                               "pods/resize",
                                               "pods/binding",
                                               "pods/ephemeralcontainers",
                                               "services/proxy",
                                               "statefulsets/scale",
                                               "deployments/scale",
                                               "replicasets/scale",
                                               "namespaces/finalize",
                                               "serviceaccounts/token"};
  return !kind.custom && kNames.contains(kind.resource + "/" + sub);
}

/// Answers are JSON only (k8s.io/apiserver/pkg/endpoints/handlers/negotiation).
void check_accept(const Request& request) {
  const std::string accept = request.header("accept");
  const bool fits = accept.empty() || accept.find("application/json") != std::string::npos ||
                    accept.find("*/*") != std::string::npos ||
                    accept.find("application/*") != std::string::npos;
  if (fits) return;
  throw StatusError(406, "NotAcceptable",
                    "only the following media types are accepted: application/json");
}

Response serve_resource(Call& call) {
  const std::string& sub = call.info.subresource;
  if (sub.empty()) return serve_collection_or_object(call);
  if (sub == "status" && call.kind->status) {
    if (call.info.verb == "get") return read_one(call);
    if (call.info.verb == "update") return update_object(call);
    if (call.info.verb == "patch") return patch_object(call);
    throw method_not_allowed();
  }
  if (sub == "portforward" && call.kind->kind == "Pod" && !call.kind->custom) {
    if (call.info.verb == "get" || call.info.verb == "create") return port_forward(call);
    throw method_not_allowed();
  }
  if (not_simulated(*call.kind, sub)) {
    throw StatusError(501, "NotImplemented",
                      "the sandbox does not simulate " + call.kind->resource + "/" + sub);
  }
  return text_not_found();
}

Response serve(Server& server, const Request& request) {
  const RequestInfo info = parse_request(request);
  const User user = server.access.authenticate(request);
  server.access.authorize(user, info);
  if (!info.is_resource) return serve_path(server, request, info);
  const KindPtr kind = server.kinds.find(info.group, info.version, info.resource);
  const bool scope_fits =
      kind && (kind->namespaced || info.namespace_name.empty() || kind->kind == "Namespace");
  if (!kind || info.too_deep || !scope_fits) return text_not_found();
  if (kind->namespaced && !info.name.empty() && info.namespace_name.empty())
    return text_not_found();
  check_accept(request);
  Call call{server, request, info, user, kind, {}};
  Response response = serve_resource(call);
  for (const std::string& warning : call.warnings)
    response.headers.emplace_back("Warning", "299 - " + json(warning).dump());
  return response;
}

Response answer_error(const Request& request, const StatusError& error) {
  Response response = respond(request, error.code, error.status);
  response.headers.insert(response.headers.end(), error.headers.begin(), error.headers.end());
  return response;
}

Task<Response> handle(std::shared_ptr<Server> server, Request request) {
  Response response;
  std::chrono::milliseconds delay{0};
  try {
    response = serve(*server, request);
  } catch (const StatusError& error) {
    response = answer_error(request, error);
    delay = error.delay;
  } catch (const json::exception& error) {
    // A field of a kind without a schema here has a type that no object of that kind can have.
    response = answer_error(
        request,
        bad_request(std::string("json: cannot unmarshal into Go struct: ") + error.what()));
  }
  if (delay.count() > 0) co_await server->context.clock.wait(delay);
  response.headers.emplace_back("Audit-Id", server->audit_ids.uuid());
  response.headers.emplace_back("Cache-Control", "no-cache, private");
  co_return response;
}

}  // namespace

Server::Server(Context& context_, ObjectStore& store_, KubernetesApi::Options options_)
    : context(context_),
      store(store_),
      options(std::move(options_)),
      access(store_, known_tokens(options)),
      lifecycle(std::make_shared<Lifecycle>(context_.executor, store_, kinds, options.ca_pem)) {}

const json& Call::existing() const {
  const json* object = server.store.find(key());
  if (!object) throw not_found(subject());
  return *object;
}

json Call::shown(json object) const {
  object["apiVersion"] = kind->api_version(info.version);
  object["kind"] = kind->kind;
  return object;
}

Response respond(const Request& request, int status, const json& body) {
  const std::string agent = request.header("user-agent");
  const auto pretty = request.query_value("pretty");
  // k8s.io/apiserver/pkg/endpoints/handlers/negotiation, isPrettyPrint
  const bool person =
      agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
  const bool indent = pretty ? *pretty != "false" && *pretty != "0" : person;
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body =
      body.dump(indent ? 2 : -1, ' ', false, json::error_handler_t::replace) + (indent ? "" : "\n");
  return response;
}

}  // namespace kubernetes

struct KubernetesApi::State {
  std::shared_ptr<kubernetes::Server> server;  // shared with the requests that are being served
};

KubernetesApi::KubernetesApi(Context& context, ObjectStore& store, Options options)
    : state_(std::make_shared<State>()) {
  state_->server = std::make_shared<kubernetes::Server>(context, store, std::move(options));
  state_->server->lifecycle->start();
  kubernetes::add_first_objects(*state_->server);
}

KubernetesApi::~KubernetesApi() = default;

Handler KubernetesApi::handler() {
  return [server = state_->server](Request request) {
    return kubernetes::handle(server, std::move(request));
  };
}

void KubernetesApi::add_namespace(const std::string& name) {
  kubernetes::add_namespace(*state_->server, name);
}

json KubernetesApi::dump() const { return kubernetes::dump_objects(state_->server->store); }

}  // namespace crosstie::sandbox
