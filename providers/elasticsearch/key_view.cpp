#include "providers/elasticsearch/key_view.hpp"

#include <array>
#include <cstdint>
#include <ctime>
#include <utility>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {

using nlohmann::json;

std::vector<KeyView> read_keys(const json& answer, std::int64_t now_ms) {
  std::vector<KeyView> keys;
  for (const json& entry : json_read::list(answer, {"api_keys"})) {
    KeyView key;
    key.id = json_read::text(entry, {"id"});
    key.name = json_read::text(entry, {"name"});
    key.type = json_read::text(entry, {"type"});
    key.owner = json_read::text(entry, {"username"});
    if (const json* end = json_read::find(entry, {"expiration"});
        end != nullptr && end->is_number_integer())
      key.expiration_ms = end->get<std::int64_t>();
    if (json_read::flag(entry, {"invalidated"}))
      key.state = KeyState::invalidated;
    else if (key.expiration_ms != 0 && key.expiration_ms <= now_ms)
      key.state = KeyState::expired;
    if (const json* access = json_read::find(entry, {"access"})) key.access = from_json(*access);
    if (const json* metadata = json_read::find(entry, {"metadata"}))
      key.metadata = from_json(*metadata);
    if (const json* identity = json_read::find(entry, {"certificate_identity"}))
      key.certificate_identity = from_json(*identity);
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string format_time(std::int64_t epoch_ms) {
  if (epoch_ms == 0) return {};
  const auto seconds = static_cast<std::time_t>(epoch_ms / 1000);
  std::tm time{};
  if (::gmtime_r(&seconds, &time) == nullptr) return {};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &time);
  return text.data();
}

OurKeys find_ours(const std::vector<KeyView>& keys, const ResourceRequest& request) {
  OurKeys ours;
  const std::string id = request.prior ? request.prior->attributes.text("id") : std::string();
  for (const KeyView& key : keys) {
    if (!id.empty() && key.id == id)
      ours.recorded = &key;
    else if (key.state == KeyState::live &&
             has_mark(key.metadata, request.lineage, request.address.print()))
      ours.leftovers.push_back(&key);
  }
  return ours;
}

}  // namespace crosstie::elasticsearch
