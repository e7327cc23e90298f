#pragma once
// One fault on its stage: a sandbox, a project, the real program, and the means to break either.
#include <sys/mman.h>

#include <condition_variable>
#include <mutex>
#include <regex>
#include <thread>

#include "cmd/embedded.hpp"
#include "tests/support/project.hpp"

namespace crosstie::testing {

/// What the preloaded library (preload/preload.cpp) shares with this process.
struct PreloadSwitches {
  std::int64_t clock_seconds = 0;  // added to the wall clock
  std::int64_t disk_full = 0;      // 1: regular files do not grow
};

class Stage {
 public:
  explicit Stage(const std::string& world = "", const std::string& configuration = "",
                 double time_scale = 0)
      : project(world, configuration, time_scale) {}
  ~Stage() { stop_rewriting(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Project project;
  Environment environment;  // of the faulted run alone, beside the project's own

  Outcome run(const std::vector<std::string>& words) const {
    return project.run(words, environment);
  }

  std::string other_authority() const {
    sandbox::CertificateRequest request;
    request.common_name = "quickstart-transport";
    request.organizational_unit = "quickstart";
    return sandbox::make_authority(request).certificate_pem;
  }
  std::string save(const std::string& name, const std::string& text) const {
    project.write(name, text);
    return (project.folder() / name).string();
  }

  /// The link is made by a copy of its blueprint in which `from` became `to`; its proof is given
  /// one second.
  void change_blueprint(const std::vector<std::pair<std::string, std::string>>& changes) const {
    std::string text = *embedded::find(embedded::blueprints(), "ech-to-eck-api-key.yaml");
    std::vector<std::pair<std::string, std::string>> all = changes;
    all.emplace_back("search: \"${var.alias}:*\"",
                     "search: \"${var.alias}:*\"\n    timeout_seconds: 1");
    for (const auto& [from, to] : all) {
      const std::size_t at = text.find(from);
      ASSERT_NE(at, std::string::npos) << from;
      text.replace(at, from.size(), to);
    }
    project.write("changed.yaml", text);
    project.edit("model: api_key", "blueprint: ./changed.yaml");
  }
  void restore_blueprint() const { project.edit("blueprint: ./changed.yaml", "model: api_key"); }

  /// The faulted run uses a kubeconfig in which `pattern` became `to`.
  void change_kubeconfig(const std::string& pattern, const std::string& to) {
    const std::string text = sandbox::testing::read_file(project.box().kubeconfig());
    const std::string changed = std::regex_replace(text, std::regex(pattern), to);
    ASSERT_NE(changed, text) << pattern;
    environment["KUBECONFIG"] = save("kubeconfig.broken", changed);
  }

  using Controller = sandbox::EckOperator::Controller;
  void set_running(Controller controller, bool running) const {
    project.box().on_thread([&] { project.box().eck()->set_running(controller, running); });
  }

  sandbox::ObjectKey elasticsearch() const {
    return {"elasticsearch.k8s.elastic.co", "elasticsearches", "default", "quickstart"};
  }

  /// Another operator writes the cluster's status and annotations ten times a second.
  void start_rewriting() {
    rewriter_ = std::jthread([this](const std::stop_token& stop) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any tick;
      for (int i = 0; !stop.stop_requested(); ++i) {
        project.edit_object(elasticsearch(), [i](json& object) {
          object["metadata"]["annotations"]["example.org/heartbeat"] = std::to_string(i);
          object["status"]["heartbeat"] = i;
        });
        ++rewrites;
        tick.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
      }
    });
  }
  void stop_rewriting() {
    if (!rewriter_.joinable()) return;
    rewriter_.request_stop();
    rewriter_.join();
    project.edit_object(elasticsearch(), [](json& object) {
      object["metadata"]["annotations"].erase("example.org/heartbeat");
      object["status"].erase("heartbeat");
    });
  }
  std::atomic<int> rewrites = 0;

  /// Loads the library that bends clock and disk into the faulted run.
  void preload() {
    const std::string file = save("switches", std::string(sizeof(PreloadSwitches), '\0'));
    const int opened = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* const memory =
        ::mmap(nullptr, sizeof(PreloadSwitches), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    ::close(opened);
    ASSERT_NE(memory, MAP_FAILED);
    switches = static_cast<PreloadSwitches*>(memory);
    environment["LD_PRELOAD"] = CROSSTIE_PRELOAD;
    environment["CROSSTIE_TEST_SWITCHES"] = file;
    environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
  }
  volatile PreloadSwitches* switches = nullptr;

  /// Faults that nobody met: then the test showed nothing.
  std::string unmet_faults() const {
    std::string unmet;
    const json all =
        json::parse(sandbox::testing::http(project.box().control_url(), "GET", "/faults"));
    for (const json& fault : all)
      if (fault["matched"] == 0) unmet += fault.dump() + "\n";
    return unmet;
  }

  /// A message without what differs from run to run.
  std::string masked(std::string text) const {
    const auto mask = [&text](const std::string& pattern, const char* to) {
      text = std::regex_replace(text, std::regex(pattern), to);
    };
    mask(project.deployment_id(), "DEPLOYMENT");
    mask(project.folder().string(), "PROJECT");
    mask(project.keys().string(), "KEYS");
    mask("\\. \\[[^\\]\\n]+\\]\n", ".\n");  // how long it took
    mask("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:PORT");
    mask("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID");
    mask("API key id \\[[^\\]]+\\]", "API key id [ID]");
    mask("Request id: [^ \\n]+\\.", "Request id: ID.");
    mask("Host not found \\([a-z-]+\\)(, try again later)?", "Host not found");
    return text;
  }

 private:
  std::jthread rewriter_;
};

/// A port that takes connections and never says a word.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, plain, size), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    ::getsockname(socket_, plain, &size);
    port = ntohs(address.sin_port);
  }
  ~SilentPort() { ::close(socket_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::uint16_t port = 0;

 private:
  int socket_;
};

}  // namespace crosstie::testing
