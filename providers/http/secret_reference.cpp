#include "providers/http/secret_reference.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <spawn.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <ios>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"

extern char** environ;

namespace crosstie::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kCommandWordsMax = 64;

Diagnostic unresolved(const std::string& what, const std::string& why, const std::string& fix) {
  return make_error("secret cannot be read", "The " + what + ": " + why, fix);
}

std::string without_line_end(std::string bytes) {
  if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
  if (!bytes.empty() && bytes.back() == '\r') bytes.pop_back();
  return bytes;
}

Result<Secret> from_file(const std::string& path, const std::string& what,
                         const std::string& directory) {
  const std::string full = path.front() == '/' ? path : directory + "/" + path;
  const std::string fix = "To fix it, check the path and its permissions.";
  std::ifstream file(full, std::ios::binary);
  if (!file)
    return unresolved(what, "file " + full + " cannot be opened: " + std::strerror(errno) + ".",
                      fix);
  std::string bytes(kSecretBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return unresolved(what, "file " + full + " cannot be read.", fix);
  if (bytes.size() > kSecretBytesMax)
    return unresolved(
        what, "file " + full + " is larger than " + std::to_string(kSecretBytesMax) + " bytes.",
        fix);
  bytes = without_line_end(std::move(bytes));
  if (bytes.empty()) return unresolved(what, "file " + full + " is empty.", fix);
  return Secret(std::move(bytes));
}

/// A child whose standard output is read; killed and reaped when it goes out of scope.
struct Child {
  pid_t pid = -1;
  int output = -1;

  ~Child() {
    if (output >= 0) ::close(output);
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      int status = 0;
      ::waitpid(pid, &status, 0);
    }
  }
};

int start(const std::vector<std::string>& words, const std::string& directory, Child& child) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return errno;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int failed =
      ::posix_spawnp(&child.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  child.output = pipe[0];
  if (failed != 0) child.pid = -1;
  return failed;
}

/// Reads until the end, at most kSecretBytesMax + 1 bytes. False when the time passed first.
asio::awaitable<bool> read_all(int descriptor, std::string& bytes) {
  auto executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor stream(executor, descriptor);
  asio::steady_timer timer(executor);
  auto expired = std::make_shared<bool>(false);
  timer.expires_after(kSecretCommandTimeout);
  timer.async_wait([&stream, expired](boost::system::error_code error) {
    if (error) return;
    *expired = true;
    stream.cancel();
  });
  std::array<char, 4096> chunk{};
  boost::system::error_code error;
  while (!error && bytes.size() <= kSecretBytesMax) {
    const auto buffer = asio::buffer(chunk);
    const std::size_t got =
        co_await stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
    bytes.append(chunk.data(), got);
  }
  timer.cancel();
  stream.release();  // the child closes it
  co_return !*expired;
}

asio::awaitable<Result<Secret>> from_command(std::vector<std::string> words, std::string what,
                                             std::string directory) {
  const std::string program = "command " + words.front();
  const std::string fix =
      "To fix it, run the command by hand: it must print the secret and end with 0.";
  Child child;
  if (const int failed = start(words, directory, child); failed != 0)
    co_return unresolved(what, program + " cannot be started: " + std::strerror(failed) + ".", fix);
  std::string bytes;
  const bool in_time = co_await read_all(child.output, bytes);
  if (!in_time) co_return unresolved(what, program + " did not end in time.", fix);
  if (bytes.size() > kSecretBytesMax)
    co_return unresolved(what, program + " printed too much.", fix);
  int status = 0;
  const pid_t ended = ::waitpid(child.pid, &status, 0);
  child.pid = -1;
  if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    co_return unresolved(what, program + " failed.", fix);
  bytes = without_line_end(std::move(bytes));
  if (bytes.empty()) co_return unresolved(what, program + " printed nothing.", fix);
  co_return Secret(std::move(bytes));
}

bool is_word(const Value* value) {
  return value != nullptr && value->is_string() && !value->as_string().empty();
}

bool is_command(const Value& value) {
  if (!value.is_list() || value.as_list().empty() || value.as_list().size() > kCommandWordsMax)
    return false;
  for (const Value& word : value.as_list())
    if (!word.is_string()) return false;
  return !value.as_list().front().as_string().empty();
}

}  // namespace

Result<void> check_secret_reference(const Value& reference, const std::string& what) {
  const std::string fix =
      "To fix it, write one of `{env: NAME}`, `{file: PATH}`, `{command: [PROGRAM, ARGUMENT]}`, "
      "`{kubernetes_secret: {name: NAME, key: KEY, namespace: NAMESPACE}}`.";
  if (reference.is_string())
    return unresolved(what, "a secret may not stand in the configuration itself.", fix);
  if (!reference.is_object() || reference.as_object().size() != 1)
    return unresolved(what, "it must be a reference of one form.", fix);
  const auto& [form, content] = *reference.as_object().begin();
  const bool right = ((form == "env" || form == "file") && is_word(&content)) ||
                     (form == "command" && is_command(content)) ||
                     (form == "kubernetes_secret" && is_word(content.find("name")) &&
                      is_word(content.find("key")));
  if (!right)
    return unresolved(what, "`" + form + "` is not a known form of reference, or not complete.",
                      fix);
  return {};
}

asio::awaitable<Result<Secret>> resolve_secret(Value reference, std::string what,
                                               SecretSources sources) {
  if (Result<void> checked = check_secret_reference(reference, what); !checked)
    co_return checked.failure();
  const auto& [form, content] = *reference.as_object().begin();
  if (form == "env") {
    std::string bytes = sources.variable ? sources.variable(content.as_string()) : std::string();
    if (bytes.empty())
      co_return unresolved(what, "environment variable " + content.as_string() + " is not set.",
                           "To fix it, set it and run the command again.");
    co_return Secret(std::move(bytes));
  }
  if (form == "file") co_return from_file(content.as_string(), what, sources.working_directory);
  if (form == "command") {
    std::vector<std::string> words;
    for (const Value& word : content.as_list()) words.push_back(word.as_string());
    std::string directory = sources.working_directory;
    co_return co_await from_command(std::move(words), std::move(what), std::move(directory));
  }
  if (!sources.kubernetes_secret)
    co_return unresolved(what, "a Kubernetes Secret cannot be read here.",
                         "To fix it, use `env`, `file` or `command`.");
  std::string space = content.text("namespace");
  std::string name = content.text("name");
  std::string key = content.text("key");
  co_return co_await sources.kubernetes_secret(std::move(space), std::move(name), std::move(key));
}

}  // namespace crosstie::http
