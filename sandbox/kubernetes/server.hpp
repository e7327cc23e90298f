#pragma once
// What the request code shares: the server's state and one call on it. Internal to
// sandbox/kubernetes.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/access.hpp"
#include "sandbox/kubernetes/api_server.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/lifecycle.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

/// Bodies of writes (k8s.io/apiserver, MaxRequestBodyBytes;
/// shared/fixtures/kubernetes/http-413-body-over-3mib.txt).
inline constexpr std::size_t kRequestBytesMax = 3145728;

struct Server {
  Server(Context& context_, ObjectStore& store_, KubernetesApi::Options options_);

  Context& context;
  ObjectStore& store;
  KubernetesApi::Options options;
  KindTable kinds;
  Access access;
  std::shared_ptr<Lifecycle> lifecycle;  // shared with what it posts to the executor
  Ids audit_ids{1};  // of its own, so that the number of requests does not change the objects' uids
};

/// One request on a resource, with the user known and allowed.
struct Call {
  Server& server;
  const Request& request;
  RequestInfo info;
  User user;
  KindPtr kind;
  std::vector<std::string> warnings;  // become Warning headers

  ObjectKey key() const { return key_of(info.name); }
  ObjectKey key_of(const std::string& name) const {
    return {kind->group, kind->resource, kind->namespaced ? info.namespace_name : "", name};
  }
  /// By plural resource, as most errors name it.
  Subject subject() const { return {kind->group, kind->resource, info.name}; }
  /// The stored object; throws StatusError 404.
  const nlohmann::json& existing() const;
  /// As the requested version shows it.
  nlohmann::json shown(nlohmann::json object) const;
};

/// Body as the client can read it best: indented for people's tools, compact for all others.
Response respond(const Request& request, int status, const nlohmann::json& body);

Response read_one(Call& call);
Response list_objects(Call& call);
Response watch_objects(Call& call);
Response create_object(Call& call);
Response update_object(Call& call);
Response patch_object(Call& call);
Response delete_object(Call& call);
Response delete_collection(Call& call);
Response port_forward(Call& call);
Response self_review(Call& call);

/// Answer of a path that is no resource: version, health, discovery, OpenAPI. Throws StatusError,
/// or answers 404 as text.
Response serve_path(Server& server, const Request& request, const RequestInfo& info);
Response text_not_found();

}  // namespace crosstie::sandbox::kubernetes
