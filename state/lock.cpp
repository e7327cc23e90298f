#include "state/lock.hpp"

#include <cstddef>
#include <optional>
#include <string>

#include "state/context.hpp"
#include "state/failure.hpp"
#include "state/process.hpp"
#include "state/runs.hpp"
#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::size_t kTokenBytes = 16;

struct Holder {
  LockInfo info;
  std::string process;
  std::string token;
};

std::optional<Holder> read_holder(Context& context) {
  Statement row =
      context.database->use("SELECT owner, host, pid, process, command, since, token FROM lock");
  row.start();
  if (!row.step()) return std::nullopt;
  Holder holder;
  holder.info.owner = row.text(0);
  holder.info.host = row.text(1);
  holder.info.pid = row.integer(2);
  holder.process = row.text(3);
  holder.info.command = row.text(4);
  holder.info.since = row.text(5);
  holder.token = row.text(6);
  return holder;
}

Failure held(const Context& context, const LockInfo& holder) {
  const std::string release =
      "sqlite3 " + context.database->file().string() + " 'DELETE FROM lock'";
  return Failure(lock_held_error(holder, release));
}

}  // namespace

std::optional<LockInfo> read_lock(Context& context) {
  const auto holder = read_holder(context);
  return holder ? std::optional(holder->info) : std::nullopt;
}

std::string take_lock(Context& context, const LockInfo& who) {
  if (const auto holder = read_holder(context)) {
    const bool gone =
        holder->info.host == who.host && process_is_gone(holder->info.pid, holder->process);
    if (!gone) throw held(context, holder->info);
    mark_interrupted(context);
  }
  const std::string token = to_hex(secure_random(kTokenBytes));
  const std::string since = who.since.empty() ? context.now() : who.since;
  context.database
      ->use(
          "INSERT OR REPLACE INTO lock (id, owner, host, pid, process, command, since, token) "
          "VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
      .run(who.owner, who.host, who.pid, describe_process(who.pid), who.command, since, token);
  return token;
}

void release_lock(Context& context, const std::string& token) {
  context.database->use("DELETE FROM lock WHERE token = ?").run(token);
  if (token.empty() || context.database->changes() != 1) throw Failure(lock_lost_error());
}

void require_write_right(Context& context, const std::string& token) {
  const auto holder = read_holder(context);
  if (holder && holder->token != token) {
    if (token.empty()) throw held(context, holder->info);
    throw Failure(lock_lost_error());
  }
  if (!holder && !token.empty()) throw Failure(lock_lost_error());
}

}  // namespace crosstie::state_file
