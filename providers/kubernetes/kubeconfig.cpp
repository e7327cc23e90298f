#include "providers/kubernetes/kubeconfig.hpp"

#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/kubeconfig_file.hpp"
#include "providers/registry.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;
constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names;
}

template <class Map>
Diagnostic missing(const std::string& what, const std::string& name, const Map& known,
                   const std::string& named_by) {
  const std::vector<std::string> names = names_of(known);
  std::string detail = "The " + what + " `" + name + "`" + named_by + " is not in the kubeconfig.";
  if (const std::string near = did_you_mean(name, names); !near.empty()) {
    detail += " Did you mean `" + near + "`?";
  } else if (!names.empty()) {
    detail += " It has:";
    for (const std::string& known_name : names) detail += " " + known_name;
    detail += ".";
  }
  return make_error("no such " + what + " in the kubeconfig", std::move(detail),
                    "To see what there is:\n    kubectl config get-contexts");
}

/// `whose`: "cluster `c` in FILE", for messages. As with kubectl, the data win over the file.
Result<std::string> file_or_data(const std::string& what, const std::string& whose,
                                 const std::string& file, const std::string& data,
                                 const ReadFile& read_file) {
  if (!data.empty()) {
    const auto decoded = http::base64_decode(data);
    if (!decoded)
      return make_error(
          "the kubeconfig is not valid", "`" + what + "-data` of " + whose + " is no base64.",
          "To fix it, put there what `base64 -w0 FILE` prints, or name the file in `" + what +
              "`.");
    return *decoded;
  }
  if (file.empty()) return std::string{};
  const auto content = read_file(file);
  if (!content) {
    return make_error("a file of the kubeconfig cannot be read",
                      "`" + what + "` of " + whose + " names " + file + ", which cannot be read.",
                      "To fix it, check that the file is there and readable.");
  }
  return *content;
}

Result<KubeConnection> in_cluster(const KubeSettings& settings,
                                  const ProviderEnvironment& environment,
                                  const ReadFile& read_file) {
  const std::string folder = kServiceAccount;
  KubeConnection connection;
  connection.in_cluster = true;
  connection.endpoint.host = environment.variable("KUBERNETES_SERVICE_HOST");
  const std::string port = environment.variable("KUBERNETES_SERVICE_PORT");
  connection.endpoint.port = 443;
  if (!port.empty()) {
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), connection.endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size() || connection.endpoint.port == 0)
      return make_error(
          "environment variable has a wrong value",
          "KUBERNETES_SERVICE_PORT must be a port from 1 to 65535, not \"" + port + "\".",
          "To fix it, set it right, or name a kubeconfig in KUBECONFIG.");
  }
  const auto authority = read_file(folder + "/ca.crt");
  if (!authority)
    return make_error(
        "the service account cannot be read",
        "KUBERNETES_SERVICE_HOST is set, as inside a pod, but " + folder +
            "/ca.crt cannot be read.",
        "To fix it, let the pod mount its service account token, or name a kubeconfig "
        "in KUBECONFIG.");
  connection.endpoint.tls_options.authorities_pem = *authority;
  connection.credentials.token_file = folder + "/token";
  if (const auto name = read_file(folder + "/namespace"); name && !name->empty())
    connection.namespace_name = *name;
  if (!settings.namespace_name.empty()) connection.namespace_name = settings.namespace_name;
  return connection;
}

Result<Kubeconfig> load(const std::vector<std::string>& files, bool must_exist,
                        const ReadFile& read_file) {
  Kubeconfig all;
  Diagnostics problems;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) {
      // kubectl passes over files of the list that are not there.
      if (must_exist)
        problems.push_back(make_error("the kubeconfig cannot be read",
                                      "The file " + file + " cannot be read.",
                                      "To fix it, correct `kubeconfig:` in the configuration."));
      continue;
    }
    Result<void> merged = merge_kubeconfig(all, *text, file);
    if (!merged) append(problems, merged.failure());
  }
  if (!problems.empty()) return problems;
  return all;
}

