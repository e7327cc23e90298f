#include "sandbox/sandbox.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/control.hpp"
#include "sandbox/ech/ech.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/http.hpp"
#include "sandbox/interface_files.hpp"
#include "sandbox/kubernetes/api_server.hpp"
#include "sandbox/kubernetes/operator.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/text.hpp"
#include "sandbox/world.hpp"
#include "sandbox/world_dump.hpp"
#include "sandbox/world_parse.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
namespace {

const std::vector<std::string> kSimulators = {"kubernetes", "ech", "elasticsearch"};
const std::vector<std::string> kExamples = {"api_key", "certificate"};
constexpr int kLastTurnsMax =
    100'000;  // handlers run after stop(), so that coroutines end before what they use
constexpr std::chrono::hours kAuthorityLifetime{24 * 365 * 10};

[[noreturn]] void fail(const std::string& sentence) { throw SandboxError("error: " + sentence); }

void require_known(const std::string& option, const std::string& value,
                   const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  std::string text =
      "\"" + value + "\" is not known to " + option + "; known are " + join_words(known) + ".";
  if (known.size() == 1) {
    text = "\"" + value + "\" is not known to " + option + "; it takes " + known[0] + ".";
  }
  if (const std::string near = closest(value, known); !near.empty()) {
    text += " Did you mean \"" + near + "\"?";
  }
  fail(text);
}

void check_options(const SandboxOptions& options) {
  if (options.directory.empty()) fail("A sandbox needs a directory for its files.");
  if (!std::isfinite(options.time_scale) || options.time_scale < 0 || options.time_scale > 1) {
    fail("The time scale is a number from 0 (waits are instant) to 1 (real time).");
  }
  for (const std::string& name : options.only) require_known("--only", name, kSimulators);
  if (!options.example.empty()) require_known("--example", options.example, kExamples);
}

/// The world of `-example certificate`: three nodes in two node sets, one of which has all that the
/// documented procedure must leave as it is.
constexpr const char* kCertificateWorld = R"(
eck:
  - name: quickstart
    node_sets:
      - {name: default, count: 2}
      - name: extra
        count: 1
        config:
          node.attr.rack: r1
          xpack.security.audit.enabled: "true"
        pod_template:
          metadata: {labels: {team: search}}
          spec:
            initContainers:
              - {name: sysctl, image: busybox, command: [sh, -c, "sysctl -w vm.max_map_count=262144"]}
            containers:
              - name: elasticsearch
                volumeMounts:
                  - {name: dictionaries, mountPath: /usr/share/elasticsearch/config/dictionaries}
              - name: shipper
                image: docker.example/shipper:1.0
                volumeMounts:
                  - {name: dictionaries, mountPath: /dictionaries}
            volumes:
              - {name: dictionaries, emptyDir: {}}
)";

ParsedWorld parse_chosen_world(const SandboxOptions& options) {
  if (options.world_file) return load_world(*options.world_file);
  return parse_world(options.example == "certificate" ? kCertificateWorld : "", "");
}

World read_world(const SandboxOptions& options) {
  ParsedWorld parsed = parse_chosen_world(options);
  std::string text;
  for (const WorldError& error : parsed.errors) text += format_world_error(error);
  if (!text.empty()) {
    text.pop_back();  // the last line feed
    throw SandboxError(text);
  }
  return std::move(parsed.world);
}

/// spec.remoteClusterServer.service came with ECK 3.3 (facts/kubernetes-eck.md, section 3).
bool knows_remote_service(const std::string& operator_version) {
  const std::size_t dot = operator_version.find('.');
  const int major = std::stoi(operator_version);
  const int minor = std::stoi(operator_version.substr(dot + 1));
  return major > 3 || (major == 3 && minor >= 3);
}

Identity named_authority(const std::string& common_name) {
  CertificateRequest request;
  request.common_name = common_name;
  request.lifetime = kAuthorityLifetime;
  return make_authority(request);
}

Identity loopback_identity(const Identity& authority, const std::string& common_name,
                           std::vector<std::string> more_names = {}) {
  CertificateRequest request;
  request.common_name = common_name;
  request.dns_names = std::move(more_names);
  request.dns_names.emplace_back("localhost");
  request.ip_addresses = {"127.0.0.1"};
  return issue(authority, request);
}

std::string url(const char* scheme, const std::unique_ptr<Listener>& listener) {
  if (!listener) return {};
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(listener->port());
}

}  // namespace

/// Destroyed from the bottom up: the simulators, then `io` with what is left of their coroutines,
/// then what those refer to.
struct Sandbox::Parts {
  explicit Parts(SandboxOptions given)
      : options(std::move(given)),
        context{{}, Clock(options.time_scale), Ids(options.seed), {}},
        store(context) {
    context.executor = io.get_executor();
  }

