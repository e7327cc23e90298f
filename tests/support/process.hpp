#pragma once
// Runs a program as a shell would: its own environment, input and terminal, output caught, a
// deadline, and signals at a chosen moment.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace crosstie::testing {

struct Command {
  std::vector<std::string> words;                  // the program's path first
  std::map<std::string, std::string> environment;  // all of it; nothing is inherited
  std::string input;                               // what standard input has, then its end
  bool terminal = false;                           // standard output is a terminal
  std::chrono::seconds deadline{150};              // then the program is killed
};

struct Outcome {
  int code = 0;  // exit code, or minus the number of the signal that ended it
  std::string out;
  std::string err;
  std::string all() const { return "exit " + std::to_string(code) + "\n" + out + err; }
};

class Process {
 public:
  explicit Process(const Command& command)
      : deadline_(std::chrono::steady_clock::now() + command.deadline) {
    std::array<int, 2> in{-1, -1};
    std::array<int, 2> out{-1, -1};
    std::array<int, 2> err{-1, -1};
    bool opened = ::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(err.data(), O_CLOEXEC) == 0;
    opened =
        opened && (command.terminal ? open_terminal(out) : ::pipe2(out.data(), O_CLOEXEC) == 0);
    if (opened && !command.input.empty()) {
      // Before the start, so that a program that ends without reading breaks no pipe. A pipe holds
      // 64 KiB without a reader; inputs of tests are a word.
      static_cast<void>(!::write(in[1], command.input.data(), command.input.size()));
    }
    close_end(in[1]);
    if (opened) spawn(command, in[0], out[1], err[1]);
    for (const int end : {in[0], out[1], err[1]}) close_end(end);
    streams_ = {Stream{out[0], {}}, Stream{err[0], {}}};
    if (pid_ < 0) streams_[1].text = command.words.front() + " could not be started\n";
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      reap();
    }
    for (const Stream& stream : streams_) close_end(stream.end);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  const std::string& out() const { return streams_[0].text; }
  const std::string& err() const { return streams_[1].text; }

  /// Takes in what the program says, for `at_most` this long; false once it closed its output (it
  /// ended) or went over its deadline.
  bool listen(std::chrono::milliseconds at_most) {
    std::array<pollfd, 2> ends{};
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = {streams_[i].end, POLLIN, 0};
    if (streams_[0].end < 0 && streams_[1].end < 0) return false;
    if (std::chrono::steady_clock::now() > deadline_) return false;
    ::poll(ends.data(), ends.size(), static_cast<int>(at_most.count()));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].revents != 0) take(streams_[i]);
    }
    return streams_[0].end >= 0 || streams_[1].end >= 0;
  }
  /// Listens until `happened()` is true; false when the program ended before that.
  template <class Predicate>
  bool listen_until(Predicate happened) {
    while (!happened()) {
      if (!listen(std::chrono::milliseconds(5))) return happened();
    }
    return true;
  }
  /// To its end.
  Outcome wait() {
    while (listen(std::chrono::milliseconds(200))) {
    }
    if (std::chrono::steady_clock::now() > deadline_) {
      streams_[1].text += "\n(killed by the test: it ran over its deadline)\n";
      signal(SIGKILL);
    }
    const int code = reap();
    return {code, streams_[0].text, streams_[1].text};
  }
  Outcome kill() {
    signal(SIGKILL);
    return wait();
  }

 private:
  struct Stream {
    int end = -1;
    std::string text;
  };

  static void close_end(int end) {
    if (end >= 0) ::close(end);
  }

  static bool open_terminal(std::array<int, 2>& ends) {
    ends[0] = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ends[0] < 0 || ::grantpt(ends[0]) != 0 || ::unlockpt(ends[0]) != 0) return false;
    std::array<char, 128> name{};
    if (::ptsname_r(ends[0], name.data(), name.size()) != 0) return false;
    ends[1] = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return ends[1] >= 0;
  }

  void spawn(const Command& command, int in, int out, int err) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    std::vector<std::string> words = command.words;
    std::vector<std::string> lines;
    for (const auto& [name, value] : command.environment) lines.push_back(name + "=" + value);
    const auto pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> out_list;
      for (std::string& text : texts) out_list.push_back(text.data());
      out_list.push_back(nullptr);
      return out_list;
    };
    // A build at the same time takes the program away for a moment.
    int failed = ENOENT;
    while ((failed == ENOENT || failed == ETXTBSY) &&
           std::chrono::steady_clock::now() < deadline_) {
      failed = ::posix_spawn(&pid_, words.front().c_str(), &actions, nullptr,
                             pointers(words).data(), pointers(lines).data());
      if (failed != 0) ::poll(nullptr, 0, 50);
    }
    if (failed != 0) pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
  }

  static void take(Stream& stream) {
    std::array<char, 1 << 16> bytes;
    const ssize_t count = ::read(stream.end, bytes.data(), bytes.size());
    if (count > 0) {
      stream.text.append(bytes.data(), static_cast<std::size_t>(count));
      return;
    }
    ::close(stream.end);  // the end, or the terminal's other side was closed (EIO)
    stream.end = -1;
  }

  int reap() {
    if (pid_ <= 0) return -1;
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  pid_t pid_ = -1;
  std::array<Stream, 2> streams_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace crosstie::testing
