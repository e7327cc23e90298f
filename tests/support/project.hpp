#pragma once
// A sandbox in this process, and a project folder in which the real binary runs against it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/ech/ech.hpp"
#include "sandbox/kubernetes/operator.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/text.hpp"
#include "tests/sandbox/client.hpp"
#include "tests/support/process.hpp"

namespace crosstie::testing {

using nlohmann::json;
using Environment = std::map<std::string, std::string>;

/// A world without what a server sets by itself.
inline json without_server(json value) {
  if (value.is_object()) value.erase("server");
  for (json& member : value) {
    if (member.is_structured()) member = without_server(std::move(member));
  }
  return value;
}

/// Where two worlds differ, one JSON pointer a line; "" when they do not.
inline std::string difference(const json& before, const json& after) {
  std::string text;
  for (const json& step : json::diff(before, after)) {
    text += step["op"].get<std::string>() + " " + step["path"].get<std::string>() + "\n";
  }
  return text;
}

inline bool is_write(const json& request) {
  return request["method"] != "GET" && request["method"] != "HEAD";
}

/// The answer of one cluster to one request of a test.
struct ClusterAnswer {
  int status = 0;
  json body;
};

class Project {
 public:
  /// `world` is the text of a world file, `configuration` of crosstie.yaml; empty: the default
  /// world, the sandbox's example. In `configuration`, @NAME@ stands for the id of deployment NAME.
  explicit Project(const std::string& world = "", const std::string& configuration = "",
                   double time_scale = 0) {
    sandbox::SandboxOptions options;
    options.directory = temporary_.path / "sandbox";
    options.time_scale = time_scale;
    options.example = "api_key";
    if (!world.empty()) {
      save(temporary_.path / "world.yaml", world);
      options.world_file = temporary_.path / "world.yaml";
    }
    sandbox_ = std::make_unique<sandbox::Sandbox>(options);
    sandbox_->start();
    folder_ = options.directory / "project";
    if (!configuration.empty()) write("crosstie.yaml", configuration);
    environment_ = {{"PATH", "/usr/bin:/bin"},
                    {"HOME", (temporary_.path / "home").string()},
                    {"CROSSTIE_KEY_DIR", (temporary_.path / "keys").string()}};
    read_environment(options.directory / "env");
  }
  ~Project() {
    if (sandbox_) sandbox_->stop();
  }
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  sandbox::Sandbox& box() const { return *sandbox_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path keys() const { return temporary_.path / "keys"; }
  std::string environment_of(const std::string& name) const { return environment_.at(name); }

  /// Writes a file of the project; @NAME@ stands for the id of deployment NAME.
  void write(const std::string& name, std::string text) const {
    for (const sandbox::WorldDeployment& deployment : sandbox_->world().deployments) {
      const std::string mark = "@" + deployment.name + "@";
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
        text.replace(at, mark.size(), deployment.id);
    }
    save(folder_ / name, text);
  }
  std::string read(const std::string& name) const {
    return sandbox::testing::read_file(folder_ / name);
  }
  /// Changes the one place of crosstie.yaml that says `from`.
  void edit(const std::string& from, const std::string& to) const {
    std::string text = read("crosstie.yaml");
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    save(folder_ / "crosstie.yaml", text.replace(at, from.size(), to));
  }

  Command command(std::vector<std::string> words, const Environment& more = {}) const {
    Command command;
    command.words = {CROSSTIE_BINARY, "-chdir=" + folder_.string()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment = environment_;
    for (const auto& [name, value] : more) command.environment[name] = value;
    return command;
  }
  /// Runs `crosstie -chdir=PROJECT words...` to its end.
  Outcome run(std::vector<std::string> words, const Environment& more = {},
              const std::string& input = "") const {
    Command it = command(std::move(words), more);
    it.input = input;
    return Process(it).wait();
  }
  Outcome apply() const { return run({"apply", "-auto-approve"}); }
  Outcome destroy() const { return run({"destroy", "-auto-approve"}); }

  /// Requests that crosstie sent, oldest first; what tests send themselves is left out.
  json requests(std::uint64_t after = 0) const {
    json ours = json::array();
    const json all = control("GET", "/requests?after=" + std::to_string(after));
    for (const json& request : all) {
      if (request["user_agent"].get<std::string>().starts_with("crosstie/"))
        ours.push_back(request);
    }
    return ours;
  }
  json writes(std::uint64_t after = 0) const {
    json found = json::array();
    for (const json& request : requests(after))
      if (is_write(request)) found.push_back(request);
    return found;
  }
  std::uint64_t last_request() const {
    const json all = control("GET", "/requests");
    return all.empty() ? 0 : all.back()["number"].get<std::uint64_t>();
  }
  json world() const { return without_server(control("GET", "/world")); }
  /// The world as soon as it `holds`, which plans and operators at work may take a moment for; at
  /// the latest after 20 seconds.
  template <class Predicate>
  json world_once(Predicate holds) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    json now = world();
    while (!holds(now) && std::chrono::steady_clock::now() < deadline) now = world();
    return now;
  }
  json world_with_server() const { return control("GET", "/world"); }
  void fault(const json& fault) const { control("POST", "/faults", fault.dump()); }
  void clear_faults() const { control("DELETE", "/faults"); }

  std::string deployment_id(std::size_t index = 0) const {
    return sandbox_->world().deployments.at(index).id;
  }
  /// One request to a deployment's cluster, as a user with curl sends it.
  ClusterAnswer ask_deployment(const std::string& method, const std::string& path,
                               const json& body = nullptr, std::size_t index = 0) const {
    sandbox::DialRequest request;
    sandbox_->on_thread(
        [&] { request.port = sandbox_->ech()->elasticsearch_port(deployment_id(index)); });
    request.trusted_pem = sandbox::testing::read_file(sandbox_->ca_file());
    request.server_name = "127.0.0.1";
    return ask(std::move(request), method, path, body, sandbox_->elastic_password());
  }
  /// One request to an ECK cluster.
  ClusterAnswer ask_eck(const std::string& method, const std::string& path,
                        const json& body = nullptr, std::size_t index = 0) const {
    const sandbox::WorldEck& eck = sandbox_->world().eck.at(index);
    sandbox::DialRequest request;
    sandbox_->on_thread(
        [&] { request.port = sandbox_->eck()->http_port(eck.namespace_name, eck.name); });
    request.trusted_pem = secret(eck.namespace_name, eck.name + "-es-http-certs-public", "ca.crt");
    request.server_name = eck.name + "-es-http." + eck.namespace_name + ".svc";
    return ask(std::move(request), method, path, body,
               secret(eck.namespace_name, eck.name + "-es-elastic-user", "elastic"));
  }
  /// One request to the Elastic Cloud API, below /api/v1/deployments/ID.
  ClusterAnswer ask_ech(const std::string& method, const std::string& path,
                        const json& body = nullptr) const {
    sandbox::DialRequest request;
    request.port = sandbox::testing::port_of(sandbox_->ech_url());
    request.trusted_pem = sandbox::testing::read_file(sandbox_->ca_file());
    request.server_name = "127.0.0.1";
    request.method = method;
    request.path = "/api/v1/deployments/" + deployment_id() + path;
    request.headers = {{"Authorization", "ApiKey " + sandbox_->api_key()},
                       {"Content-Type", "application/json"}};
    if (!body.is_null()) request.body = body.dump();
    const sandbox::RemoteHello hello = sandbox::testing::https(std::move(request));
    EXPECT_TRUE(hello.tls_established) << hello.error;
    return {hello.status, json::parse(hello.body, nullptr, false)};
  }
  /// `_remote/info` of a deployment says that the alias is connected.
  bool connected(const std::string& alias, std::size_t index = 0) const {
    const ClusterAnswer info = ask_deployment("GET", "/_remote/info", nullptr, index);
    return info.status == 200 && info.body.contains(alias) && info.body[alias]["connected"] == true;
  }
  /// Names of the cross-cluster keys of an ECK cluster that are still good.
  std::vector<std::string> active_keys(std::size_t index = 0) const {
    std::vector<std::string> names;
    const ClusterAnswer answer = ask_eck("GET", "/_security/api_key", nullptr, index);
    for (const json& key : answer.body["api_keys"])
      if (key["type"] == "cross_cluster" && key["invalidated"] == false)
        names.push_back(key["name"]);
    return names;
  }
  /// One value of a Secret in the cluster, decoded.
  std::string secret(const std::string& space, const std::string& name,
                     const std::string& key) const {
    std::string encoded;
    sandbox_->on_thread([&] {
      const json* object = sandbox_->store()->find({"", "secrets", space, name});
      if (object != nullptr) encoded = (*object)["data"].value(key, "");
    });
    return base64_decoded(encoded);
  }
  /// Changes a Kubernetes object behind crosstie's back; the operators see it as any change.
  void edit_object(const sandbox::ObjectKey& key, const std::function<void(json&)>& change) const {
    sandbox_->on_thread([&] {
      const json* object = sandbox_->store()->find(key);
      ASSERT_NE(object, nullptr) << key.name;
      json changed = *object;
      change(changed);
      sandbox_->store()->replace(key, std::move(changed));
    });
  }

  static std::string base64_decoded(const std::string& text) {
    static const std::string kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned int bits = 0;
    int count = 0;
    for (const char c : text) {
      const std::size_t at = kAlphabet.find(c);
      if (at == std::string::npos) continue;
      bits = bits << 6 | static_cast<unsigned int>(at);
      count += 6;
      if (count < 8) continue;
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
    }
    return bytes;
  }

 private:
  static void save(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  void read_environment(const std::filesystem::path& file) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t equals = line.find('=');
      if (!line.starts_with("export ") || equals == std::string::npos) continue;
      environment_[line.substr(7, equals - 7)] = line.substr(equals + 2, line.size() - equals - 3);
    }
  }

  json control(const std::string& method, const std::string& path,
               const std::string& body = "") const {
    return json::parse(sandbox::testing::http(sandbox_->control_url(), method, path, body), nullptr,
                       false);
  }

  static ClusterAnswer ask(sandbox::DialRequest request, const std::string& method,
                           const std::string& path, const json& body, const std::string& password) {
    request.method = method;
    request.path = path;
    request.headers = {{"Authorization", "Basic " + sandbox::base64_of("elastic:" + password)},
                       {"Content-Type", "application/json"}};
    if (!body.is_null()) request.body = body.dump();
    const sandbox::RemoteHello hello = sandbox::testing::https(std::move(request));
    EXPECT_TRUE(hello.tls_established) << hello.error;
    return {hello.status, json::parse(hello.body, nullptr, false)};
  }

  sandbox::testing::TemporaryDirectory temporary_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::filesystem::path folder_;
  Environment environment_;
};

}  // namespace crosstie::testing
