#pragma once
// Which settings exist, which are dynamic, and which values they take.
#include <optional>
#include <string>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/version.hpp"

namespace crosstie::sandbox::elasticsearch {

enum class SettingKind { unknown, fixed, dynamic };

SettingKind setting_kind(const std::string& key, const StackVersion& version);

/// ("b", "proxy_address") of "cluster.remote.b.proxy_address"; nullopt for any other key or an
/// alias that is not made of word characters and dashes.
std::optional<std::pair<std::string, std::string>> split_remote_key(const std::string& key);

/// Throws Refusal when a dynamic setting does not take `value` (text or a list of texts).
void check_setting_value(const std::string& key, const Json& value);

}  // namespace crosstie::sandbox::elasticsearch