  bool serves(const std::string& simulator) const {
    return options.only.empty() || options.only.contains(simulator);
  }
  std::filesystem::path file(const char* name) const { return options.directory / name; }
  std::function<Handler(Handler)> wrap_elasticsearch() {
    return
        [this](Handler inner) { return observe(faults, log, "elasticsearch", std::move(inner)); };
  }

  void make_world();
  void start_kubernetes();
  void start_ech();
  void start_control();
  void write_files();
  void write_example();
  void shut_down();

  SandboxOptions options;
  World world;
  RequestLog log;
  FaultPlan faults;
  Context context;
  ObjectStore store;
  asio::io_context io{1};
  std::string api_key;
  std::string elastic_password;
  Identity authority;
  Identity kubernetes_authority;
  Identity kubernetes_admin;
  std::string reader_token;
  std::unique_ptr<KubernetesApi> kubernetes;
  std::unique_ptr<EckOperator> eck;
  std::unique_ptr<EchApi> ech;
  std::unique_ptr<ControlParts> control_parts;
  std::unique_ptr<Listener> kubernetes_listener;
  std::unique_ptr<Listener> ech_listener;
  std::unique_ptr<Listener> control_listener;
  std::thread thread;
};

void Sandbox::Parts::make_world() {
  world = read_world(options);
  for (WorldDeployment& deployment : world.deployments) {
    if (deployment.id.empty()) deployment.id = context.ids.hex(32);
  }
  api_key = context.ids.base62(64);
  elastic_password = context.ids.base62(24);
  reader_token = context.ids.base62(40);
  authority = named_authority("crosstie sandbox");
}

void Sandbox::Parts::start_kubernetes() {
  kubernetes_authority = named_authority("kubernetes");
  CertificateRequest admin;
  admin.common_name = "kubernetes-admin";
  admin.organization = "system:masters";
  admin.client = true;
  kubernetes_admin = issue(kubernetes_authority, admin);

  KubernetesApi::Options api;
  api.admin_token = context.ids.base62(40);
  api.reader_token = reader_token;
  if (!world.eck.empty()) {
    api.remote_cluster_service = knows_remote_service(world.eck.front().operator_version);
  }
  kubernetes = std::make_unique<KubernetesApi>(context, store, api);
  eck = std::make_unique<EckOperator>(context, store, world.eck, wrap_elasticsearch());
  eck->start();

  ListenerOptions listener;
  listener.api = "kubernetes";
  listener.tls = loopback_identity(kubernetes_authority, "kube-apiserver",
                                   {"kubernetes", "kubernetes.default", "kubernetes.default.svc"});
  listener.client_authority_pem = kubernetes_authority.certificate_pem;
  kubernetes_listener = listen(context, std::move(listener),
                               observe(faults, log, "kubernetes", kubernetes->handler()));
}

/// The deployments' clusters belong to the ECH simulator, so it exists also when only
/// "elasticsearch" is asked for.
void Sandbox::Parts::start_ech() {
  EchApi::Options api;
  api.api_key = api_key;
  api.elastic_password = elastic_password;
  api.authority = authority;
  ech = std::make_unique<EchApi>(context, world.deployments, api, wrap_elasticsearch());
  if (!serves("ech")) return;
  ListenerOptions listener;
  listener.api = "ech";
  listener.tls = loopback_identity(authority, "api.elastic-cloud.com");
  ech_listener = listen(context, std::move(listener), observe(faults, log, "ech", ech->handler()));
}

void Sandbox::Parts::start_control() {
  control_parts = std::make_unique<ControlParts>(ControlParts{log, faults, {}});
  auto& dumps = control_parts->world;
  if (kubernetes) dumps["kubernetes"] = [this] { return canonical_kubernetes(kubernetes->dump()); };
  if (eck) dumps["eck"] = [this] { return eck->dump(); };
  if (ech) dumps["ech"] = [this] { return ech->dump(); };
  ListenerOptions listener;
  listener.api = "control";
  control_listener = listen(context, std::move(listener), control_handler(*control_parts));
}

