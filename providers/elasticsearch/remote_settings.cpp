#include "providers/elasticsearch/remote_settings.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/json_read.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

constexpr std::size_t kAliasMax = 128;
constexpr std::size_t kHostMax = 253;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const RemoteSetting* by_key(const std::string& key) {
  for (const RemoteSetting& setting : remote_settings())
    if (key == setting.key) return &setting;
  return nullptr;
}

/// As the service stores it: scalars as texts.
json stored_form(const Value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_integer()) return std::to_string(value.as_integer());
  return to_json(value);
}

std::string full_key(const std::string& alias, const std::string& key) {
  return "cluster.remote." + alias + "." + key;
}

bool forbidden(const RemoteSetting& setting, const std::string& mode) {
  return (setting.mode == SettingMode::proxy && mode == "sniff") ||
         (setting.mode == SettingMode::sniff && mode == "proxy");
}

StoredSettings read_section(const json& flat, const char* section, const std::string& alias) {
  StoredSettings stored;
  const json* all = json_read::find(flat, {section});
  if (all == nullptr || !all->is_object()) return stored;
  const std::string prefix = full_key(alias, "");
  for (const auto& [key, value] : all->items())
    if (key.rfind(prefix, 0) == 0) stored[key.substr(prefix.size())] = value;
  return stored;
}

bool host_characters(const std::string& host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

void check_text(Diagnostics& wrong, const Value& desired, const char* name,
                std::string (*check)(const std::string&)) {
  const Value* value = desired.find(name);
  if (value == nullptr || !value->is_string()) return;
  const std::string why = check(value->as_string());
  if (!why.empty())
    wrong.push_back(
        make_error("remote cluster setting is not usable", std::string(name) + ": " + why));
}

}  // namespace

const std::vector<RemoteSetting>& remote_settings() {
  static const std::vector<RemoteSetting> kSettings = {
      {"mode", "mode", SettingKind::text, SettingMode::any},
      {"proxy_address", "proxy_address", SettingKind::text, SettingMode::proxy},
      {"server_name", "server_name", SettingKind::text, SettingMode::proxy},
      {"proxy_socket_connections", "proxy_socket_connections", SettingKind::number,
       SettingMode::proxy},
      {"seeds", "seeds", SettingKind::list, SettingMode::sniff},
      {"node_connections", "node_connections", SettingKind::number, SettingMode::sniff},
      {"skip_unavailable", "skip_unavailable", SettingKind::flag, SettingMode::any},
      {"ping_schedule", "transport.ping_schedule", SettingKind::text, SettingMode::any},
      {"compress", "transport.compress", SettingKind::text, SettingMode::any},
      {"compression_scheme", "transport.compression_scheme", SettingKind::text, SettingMode::any},
  };
  return kSettings;
}

StoredSettings AliasSettings::effective() const {
  StoredSettings all = persistent;
  for (const auto& [key, value] : transient) all[key] = value;
  return all;
}

AliasSettings read_alias(const json& flat, const std::string& alias) {
  return {read_section(flat, "persistent", alias), read_section(flat, "transient", alias)};
}

Value normal_setting(const RemoteSetting& setting, const Value& value) {
  if (value.contains_unknown() || value.is_null()) return value;
  const std::string text = value.is_string() ? value.as_string() : std::string();
  switch (setting.kind) {
    case SettingKind::number:
      if (is_number(text)) return Value(static_cast<std::int64_t>(std::stoll(text)));
      return value;
    case SettingKind::flag:
      if (text == "true" || text == "false") return Value(text == "true");
      return value;
    case SettingKind::list:
      if (value.is_string()) return Value(Value::List{value});
      return value;
    case SettingKind::text:
      break;
  }
  if (value.is_bool()) return Value(value.as_bool() ? "true" : "false");
  // Modes are stored in the letter case they were given in (facts, section 2).
  return std::string_view(setting.key) == "mode" && value.is_string() ? Value(lower(text)) : value;
}

Value stored_attributes(const StoredSettings& stored) {
  Value attributes{Value::Object{}};
  for (const auto& [key, value] : stored)
    if (const RemoteSetting* setting = by_key(key))
      attributes.set(setting->attribute, normal_setting(*setting, from_json(value)));
  return attributes;
}

std::string check_alias(const std::string& alias) {
  if (alias.empty() || alias.size() > kAliasMax)
    return "an alias has 1 to " + std::to_string(kAliasMax) + " characters.";
  if (alias.front() == '-')
    return "\"" + alias + "\" begins with a dash, which search expressions read as an exclusion.";
  const bool allowed = std::all_of(alias.begin(), alias.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  return allowed ? "" : "\"" + alias + "\" may hold only letters, digits, dash and underscore.";
}

std::string check_address(const std::string& address) {
  const std::string quoted = "\"" + address + "\" ";
  if (address.find("://") != std::string::npos)
    return quoted + "is a URL; write host:port without a scheme.";
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return quoted + "has no port; write host:port.";
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (!is_number(port) || std::stol(port) < 1 || std::stol(port) > 65535)
    return quoted + "has no port from 1 to 65535.";
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']' || host.find(':') == std::string::npos ||
        host.find_first_not_of("0123456789abcdefABCDEF:.[]") != std::string::npos)
      return quoted + "is no IPv6 address in brackets with a port.";
    return {};
  }
  if (host.find(':') != std::string::npos)
    return quoted + "looks like IPv6 without brackets; write [address]:port.";
  if (host.empty() || host.size() > kHostMax || !host_characters(host))
    return quoted + "has no usable host name.";
  return {};
}