Result<http::Endpoint> endpoint_of(const ContextEntry& context, const ClusterEntry& cluster,
                                   const UserEntry& user, const ReadFile& read_file) {
  const std::string of_cluster = "cluster `" + context.cluster + "` in " + cluster.file;
  const std::string of_user = "user `" + context.user + "` in " + user.file;
  if (cluster.server.empty())
    return make_error("the kubeconfig is not valid", "The " + of_cluster + " has no `server`.",
                      "To fix it, add the address of its API server, like `server: "
                      "https://HOST:6443`.");
  const bool has_scheme = cluster.server.find("://") != std::string::npos;
  Result<http::Endpoint> endpoint =
      http::parse_endpoint(has_scheme ? cluster.server : "https://" + cluster.server);
  if (!endpoint) {
    for (Diagnostic& error : endpoint.failure())
      error.detail = "It is the `server` of " + of_cluster + ". " + error.detail;
    return endpoint;
  }
  http::TlsOptions& tls = endpoint->tls_options;
  tls.insecure = cluster.insecure;
  tls.server_name = cluster.server_name;
  endpoint->proxy = cluster.proxy;
  Result<std::string> authority =
      file_or_data("certificate-authority", of_cluster, cluster.authority_file,
                   cluster.authority_data, read_file);
  if (!authority) return authority.failure();
  if (!cluster.insecure) tls.authorities_pem = std::move(*authority);
  Result<std::string> certificate = file_or_data(
      "client-certificate", of_user, user.certificate_file, user.certificate_data, read_file);
  if (!certificate) return certificate.failure();
  Result<std::string> key =
      file_or_data("client-key", of_user, user.key_file, user.key_data.reveal(), read_file);
  if (!key) return key.failure();
  if (certificate->empty() != key->empty()) {
    const std::string lacking = certificate->empty() ? "client-certificate" : "client-key";
    return make_error(
        "the kubeconfig is not valid",
        "The " + of_user + " has no `" + lacking + "`; certificate and key go together.",
        "To fix it, add `" + lacking + "` or `" + lacking + "-data`.");
  }
  tls.certificate_pem = std::move(*certificate);
  tls.key_pem = Secret(std::move(*key));
  return endpoint;
}

Result<KubeConnection> choose(const Kubeconfig& all, const KubeSettings& settings,
                              const ReadFile& read_file) {
  const std::string name = settings.context.empty() ? all.current_context : settings.context;
  if (name.empty()) {
    return make_error(
        "no Kubernetes context is chosen",
        "The kubeconfig has no `current-context` and the configuration no `context:`.",
        "To fix it, set `providers: {kubernetes: {context: NAME}}`, or run\n    kubectl config "
        "use-context NAME");
  }
  const std::string by =
      settings.context.empty() ? " (current-context)" : " (`context:` of the configuration)";
  const auto context = all.contexts.find(name);
  if (context == all.contexts.end()) return missing("context", name, all.contexts, by);
  if (context->second.cluster.empty())
    return make_error("the kubeconfig is not valid",
                      "Context `" + name + "` in " + context->second.file + " names no cluster.",
                      "To fix it, run\n    kubectl config set-context " + name + " --cluster=NAME");
  const auto cluster = all.clusters.find(context->second.cluster);
  if (cluster == all.clusters.end())
    return missing("cluster", context->second.cluster, all.clusters,
                   ", named by context `" + name + "`,");
  static const UserEntry kNobody;
  const auto user = all.users.find(context->second.user);
  if (user == all.users.end() && !context->second.user.empty()) {
    return missing("user", context->second.user, all.users, ", named by context `" + name + "`,");
  }
  const UserEntry& entry = user == all.users.end() ? kNobody : user->second;
  if (!entry.auth_provider.empty()) {
    return make_error("the kubeconfig uses an auth-provider",
                      "User `" + user->first + "` uses auth-provider `" + entry.auth_provider +
                          "`, which Kubernetes 1.26 removed.",
                      "To fix it, use the exec plugin of that provider.");
  }
  Result<http::Endpoint> endpoint = endpoint_of(context->second, cluster->second, entry, read_file);
  if (!endpoint) return endpoint.failure();
  KubeConnection connection;
  connection.endpoint = std::move(*endpoint);
  connection.context = name;
  connection.credentials = entry.credentials;
  if (!context->second.namespace_name.empty())
    connection.namespace_name = context->second.namespace_name;
  if (!settings.namespace_name.empty()) connection.namespace_name = settings.namespace_name;
  return connection;
}

}  // namespace

