// Loaded before the C library into a run of the program: a disk that is full and a wall clock that
// jumps, both switched by a file that the test holds mapped (stage.hpp, PreloadSwitches).
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace {

struct Switches {
  std::int64_t clock_seconds;
  std::int64_t disk_full;
};

const volatile Switches* switches() {
  static const volatile Switches* const found = []() -> const volatile Switches* {
    static const Switches kOff{};
    const char* const file = ::getenv("CROSSTIE_TEST_SWITCHES");
    const int opened = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
    if (opened < 0) return &kOff;
    void* const memory = ::mmap(nullptr, sizeof(Switches), PROT_READ, MAP_SHARED, opened, 0);
    ::close(opened);
    return memory == MAP_FAILED ? &kOff : static_cast<const volatile Switches*>(memory);
  }
  ();
  return found;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// A write that would make a regular file longer, on a disk without room.
bool finds_no_room(int descriptor, off_t end) {
  if (switches()->disk_full == 0) return false;
  struct stat state{};
  return ::fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode) && end > state.st_size;
}

}  // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off_t offset) {
  static auto* const next = real<decltype(pwrite64)>("pwrite64");
  if (finds_no_room(descriptor, offset + static_cast<off_t>(count))) {
    errno = ENOSPC;
    return -1;
  }
  return next(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static auto* const next = real<decltype(write)>("write");
  const off_t at = switches()->disk_full == 0 ? 0 : ::lseek(descriptor, 0, SEEK_CUR);
  if (finds_no_room(descriptor, at + static_cast<off_t>(count))) {
    errno = ENOSPC;
    return -1;
  }
  return next(descriptor, bytes, count);
}

int clock_gettime(clockid_t clock, timespec* time) {
  static auto* const next = real<decltype(clock_gettime)>("clock_gettime");
  const int done = next(clock, time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
    time->tv_sec += switches()->clock_seconds;
  return done;
}

time_t time(time_t* to) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != nullptr) *to = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* now, void* zone) {
  static auto* const next = real<int(timeval*, void*)>("gettimeofday");
  const int done = next(now, zone);
  now->tv_sec += switches()->clock_seconds;
  return done;
}
}
