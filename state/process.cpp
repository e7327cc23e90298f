#include "state/process.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace crosstie::state_file {
namespace {

constexpr std::size_t kStartTimeField = 22;
constexpr std::size_t kStateField = 3;

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

/// State letter and start time of a process; both empty when there is none.
struct Stat {
  std::string state;
  std::string start;
};

Stat read_stat(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // The second field is the name in brackets and may hold anything, brackets and blanks too.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  const std::vector<std::string> fields = split_words(line.substr(name_end + 1));
  if (fields.size() <= kStartTimeField - kStateField) return {};
  return {fields[0], fields[kStartTimeField - kStateField]};
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::string own_pid_namespace() {
  char target[64] = {};
  const ssize_t size = ::readlink("/proc/self/ns/pid", target, sizeof(target) - 1);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
}

bool no_such_process(std::int64_t pid) {
  return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string describe_process(std::int64_t pid) {
  const std::string boot = boot_id();
  const std::string pid_namespace = own_pid_namespace();
  const Stat stat = read_stat(pid);
  if (boot.empty() || pid_namespace.empty() || stat.start.empty()) return {};
  return boot + " " + pid_namespace + " " + stat.start;
}

bool process_is_gone(std::int64_t pid, const std::string& described) {
  if (pid <= 0) return false;
  const std::vector<std::string> then = split_words(described);
  if (then.size() != 3) return no_such_process(pid);
  // WAL needs shared memory, so that everybody who can open the file runs under the same kernel:
  // another boot is an earlier one.
  const std::string boot = boot_id();
  if (!boot.empty() && then[0] != boot) return true;
  // A process of another container cannot be seen from here.
  if (then[1] != own_pid_namespace()) return false;
  const Stat stat = read_stat(pid);
  if (stat.start.empty()) return no_such_process(pid);
  // A zombie has ended; only its parent has not looked yet.
  return stat.start != then[2] || stat.state == "Z" || stat.state == "X";
}

}  // namespace crosstie::state_file
