// A kubeconfig, with a second one behind it in KUBECONFIG; and what a credential program prints.
#include "providers/kubernetes/kubeconfig.hpp"

#include "fuzz/diagnostics.hpp"
#include "providers/kubernetes/exec_plugin.hpp"

namespace crosstie::fuzz {
namespace {

constexpr const char* kSecond =
    "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:6443'}}]\n"
    "users: [{name: u, user: {token: t}}]\n"
    "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
    "current-context: x\n";

void resolve(const kubernetes::KubeSettings& settings, std::string_view input) {
  ProviderEnvironment environment;
  environment.variable = [](const std::string& name) -> std::string {
    return name == "KUBECONFIG" ? "/k/config:/k/second" : name == "HOME" ? "/home" : "";
  };
  const kubernetes::ReadFile read = [&](const std::string& path) -> std::optional<std::string> {
    if (path == "/k/config") return std::string(input);
    if (path == "/k/second") return kSecond;
    if (path.ends_with(".pem")) return "PEM";
    return std::nullopt;
  };
  const auto resolved = kubernetes::resolve_kubeconfig(settings, environment, read);
  if (!resolved) return check_diagnostics(resolved.failure());
  require(!resolved->endpoint.host.empty(), "a connection names a host");
}

}  // namespace

void kubeconfig(std::string_view input) {
  resolve({}, input);
  resolve({"/k/config", "x", "space"}, input);
  kubernetes::ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = "helper";
  const auto credential = kubernetes::parse_exec_credential(std::string(input), plugin);
  if (!credential) check_diagnostics(credential.failure());
}

}  // namespace crosstie::fuzz