std::string check_server_name(const std::string& name) {
  if (name.empty() || (name.size() <= kHostMax && host_characters(name))) return {};
  return "\"" + name + "\" is no host name.";
}

std::string wanted_mode(const Value& desired) {
  std::string mode = lower(desired.text("mode"));
  if (!mode.empty()) return mode;
  if (!desired.text("proxy_address").empty()) return "proxy";
  const Value* seeds = desired.find("seeds");
  return seeds != nullptr && !seeds->is_null() ? "sniff" : "";
}

Diagnostics check_arguments(const Value& desired) {
  Diagnostics wrong;
  check_text(wrong, desired, "alias", check_alias);
  check_text(wrong, desired, "proxy_address", check_address);
  check_text(wrong, desired, "server_name", check_server_name);
  if (const Value* seeds = desired.find("seeds"); seeds != nullptr && seeds->is_list())
    for (const Value& seed : seeds->as_list())
      if (const std::string why = seed.is_string() ? check_address(seed.as_string()) : "";
          !why.empty())
        wrong.push_back(make_error("remote cluster setting is not usable", "seeds: " + why));
  const std::string mode = wanted_mode(desired);
  for (const RemoteSetting& setting : remote_settings()) {
    const Value* value = desired.find(setting.attribute);
    if (value == nullptr || value->is_null() || !forbidden(setting, mode)) continue;
    wrong.push_back(
        make_error("remote cluster setting is not usable",
                   std::string(setting.attribute) + " cannot be used with mode " + mode + ".",
                   "To fix it, leave it out, or change `mode`."));
  }
  for (const char* name : {"proxy_socket_connections", "node_connections"})
    if (const Value* value = desired.find(name);
        value != nullptr && value->is_integer() && value->as_integer() < 1)
      wrong.push_back(make_error("remote cluster setting is not usable",
                                 std::string(name) + " must be at least 1."));
  return wrong;
}

json settings_change(const std::string& alias, const Value& desired,
                     const std::vector<std::string>& given_up, const AliasSettings& live) {
  json persistent = json::object();
  json transient = json::object();
  Value wanted = desired;
  const std::string mode = wanted_mode(desired);
  if (!mode.empty()) wanted.set("mode", mode);
  for (const RemoteSetting& setting : remote_settings()) {
    const std::string key = full_key(alias, setting.key);
    const auto stored = live.persistent.find(setting.key);
    const bool is_stored = stored != live.persistent.end();
    const Value* value = wanted.find(setting.attribute);
    const bool named = value != nullptr && !value->is_null();
    const bool gone =
        std::find(given_up.begin(), given_up.end(), setting.attribute) != given_up.end() ||
        forbidden(setting, mode);
    if (named) {
      const Value normal = normal_setting(setting, *value);
      const bool same = is_stored && normal_setting(setting, from_json(stored->second)) == normal;
      if (!same) persistent[key] = stored_form(normal);
    } else if (gone && is_stored) {
      persistent[key] = nullptr;
    }
    if ((named || gone) && live.transient.count(setting.key) != 0) transient[key] = nullptr;
  }
  json body = json::object();
  if (!persistent.empty()) body["persistent"] = std::move(persistent);
  if (!transient.empty()) body["transient"] = std::move(transient);
  return body;
}

json settings_restore(const std::string& alias, const StoredSettings& target,
                      const AliasSettings& live) {
  json persistent = json::object();
  json transient = json::object();
  for (const auto& [key, value] : live.persistent)
    if (target.count(key) == 0) persistent[full_key(alias, key)] = nullptr;
  for (const auto& [key, value] : target)
    if (auto now = live.persistent.find(key); now == live.persistent.end() || now->second != value)
      persistent[full_key(alias, key)] = value;
  // An alias that only transient settings keep alive would still exist.
  if (target.empty())
    for (const auto& [key, value] : live.transient) transient[full_key(alias, key)] = nullptr;
  json body = json::object();
  if (!persistent.empty()) body["persistent"] = std::move(persistent);
  if (!transient.empty()) body["transient"] = std::move(transient);
  return body;
}

std::string settings_text(const StoredSettings& stored) {
  std::string text;
  for (const auto& [key, value] : stored)
    text += (text.empty() ? "" : ", ") + key + "=" +
            (value.is_string() ? value.get<std::string>() : json_read::dump(value));
  return text;
}

}  // namespace crosstie::elasticsearch
