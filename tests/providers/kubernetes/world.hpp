#pragma once
// A provider over real TLS against the simulated API server.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/provider.hpp"
#include "sandbox/kubernetes/api_server.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "tests/providers/http/harness.hpp"

namespace crosstie::testing {

constexpr const char* kLineage = "11111111-2222-3333-4444-555555555555";
constexpr const char* kAdminToken = "admin-token";
constexpr const char* kReaderToken = "reader-token";

/// Which requests came.
struct Seen {
  std::vector<std::string> lines;  // "GET /api/v1/..."
  int writes() const {
    int count = 0;
    for (const std::string& line : lines)
      if (!line.starts_with("GET ")) ++count;
    return count;
  }
};

class Silent : public ProgressSink {
 public:
  void waiting(const ResourceAddress&, const WaitState& state) override { states.push_back(state); }
  std::vector<WaitState> states;
};

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosstie-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class KubernetesWorld : public World {
 public:
  explicit KubernetesWorld(bool eck = true) {
    sandbox::CertificateRequest root;
    root.common_name = "kubernetes";
    authority_ = sandbox::make_authority(root);
    sandbox::CertificateRequest server;
    server.common_name = "kube-apiserver";
    server.ip_addresses = {"127.0.0.1"};
    sandbox::KubernetesApi::Options options;
    options.admin_token = kAdminToken;
    options.reader_token = kReaderToken;
    options.eck = eck;
    api = std::make_unique<sandbox::KubernetesApi>(context, store, options);
    sandbox::ListenerOptions listener;
    listener.api = "kubernetes";
    listener.tls = sandbox::issue(authority_, server);
    const auto handler = api->handler();
    listener_ =
        sandbox::listen(context, std::move(listener), [this, handler](sandbox::Request request) {
          seen.lines.push_back(request.method + " " + request.path);
          if (before) before(request);
          return answer(handler, std::move(request), &cut_next_write);
        });
  }

  std::unique_ptr<Provider> provider(const char* token = kAdminToken) {
    const auto file = folder_.path() / (std::string(token) + ".yaml");
    std::ofstream(file) << "apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters:\n- name: "
                           "c\n  cluster: {server: 'https://127.0.0.1:"
                        << listener_->port()
                        << "', certificate-authority: ca.crt}\nusers:\n- name: u\n  user: {token: "
                        << token << "}\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n";
    std::ofstream(folder_.path() / "ca.crt") << authority_.certificate_pem;
    ProviderEnvironment environment;
    environment.variable = [](const std::string&) { return std::string{}; };
    Result<std::unique_ptr<Provider>> made = make_kubernetes_provider(
        "kubernetes", Value(Value::Object{{"kubeconfig", Value(file.string())}}), environment);
    if (!made) throw std::runtime_error(format_diagnostics(made.failure()));
    return std::move(*made);
  }

  sandbox::ObjectStore store{context};
  std::unique_ptr<sandbox::KubernetesApi> api;
  Seen seen;
  std::function<void(const sandbox::Request&)> before;
  sandbox::Cut cut_next_write = sandbox::Cut::none;  // the write takes effect, its answer is lost

 private:
  static sandbox::Task<sandbox::Response> answer(sandbox::Handler handler, sandbox::Request request,
                                                 sandbox::Cut* cut) {
    const bool write = request.method != "GET";
    sandbox::Response response = co_await handler(std::move(request));
    if (write) {
      response.cut = *cut;
      *cut = sandbox::Cut::none;
    }
    co_return response;
  }

  sandbox::Identity authority_;
  TempFolder folder_;
  std::unique_ptr<sandbox::Listener> listener_;
};

}  // namespace crosstie::testing
