#pragma once
// Table lock: the exclusive right to write. Inside the caller's write transaction; throws Failure.
#include <optional>
#include <string>

#include "state/context.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {

std::optional<LockInfo> read_lock(Context& context);
/// Takes the lock and gives the token that proves it. Fails naming the holder; one whose process is
/// gone from this host is replaced, and its run becomes interrupted.
std::string take_lock(Context& context, const LockInfo& who);
/// Fails when the lock is not the token's.
void release_lock(Context& context, const std::string& token);
/// Fails when somebody else holds the lock, or when the lock that `token` proves is gone. "" stands
/// for a store without a lock.
void require_write_right(Context& context, const std::string& token);

}  // namespace crosstie::state_file
