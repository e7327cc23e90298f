#pragma once
// Whether the process that holds a lock is still the one that took it.
#include <cstdint>
#include <string>

namespace crosstie::state_file {

/// "boot-id pid-namespace start-time" of a process on this machine, "" when it cannot be told.
/// Start time is in clock ticks since boot (proc(5), /proc/PID/stat field 22), so that a pid that
/// was given out again is not mistaken for its earlier owner.
std::string describe_process(std::int64_t pid);

/// True only when it is sure that the process is gone. `described` is what describe_process said
/// when the lock was taken.
bool process_is_gone(std::int64_t pid, const std::string& described);

}  // namespace crosstie::state_file
