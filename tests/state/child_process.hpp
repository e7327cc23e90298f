#pragma once
// A forked child that a test runs, kills and waits for.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace crosstie::testing {

/// Runs `body` in a child at once; its result is the exit code. The child is killed and waited for
/// at the end.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(body());
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  pid_t pid() const { return pid_; }
  /// Exit code, or minus the number of the signal.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

/// One byte from one process to another: a wait without a clock.
class Signal {
 public:
  Signal() { opened_ = ::pipe(ends_) == 0; }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  bool send(char what = '.') { return opened_ && ::write(ends_[1], &what, 1) == 1; }
  /// '\0' when nothing can come any more.
  char receive() {
    char what = '\0';
    return opened_ && ::read(ends_[0], &what, 1) == 1 ? what : '\0';
  }

 private:
  int ends_[2] = {-1, -1};
  bool opened_ = false;
};

}  // namespace crosstie::testing