Result<KubeSettings> parse_kube_settings(const Value& settings) {
  KubeSettings parsed;
  if (settings.is_null()) return parsed;
  if (!settings.is_object())
    return make_error("wrong provider settings", "`kubernetes:` must be a mapping.");
  Diagnostics problems;
  for (const auto& [key, value] : settings.as_object()) {
    std::string* target = key == "kubeconfig"  ? &parsed.kubeconfig
                          : key == "context"   ? &parsed.context
                          : key == "namespace" ? &parsed.namespace_name
                                               : nullptr;
    if (target == nullptr) {
      const std::string near = did_you_mean(key, {"kubeconfig", "context", "namespace"});
      problems.push_back(
          make_error("unknown provider setting",
                     "`kubernetes:` has no setting `" + key + "`." +
                         (near.empty() ? std::string{} : " Did you mean `" + near + "`?"),
                     "It has `kubeconfig`, `context` and `namespace`."));
    } else if (value.is_string()) {
      *target = value.as_string();
    } else if (!value.is_null()) {
      problems.push_back(
          make_error("wrong provider settings",
                     "`kubernetes: " + key + "` must be a string that is known while planning."));
    }
  }
  if (!problems.empty()) return problems;
  return parsed;
}

Result<KubeConnection> resolve_kubeconfig(const KubeSettings& settings,
                                          const ProviderEnvironment& environment,
                                          const ReadFile& read_file) {
  std::vector<std::string> files;
  const bool named = !settings.kubeconfig.empty();
  if (named) {
    std::filesystem::path path(settings.kubeconfig);
    if (settings.kubeconfig.starts_with("~/"))
      path = environment.variable("HOME") + settings.kubeconfig.substr(1);
    files.push_back(path.is_absolute()
                        ? path.string()
                        : (std::filesystem::path(environment.working_directory) / path)
                              .lexically_normal()
                              .string());
  } else {
    files = split_list(environment.variable("KUBECONFIG"));
    if (files.empty()) {
      if (const std::string home = environment.variable("HOME"); !home.empty())
        files.push_back(home + "/.kube/config");
    }
  }
  Result<Kubeconfig> all = load(files, named, read_file);
  if (!all) return all.failure();
  const bool nothing =
      all->contexts.empty() && all->clusters.empty() && all->current_context.empty();
  if (nothing && !named && !environment.variable("KUBERNETES_SERVICE_HOST").empty())
    return in_cluster(settings, environment, read_file);
  if (nothing) {
    std::string looked;
    for (const std::string& file : files)
      looked += "\n" + file + (read_file(file) ? ": it names no context" : ": it cannot be read");
    return make_error(
        "no kubeconfig",
        looked.empty() ? "Neither KUBECONFIG nor HOME is set, so there is nowhere to look."
                       : "No Kubernetes context was found. These files were looked for:" + looked,
        "To fix it, set KUBECONFIG or `providers: {kubernetes: {kubeconfig: FILE}}`.");
  }
  return choose(*all, settings, read_file);
}

std::optional<std::string> read_file_from_disk(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string content(kFileBytesMax, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad() || (!stream.eof() && stream.peek() != std::char_traits<char>::eof()))
    return std::nullopt;
  return content;
}

}  // namespace crosstie::kubernetes
