#pragma once
// Encryption of what must not be read from the state file: AES-256-GCM, a random nonce for each
// value, bound to its place.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/secret.hpp"

namespace crosstie::state_file {

inline constexpr std::size_t kKeyBytes = 32;

/// The place of a sealed value. A value that is put anywhere else does not open.
struct Cell {
  std::string_view table;
  std::string_view column;
  std::string_view row;  // primary key: an address, an operation's id, an output's name
  std::string_view path =
      {};  // JSON pointer of a sealed part inside a readable value, "" for the whole
};

/// Seals and opens under one key for one lineage. A sealed value is: version byte 1, nonce (12),
/// ciphertext, tag (16). One thread at a time.
class Sealer {
 public:
  /// `key` has kKeyBytes bytes.
  Sealer(const Secret& key, std::string lineage);
  Sealer(Sealer&&) noexcept;
  ~Sealer();

  std::string seal(std::string_view plain, const Cell& cell);
  /// nullopt when the value was not sealed with this key for this place, or was changed.
  std::optional<std::string> open(std::string_view sealed, const Cell& cell);

 private:
  struct Contexts;
  std::string associated_data(const Cell& cell) const;

  std::string lineage_;
  std::unique_ptr<Contexts> contexts_;
};

/// Bytes of the system's generator for keys, nonces and lock tokens. These never come from a seeded
/// source: a nonce that is used twice under one key gives both values away.
std::string secure_random(std::size_t size);

std::string to_base64(std::string_view bytes);
/// nullopt when `text` is not base64 with padding.
std::optional<std::string> from_base64(std::string_view text);
std::string to_hex(std::string_view bytes);

}  // namespace crosstie::state_file
