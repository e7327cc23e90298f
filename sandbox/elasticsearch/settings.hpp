#pragma once
// Cluster settings: persistent and transient, kept flat, every scalar as text, as Elasticsearch
// keeps them.
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/version.hpp"

namespace crosstie::sandbox::elasticsearch {

/// Flat key to a string or a list of strings; in an update also null.
using Settings = std::map<std::string, Json>;

/// One change as asked for, in flat form.
struct SettingsUpdate {
  Settings persistent;
  Settings transient;
};

/// Reads a PUT body: nested or dotted keys, the last one wins. Throws Refusal.
SettingsUpdate parse_settings_update(const std::string& body, const StackVersion& version);

/// `stored` after `update`; throws Refusal for an unknown, static or wrong setting and for settings
/// that do not go together. `kind` is "persistent" or "transient", for the message.
Settings updated_settings(const Settings& stored, const Settings& update, const std::string& kind,
                          const StackVersion& version);

/// The nested form ({"cluster":{"remote":{...}}}), or the flat one. Nulls are left out.
Json format_settings(const Settings& settings, bool flat);

/// Transient over persistent.
Settings effective_settings(const Settings& persistent, const Settings& transient);

/// Defaults that `include_defaults` adds.
Settings default_settings(bool remote_server_enabled);

/// The text of a setting, "" when absent.
std::string setting_text(const Settings& settings, const std::string& key);

/// Aliases that have any `cluster.remote.<alias>.` key.
std::vector<std::string> remote_aliases(const Settings& settings);
/// A remote is enabled by a non-empty `proxy_address` (mode proxy) or `seeds` (mode sniff).
bool remote_enabled(const Settings& settings, const std::string& alias);
bool is_proxy_mode(const Settings& settings, const std::string& alias);

}  // namespace crosstie::sandbox::elasticsearch