void Sandbox::Parts::write_files() {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    fail(options.directory.string() + " cannot be made: " + error.message() + ".");
  }
  std::vector<std::pair<std::string, std::string>> env;
  if (kubernetes_listener) {
    write_private_file(file("kubeconfig"), format_kubeconfig({url("https", kubernetes_listener),
                                                              kubernetes_authority.certificate_pem,
                                                              kubernetes_admin, reader_token}));
    env.emplace_back("KUBECONFIG", file("kubeconfig").string());
  }
  if (ech_listener) {
    env.emplace_back("EC_API_KEY", api_key);
    env.emplace_back("EC_ENDPOINT", url("https", ech_listener));
    env.emplace_back("EC_HOST", url("https", ech_listener));
  }
  write_private_file(file("ca.pem"), authority.certificate_pem);
  env.emplace_back("SSL_CERT_FILE", file("ca.pem").string());
  if (ech) {
    env.emplace_back("ELASTICSEARCH_USERNAME", "elastic");
    env.emplace_back("ELASTICSEARCH_PASSWORD", elastic_password);
  }
  env.emplace_back("CROSSTIE_SANDBOX", url("http", control_listener));
  write_private_file(file("env"), format_env(env));
  if (!options.example.empty()) write_example();
}

void Sandbox::Parts::write_example() {
  if (world.deployments.empty() || world.eck.empty()) {
    fail("The example needs a world with a deployment and an ECK cluster.");
  }
  std::filesystem::create_directories(file("project"));
  const std::filesystem::path target = file("project") / "crosstie.yaml";
  if (std::filesystem::exists(target)) return;
  write_private_file(target,
                     format_example(options.example, world.deployments.front(), world.eck.front()));
}

void Sandbox::Parts::shut_down() {
  for (auto* listener : {&kubernetes_listener, &ech_listener, &control_listener}) listener->reset();
  eck.reset();
  ech.reset();
  kubernetes.reset();
  io.restart();
  for (int turn = 0; turn < kLastTurnsMax && io.poll_one() > 0; ++turn) {
  }
}

Sandbox::Sandbox(SandboxOptions options) {
  check_options(options);
  options.directory = std::filesystem::absolute(options.directory).lexically_normal();
  parts_ = std::make_unique<Parts>(std::move(options));
  try {
    parts_->make_world();
    if (parts_->serves("kubernetes")) parts_->start_kubernetes();
    if (parts_->serves("ech") || parts_->serves("elasticsearch")) parts_->start_ech();
    parts_->start_control();
    parts_->write_files();
  } catch (const std::system_error& error) {
    parts_->shut_down();
    fail(std::string(error.what()) + ".");
  } catch (...) {
    parts_->shut_down();
    throw;
  }
}

Sandbox::~Sandbox() {
  stop();
  parts_->shut_down();
}

void Sandbox::start() {
  if (parts_->thread.joinable()) return;
  parts_->io.restart();
  parts_->thread = std::thread([this] {
    const auto work = asio::make_work_guard(parts_->io);
    parts_->io.run();
  });
}

void Sandbox::stop() {
  parts_->io.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
}

void Sandbox::run(const std::function<void()>& ready) {
  asio::signal_set signals(parts_->io, SIGTERM, SIGINT);
  signals.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) parts_->io.stop();
  });
  ready();
  parts_->io.run();
}

void Sandbox::on_thread(const std::function<void()>& function) {
  if (!parts_->thread.joinable()) {
    function();
    return;
  }
  std::packaged_task<void()> task(function);
  auto done = task.get_future();
  asio::post(parts_->io, [&task] { task(); });
  done.get();
}

const std::filesystem::path& Sandbox::directory() const { return parts_->options.directory; }
const World& Sandbox::world() const { return parts_->world; }
std::string Sandbox::control_url() const { return url("http", parts_->control_listener); }
std::string Sandbox::kubernetes_url() const { return url("https", parts_->kubernetes_listener); }
std::string Sandbox::ech_url() const { return url("https", parts_->ech_listener); }
std::string Sandbox::api_key() const { return parts_->api_key; }
std::string Sandbox::elastic_password() const { return parts_->elastic_password; }
std::filesystem::path Sandbox::kubeconfig() const { return parts_->file("kubeconfig"); }
std::filesystem::path Sandbox::ca_file() const { return parts_->file("ca.pem"); }
KubernetesApi* Sandbox::kubernetes() const { return parts_->kubernetes.get(); }
ObjectStore* Sandbox::store() const { return &parts_->store; }
EckOperator* Sandbox::eck() const { return parts_->eck.get(); }
EchApi* Sandbox::ech() const { return parts_->ech.get(); }

int serve_sandbox(SandboxOptions options, std::ostream& out, std::ostream& errors) {
  try {
    Sandbox sandbox(std::move(options));
    sandbox.run([&] {
      out << "ready: settings in " << (sandbox.directory() / "env").string() << ", control at "
          << sandbox.control_url() << '\n'
          << std::flush;
    });
    return 0;
  } catch (const SandboxError& error) {
    errors << error.what() << "\n";
    return 1;
  }
}

}  // namespace crosstie::sandbox
