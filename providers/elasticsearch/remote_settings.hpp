#pragma once
// The settings of one remote cluster: what is wanted, what is stored, and the one PUT that leads
// from here to there. Pure. Rules: facts/elasticsearch.md, sections 1 and 2.
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::elasticsearch {

enum class SettingKind { text, number, flag, list };
enum class SettingMode { any, proxy, sniff };

struct RemoteSetting {
  const char* attribute;  // as the configuration names it
  const char* key;        // below cluster.remote.<alias>.
  SettingKind kind;
  SettingMode mode;  // the only mode that takes it
};

/// All settings that `elasticsearch.remote_cluster` knows.
const std::vector<RemoteSetting>& remote_settings();

/// Settings of one alias by key below it ("mode", "transport.compress"), as stored: texts, or lists
/// of texts.
using StoredSettings = std::map<std::string, nlohmann::json>;

struct AliasSettings {
  StoredSettings persistent;
  StoredSettings transient;
  bool exists() const { return !persistent.empty() || !transient.empty(); }
  /// What counts: transient over persistent.
  StoredSettings effective() const;
};

/// Reads the answer of GET /_cluster/settings?flat_settings=true.
AliasSettings read_alias(const nlohmann::json& flat, const std::string& alias);

/// Stored settings by attribute name, with their own types (true, 4).
Value stored_attributes(const StoredSettings& stored);

/// The value in the form and type in which it is compared: numbers and flags from texts, one text
/// as a list of one.
Value normal_setting(const RemoteSetting& setting, const Value& value);

/// "" or why the alias, an address or a name cannot be right. Elasticsearch itself takes port 70000
/// or `https://...` (facts, 1.9).
std::string check_alias(const std::string& alias);
std::string check_address(const std::string& host_and_port);
std::string check_server_name(const std::string& name);

/// All errors of the arguments at once. Unknown values are left aside.
Diagnostics check_arguments(const Value& desired);

/// The mode that the arguments mean: `mode`, else proxy when an address is given, else "".
std::string wanted_mode(const Value& desired);

/// Body of PUT /_cluster/settings that makes the named settings as `desired` says, nulls those of
/// `given_up` (attribute names that were ours and are named no more), nulls what the wanted mode
/// forbids, and takes back transient values that would hide ours. An empty object when nothing
/// differs.
nlohmann::json settings_change(const std::string& alias, const Value& desired,
                               const std::vector<std::string>& given_up, const AliasSettings& live);

/// Body that makes the alias exactly `target` ({} = gone), from what is stored.
nlohmann::json settings_restore(const std::string& alias, const StoredSettings& target,
                                const AliasSettings& live);

/// "mode=proxy, proxy_address=..." for messages and comparison.
std::string settings_text(const StoredSettings& stored);

}  // namespace crosstie::elasticsearch
