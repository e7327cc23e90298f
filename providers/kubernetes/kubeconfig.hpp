#pragma once
// The kubeconfig as kubectl reads it: which API server, with what trust and which credentials. No
// network here. Rules: kubernetes/client-go tools/clientcmd (loader.go: merge and relative paths;
// client_config.go: precedence).
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/http/client.hpp"
#include "providers/registry.hpp"

namespace crosstie::kubernetes {

/// A program that gives credentials (client.authentication.k8s.io v1 or v1beta1).
struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  bool provide_cluster_info = false;
};

struct Credentials {
  Secret token;
  std::string token_file;  // wins over `token`; read again when its content may have changed
  std::string username;
  Secret password;
  std::optional<ExecPlugin> exec;
  std::string impersonate;
  std::vector<std::string> impersonate_groups;
};

/// One context, resolved: files are read, except the token file.
struct KubeConnection {
  http::Endpoint endpoint;  // with the client certificate, when there is one
  std::string context;      // "" in a cluster
  std::string namespace_name = "default";
  Credentials credentials;
  bool in_cluster = false;
};

/// What the user set under `providers: kubernetes:`.
struct KubeSettings {
  std::string kubeconfig;
  std::string context;
  std::string namespace_name;
};

Result<KubeSettings> parse_kube_settings(const Value& settings);

/// Where files are found; a table in tests.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// Errors: no kubeconfig, a file that is no kubeconfig (with its line), a context, cluster or user
/// that is missing, a certificate file that cannot be read. Never prints a token, key or password.
Result<KubeConnection> resolve_kubeconfig(const KubeSettings& settings,
                                          const ProviderEnvironment& environment,
                                          const ReadFile& read_file);

/// Content of a file of at most 4 MiB, nullopt when it cannot be read.
std::optional<std::string> read_file_from_disk(const std::string& path);

}  // namespace crosstie::kubernetes
