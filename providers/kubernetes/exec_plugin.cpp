#include "providers/kubernetes/exec_plugin.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <spawn.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/kubeconfig.hpp"
#include "providers/provider.hpp"

extern char** environ;

namespace crosstie::kubernetes {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kRunMax{60};
constexpr std::size_t kOutputMax = 1u << 20;

std::string hint(const ExecPlugin& plugin) {
  return plugin.install_hint.empty() ? "To fix it, run the program by hand and see what it says."
                                     : plugin.install_hint;
}

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm fields{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields) == nullptr) return std::nullopt;
  // The clock counts nanoseconds, which end in 2262; "never" is written as a year far behind that.
  constexpr std::time_t kLatest = 9'000'000'000;
  return std::chrono::system_clock::from_time_t(
      std::clamp<std::time_t>(timegm(&fields), 0, kLatest));
}

/// Ends and reaps the child, whatever happens to the coroutine.
struct Child {
  explicit Child(pid_t id) : pid(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  pid_t pid;
};

struct Started {
  pid_t pid = -1;
  int output = -1;
  int error = 0;
};

Started start(const ExecPlugin& plugin, const std::string& info) {
  Started started;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    started.error = errno;
    return started;
  }
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) texts.emplace_back(*entry);
  for (const auto& [name, value] : plugin.environment) texts.push_back(name + "=" + value);
  texts.push_back("KUBERNETES_EXEC_INFO=" + info);
  std::vector<char*> environment;
  // Later entries win, as a program looks its variables up from the front.
  for (auto entry = texts.rbegin(); entry != texts.rend(); ++entry)
    environment.push_back(entry->data());
  environment.push_back(nullptr);
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  started.error = ::posix_spawnp(&started.pid, plugin.command.c_str(), &actions, nullptr,
                                 arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (started.error != 0) {
    ::close(ends[0]);
    started.pid = -1;
  } else {
    started.output = ends[0];
  }
  return started;
}

}  // namespace

std::string exec_info(const ExecPlugin& plugin, const http::Endpoint& endpoint) {
  nlohmann::json info = {{"apiVersion", plugin.api_version},
                         {"kind", "ExecCredential"},
                         {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) {
    const bool six = endpoint.host.find(':') != std::string::npos;
    nlohmann::json cluster = {{"server", std::string(endpoint.tls ? "https://" : "http://") +
                                             (six ? "[" + endpoint.host + "]" : endpoint.host) +
                                             ":" + std::to_string(endpoint.port) +
                                             endpoint.base_path}};
    if (!endpoint.tls_options.authorities_pem.empty()) {
      cluster["certificate-authority-data"] =
          http::base64_encode(endpoint.tls_options.authorities_pem);
    }
    if (!endpoint.tls_options.server_name.empty())
      cluster["tls-server-name"] = endpoint.tls_options.server_name;
    if (endpoint.tls_options.insecure) cluster["insecure-skip-tls-verify"] = true;
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info.dump();
}

Result<ExecCredential> parse_exec_credential(const std::string& text, const ExecPlugin& plugin) {
  const auto refuse = [&](const std::string& why) {
    return make_error("the credential program gave no credentials",
                      "`" + plugin.command + "` " + why, hint(plugin));
  };
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("kind", "") != "ExecCredential")
    return refuse("printed no ExecCredential.");
  if (json.value("apiVersion", "") != plugin.api_version)
    return refuse("answered in another apiVersion than " + plugin.api_version + ".");
  const auto status = json.find("status");
  if (status == json.end() || !status->is_object())
    return refuse("printed an ExecCredential without a status.");
  const auto member = [&](const char* key) {
    const auto found = status->find(key);
    return found != status->end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  ExecCredential credential;
  credential.token = Secret(member("token"));
  credential.certificate_pem = member("clientCertificateData");
  credential.key_pem = Secret(member("clientKeyData"));
  if (credential.token.empty() && credential.certificate_pem.empty())
    return refuse("gave neither a token nor a client certificate.");
  if (credential.certificate_pem.empty() != credential.key_pem.empty())
    return refuse("gave only one of client certificate and key.");
  credential.expires = parse_time(member("expirationTimestamp"));
  return credential;
}

Task<Result<ExecCredential>> run_exec_plugin(ExecPlugin plugin, http::Endpoint endpoint) {
  const auto executor = co_await asio::this_coro::executor;
  const Started started = start(plugin, exec_info(plugin, endpoint));
  if (started.pid < 0) {
    const std::string why = std::error_code(started.error, std::generic_category()).message();
    co_return make_error("the credential program cannot be run",
                         "`" + plugin.command + "` of the kubeconfig cannot be run: " + why + ".",
                         hint(plugin));
  }
  Child child(started.pid);
  const auto output = std::make_shared<asio::posix::stream_descriptor>(executor, started.output);
  const auto late = std::make_shared<bool>(false);
  asio::steady_timer timer(executor, kRunMax);
  timer.async_wait([output, late](boost::system::error_code error) {
    if (error) return;
    *late = true;
    boost::system::error_code ignored;
    output->close(ignored);
  });
  std::string text;
  std::vector<char> buffer(8192);
  while (text.size() <= kOutputMax) {
    const auto space = asio::buffer(buffer.data(), buffer.size());
    const auto [error, count] = co_await output->async_read_some(space, kTuple);
    text.append(buffer.data(), count);
    if (error) break;
  }
  timer.cancel();
  if (*late || text.size() > kOutputMax) {
    co_return make_error(
        "the credential program did not end",
        "`" + plugin.command + "` did not answer within a minute, or wrote too much.",
        hint(plugin));
  }
  int status = 0;
  ::waitpid(child.pid, &status, 0);  // its output is closed: it is at its end
  child.pid = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                              : std::string("a signal");
    co_return make_error("the credential program failed",
                         "`" + plugin.command + "` ended with " + how + ".", hint(plugin));
  }
  co_return parse_exec_credential(text, plugin);
}

}  // namespace crosstie::kubernetes
