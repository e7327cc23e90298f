// Runs a command several times and prints what one run costs: wall time and peak memory of the
// whole process.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern char** environ;

namespace {

constexpr int kRunsMax = 10'000;

struct Cost {
  double milliseconds = 0;
  double mebibytes = 0;
  int code = -1;
};

/// One run with its output thrown away; errors stay visible.
Cost run_once(char** command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  Cost cost;
  pid_t child = 0;
  const auto began = std::chrono::steady_clock::now();
  const int refused = posix_spawnp(&child, command[0], &actions, nullptr, command, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) return cost;
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  cost.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  cost.mebibytes = static_cast<double>(usage.ru_maxrss) / 1024.0;
  cost.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return cost;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

/// crosstie_measure RUNS COMMAND...: prints "MEDIAN_MS LEAST_MS PEAK_MIB"; fails when a run fails.
int main(int argc, char** argv) {
  const int runs = argc > 2 ? std::atoi(argv[1]) : 0;
  if (runs < 1 || runs > kRunsMax) {
    std::fprintf(stderr, "usage: crosstie_measure RUNS COMMAND [ARGUMENT...]\n");
    return 2;
  }
  std::vector<double> times;
  double peak = 0;
  for (int i = 0; i < runs; ++i) {
    const Cost cost = run_once(argv + 2);
    if (cost.code != 0) {
      std::fprintf(stderr, "%s ended with code %d\n", argv[2], cost.code);
      return 1;
    }
    times.push_back(cost.milliseconds);
    peak = std::max(peak, cost.mebibytes);
  }
  std::printf("%.2f %.2f %.1f\n", median(times), *std::min_element(times.begin(), times.end()),
              peak);
  return 0;
}
