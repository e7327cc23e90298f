#include "sandbox/elasticsearch/setting_rules.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/elasticsearch/version.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::string_view kRemotePrefix = "cluster.remote.";

constexpr std::array<std::string_view, 10> kRemoteKeys{"mode",
                                                       "proxy_address",
                                                       "server_name",
                                                       "proxy_socket_connections",
                                                       "seeds",
                                                       "proxy",
                                                       "node_connections",
                                                       "skip_unavailable",
                                                       "transport.ping_schedule",
                                                       "transport.compress"};

/// Dynamic settings outside cluster.remote are taken by family: their values are of no interest
/// here.
constexpr std::array<std::string_view, 14> kDynamicFamilies{
    "cluster.routing.", "indices.",          "logger.",         "search.",          "cluster.info.",
    "ingest.",          "action.",           "cluster.blocks.", "xpack.ml.",        "slm.",
    "script.",          "cluster.metadata.", "xpack.security.", "persistent_tasks."};

constexpr std::array<std::string_view, 9> kStaticFamilies{"remote_cluster.",
                                                          "remote_cluster_server.",
                                                          "node.",
                                                          "http.",
                                                          "transport.",
                                                          "path.",
                                                          "network.",
                                                          "discovery.",
                                                          "cluster.remote.initial_connect_timeout"};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Java prints a list setting read as text in this form.
std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text = "[";
  for (const Json& item : value) text += (text.size() > 1 ? ", " : "") + item.get<std::string>();
  return text + "]";
}

/// Java's Integer.parseInt; nullopt where that throws.
std::optional<long long> parse_int(std::string_view text) {
  const std::string_view digits =
      starts_with(text, "-") || starts_with(text, "+") ? text.substr(1) : text;
  constexpr std::size_t kDigitsMax = 10;
  if (digits.empty() || digits.size() > kDigitsMax) return std::nullopt;
  long long value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > 2147483647) return std::nullopt;
  return text.front() == '-' ? -value : value;
}

Refusal number_format(std::string reason, std::string_view input) {
  Refusal refusal = illegal_argument(std::move(reason));
  refusal.error["caused_by"] =
      cause("number_format_exception", "For input string: \"" + std::string(input) + "\"");
  return refusal;
}

/// A scheme, a port above 65535 and a bare IPv6 address are all accepted (measured).
void check_host_and_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    throw illegal_argument("remote hosts need to be configured as [host:port], found [" + address +
                           "] instead");
  }
  const std::string port_text = address.substr(colon + 1);
  const auto port = parse_int(port_text);
  if (!port) throw number_format("failed to parse port", port_text);
  if (*port <= 0) {
    throw illegal_argument("port number must be > 0 but was: [" + std::to_string(*port) + "]");
  }
}

void check_enum(const std::string& name, const std::string& text,
                std::initializer_list<const char*> allowed) {
  const std::string value = upper(text);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  throw illegal_argument("No enum constant org.elasticsearch.transport." + name + "." + value);
}

void check_positive(const std::string& key, const std::string& text) {
  const auto value = parse_int(text);
  if (!value)
    throw number_format("Failed to parse value [" + text + "] for setting [" + key + "]", text);
  if (*value < 1) {
    throw illegal_argument("Failed to parse value [" + text + "] for setting [" + key +
                           "] must be >= 1");
  }
}

}  // namespace

std::optional<std::pair<std::string, std::string>> split_remote_key(const std::string& key) {
  if (!starts_with(key, kRemotePrefix)) return std::nullopt;
  const std::size_t dot = key.find('.', kRemotePrefix.size());
  if (dot == std::string::npos || dot == kRemotePrefix.size()) return std::nullopt;
  std::string alias = key.substr(kRemotePrefix.size(), dot - kRemotePrefix.size());
  if (!std::all_of(alias.begin(), alias.end(), is_word)) return std::nullopt;
  return std::pair{std::move(alias), key.substr(dot + 1)};
}

SettingKind setting_kind(const std::string& key, const StackVersion& version) {
  for (const std::string_view family : kStaticFamilies) {
    if (starts_with(key, family)) return SettingKind::fixed;
  }
  if (const auto remote = split_remote_key(key)) {
    const std::string& name = remote->second;
    if (name == "credentials") return SettingKind::fixed;
    if (name == "transport.compression_scheme") return SettingKind::dynamic;
    if (starts_with(name, "signing.") && version.at_least(9, 3)) return SettingKind::dynamic;
    const bool known = std::find(kRemoteKeys.begin(), kRemoteKeys.end(), name) != kRemoteKeys.end();
    return known ? SettingKind::dynamic : SettingKind::unknown;
  }
  if (starts_with(key, "cluster.remote.signing.") && version.at_least(9, 3))
    return SettingKind::dynamic;
  if (key == "cluster.max_shards_per_node") return SettingKind::dynamic;
  for (const std::string_view family : kDynamicFamilies) {
    if (starts_with(key, family) && key.size() > family.size()) return SettingKind::dynamic;
  }
  return SettingKind::unknown;
}

void check_setting_value(const std::string& key, const Json& value) {
  const auto remote = split_remote_key(key);
  if (!remote) return;
  const std::string& name = remote->second;
  const std::string text = as_text(value);
  if (name == "mode")
    check_enum("RemoteConnectionStrategy.ConnectionStrategy", text, {"SNIFF", "PROXY"});
  if (name == "proxy_address" && !text.empty()) check_host_and_port(text);
  if (name == "seeds") {
    for (const Json& seed : value.is_array() ? value : Json::array({value})) {
      check_host_and_port(seed.get<std::string>());
    }
  }
  if (name == "proxy_socket_connections" || name == "node_connections") check_positive(key, text);
  if (name == "skip_unavailable" && text != "true" && text != "false") {
    throw illegal_argument("Failed to parse value [" + text +
                           "] as only [true] or [false] are allowed.");
  }
  if (name == "transport.ping_schedule" && !parse_time_value(text)) {
    throw illegal_argument("failed to parse setting [" + key + "] with value [" + text +
                           "] as a time value: unit is missing or unrecognized");
  }
  if (name == "transport.compress")
    check_enum("Compression.Enabled", text, {"TRUE", "FALSE", "INDEXING_DATA"});
  if (name == "transport.compression_scheme")
    check_enum("Compression.Scheme", text, {"LZ4", "DEFLATE"});
}

}  // namespace crosstie::sandbox::elasticsearch
