#pragma once
// A whole sandbox: simulators of the Kubernetes API with the ECK operator, of the Elastic Cloud
// Hosted API and of the Elasticsearch clusters of both, on loopback ports, with the files that tell
// clients how to reach them.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "sandbox/world.hpp"

namespace crosstie::sandbox {

class EchApi;
class EckOperator;
class KubernetesApi;
class ObjectStore;

struct SandboxOptions {
  std::filesystem::path directory;                  // made when absent
  std::optional<std::filesystem::path> world_file;  // absent: the default world
  double time_scale = 1;                            // 0 to 1; 0 makes every simulated wait instant
  std::set<std::string> only;  // of "kubernetes", "ech", "elasticsearch"; empty: all
  std::string example;         // "api_key", "certificate" or "": a project in DIR/project
  std::uint64_t seed = 1;      // of ids and passwords
};

/// What keeps a sandbox from starting; what() is a message for the user, "error: ..." or, about the
/// world file, one or more "file:line:col: error: ..." with explanations.
class SandboxError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Files in the directory: `kubeconfig`, `ca.pem`, `env`, and `project/crosstie.yaml` with an
/// example (an existing one is kept). Threading: constructed, started, stopped and destroyed by one
/// thread; everything else runs on the sandbox's own.
class Sandbox {
 public:
  /// Makes the world, opens the listeners and writes the files; clients are answered from start()
  /// or run() on. Throws SandboxError.
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Serves in a thread of its own until stop().
  void start();
  /// Ends the thread; connections stay open, unanswered, until destruction or the next start(). May
  /// be called again.
  void stop();
  /// Serves in the calling thread until SIGTERM or SIGINT; `ready` is called once these are caught.
  void run(const std::function<void()>& ready);
  /// Runs `function` on the sandbox's thread and waits for it; for looking into simulators while
  /// the sandbox is started.
  void on_thread(const std::function<void()>& function);

  const std::filesystem::path& directory() const;
  const World& world() const;
  std::string control_url() const;     // "http://127.0.0.1:PORT"
  std::string kubernetes_url() const;  // "" when left out by `only`, as the next one
  std::string ech_url() const;
  std::string api_key() const;           // EC_API_KEY
  std::string elastic_password() const;  // of user `elastic` on every ECH deployment
  std::filesystem::path kubeconfig() const;
  std::filesystem::path ca_file() const;

  /// The simulators, null when left out by `only`; to be used in on_thread().
  KubernetesApi* kubernetes() const;
  ObjectStore* store() const;
  EckOperator* eck() const;
  EchApi* ech() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// `crosstie sandbox`: starts, prints one line that begins with "ready", serves until SIGTERM or
/// SIGINT. Returns the exit code; what kept it from starting is written to `errors`.
int serve_sandbox(SandboxOptions options, std::ostream& out, std::ostream& errors);

}  // namespace crosstie::sandbox
