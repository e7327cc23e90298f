#pragma once
// What GET /_security/api_key says of the keys of one name, and which of them are ours. Pure.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {

enum class KeyState { live, expired, invalidated };

struct KeyView {
  std::string id;
  std::string name;
  std::string type;  // "cross_cluster", "rest"
  KeyState state = KeyState::live;
  std::string owner;               // username
  std::int64_t expiration_ms = 0;  // 0: never
  Value access;
  Value metadata;
  Value certificate_identity;
};

/// `now_ms` decides what is expired: an expired key keeps `invalidated: false`.
std::vector<KeyView> read_keys(const nlohmann::json& answer, std::int64_t now_ms);

/// RFC 3339 UTC of epoch milliseconds, "" for 0.
std::string format_time(std::int64_t epoch_ms);

/// The recorded key, and live keys that carry our mark for this very address and are not the
/// recorded one: their secret is lost.
struct OurKeys {
  const KeyView* recorded = nullptr;
  std::vector<const KeyView*> leftovers;
};
OurKeys find_ours(const std::vector<KeyView>& keys, const ResourceRequest& request);

}  // namespace crosstie::elasticsearch
