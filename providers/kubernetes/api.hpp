#pragma once
// The Kubernetes API as this provider uses it: discovery, reads, server-side apply, patches,
// deletes, watches. Each function is one request (with the retries of the HTTP client), except
// list, which follows the pages.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/authorizer.hpp"
#include "providers/kubernetes/kubeconfig.hpp"
#include "providers/kubernetes/status.hpp"

namespace crosstie::kubernetes {

/// Where the objects of a kind are.
struct KindPath {
  std::string prefix;  // "/api/v1", "/apis/apps/v1"
  std::string plural;
  bool namespaced = true;
};

/// A kind looked up in discovery: a path, or not served, or the reason why it cannot be told.
struct KindLookup {
  std::optional<KindPath> path;
  Diagnostics diagnostics;  // empty and no path: not served
};

struct ListReply {
  std::vector<Value> items;
  Reply last;  // its diagnostics tell whether the list is complete
};

/// Deletes only the object that has these; "" is not asked for.
struct DeleteOptions {
  std::string uid;
  std::string resource_version;
};

struct ApplyOptions {
  std::string manager;
  bool force = false;
  bool dry_run = false;
};

/// Kept by shared_ptr: the provider, and the watches that run beside a wait.
class Api : public std::enable_shared_from_this<Api> {
 public:
  Api(KubeConnection connection, const ProviderEnvironment& environment);

  Task<KindLookup> find_kind(std::string api_version, std::string kind);
  Task<Reply> get(KindPath kind, std::string namespace_name, std::string name);
  /// `query` is appended to each page's: "labelSelector=..." already encoded, or "".
  Task<ListReply> list(KindPath kind, std::string namespace_name, std::string query);
  Task<Reply> apply(KindPath kind, std::string namespace_name, std::string name, Value body,
                    ApplyOptions options);
  Task<Reply> merge_patch(KindPath kind, std::string namespace_name, std::string name, Value body,
                          std::string manager);
  Task<Reply> json_patch(KindPath kind, std::string namespace_name, std::string name, Value body,
                         std::string manager);
  /// Propagation "Background". 409 when the object is not as `options` say.
  Task<Reply> remove(KindPath kind, std::string namespace_name, std::string name,
                     DeleteOptions options);
  /// One object's changes until the server ends the watch or `on_object` returns false. Types
  /// ADDED, MODIFIED, DELETED, ERROR.
  Task<Reply> watch(KindPath kind, std::string namespace_name, std::string name,
                    std::string resource_version,
                    std::function<bool(const std::string& type, Value object)> on_object);
  Task<Reply> get_path(std::string target);
  Task<Result<int>> forward(std::string namespace_name, std::string pod, std::uint16_t port);

  const KubeConnection& connection() const { return connection_; }
  const std::string& service() const { return service_; }

 private:
  Task<Result<std::shared_ptr<http::Client>>> client();
  Task<Reply> send(http::Request request);
  Task<Reply> patch(std::string target, std::string content_type, Value body, std::string manager);

  KubeConnection connection_;
  std::string service_;
  http::ClientOptions options_;
  std::function<void(const std::string&)> debug_;
  std::shared_ptr<Authorizer> authorizer_;
  std::shared_ptr<http::Client>
      client_;  // shared with requests in flight when new credentials make a new one
  std::map<std::string, std::map<std::string, KindPath>> kinds_;  // by apiVersion, by kind
};

/// Path of one object (name "" for the collection), percent-encoded.
std::string object_path(const KindPath& kind, const std::string& namespace_name,
                        const std::string& name);

}  // namespace crosstie::kubernetes
