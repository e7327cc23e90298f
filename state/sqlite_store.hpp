#pragma once
// The state in one SQLite file (WAL, synchronous FULL). The format is documented in
// docs/state-format.md and state/schema.sql.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "engine/model/secret.hpp"
#include "state/store.hpp"

namespace crosstie {

/// Where the sealing key comes from, in this order: `given` (CROSSTIE_STATE_KEY: base64 of 32
/// bytes), else the key file of this lineage in `key_folder` (made at the first run, 0600).
struct KeySource {
  Secret given;
  std::filesystem::path key_folder;  // e.g. ~/.local/share/crosstie/keys
};

struct StateOptions {
  std::filesystem::path file;  // ".crosstie/state.db"
  KeySource key;
  bool create = true;  // false: a missing file is an empty state, and nothing is made (plan, drift)
  bool read_only = false;  // no write at all, works in a read-only folder
  std::function<std::string()>
      now;  // RFC 3339 UTC with milliseconds; the system's clock when not given
  /// For the lineage; the system's generator when not given. Keys and nonces are always from the
  /// system's generator.
  std::function<std::string(std::size_t)> random_bytes;
  std::int64_t pages_max =
      0;  // the file grows to this many pages of 4 KiB at most; 0: no limit but the disk
};

/// Opens the state; makes file, folder (0700) and key when they are missing and `create` allows it.
/// Two processes that make it at the same time end up with one state. Errors, each with nothing
/// changed: missing or wrong key, newer format, damaged file, another file, a folder that may not
/// be written, no space.
Result<std::unique_ptr<StateStore>> open_sqlite_store(StateOptions options);

}  // namespace crosstie
