#include "sandbox/elasticsearch/settings.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/setting_rules.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/elasticsearch/version.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

// "The last one wins" needs the order of the document, which the sorting Json type loses.
using OrderedJson = nlohmann::ordered_json;

constexpr int kDepthMax = 20;

std::string scalar_text(const OrderedJson& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void flatten(const OrderedJson& value, const std::string& prefix, int depth, Settings& out) {
  if (depth > kDepthMax)
    throw illegal_argument("The depth of the settings is larger than " + std::to_string(kDepthMax));
  for (const auto& [name, member] : value.items()) {
    const std::string key = depth == 0 ? name : prefix + "." + name;
    if (member.is_object()) {
      flatten(member, key, depth + 1, out);
    } else if (member.is_array()) {
      Json list = Json::array();
      for (const OrderedJson& item : member) list.push_back(scalar_text(item));
      out[key] = std::move(list);
    } else if (member.is_null()) {
      out[key] = nullptr;
    } else {
      out[key] = scalar_text(member);
    }
  }
}

/// Positions are "[line:column]" of the byte after the last one read, as Jackson prints them.
Refusal parse_failure(const std::string& body, bool truncated, const StackVersion& version) {
  const auto lines = 1 + std::count(body.begin(), body.end(), '\n');
  const std::size_t line_start = body.rfind('\n') == std::string::npos ? 0 : body.rfind('\n') + 1;
  const std::string column = std::to_string(body.size() - line_start + 1);
  const std::string at = "[" + std::to_string(lines) + ":" + column + "] ";
  const std::string inner =
      std::string(truncated ? "Unexpected end-of-input within/between Object entries"
                            : "Unexpected character") +
      "\n at [Source: (byte[])\"" + body + "\"; line: " + std::to_string(lines) +
      ", column: " + column + "]";
  const bool end_of_file = truncated && version.at_least(8, 19);
  Refusal refusal =
      refuse(400, end_of_file ? "x_content_e_o_f_exception" : "x_content_parse_exception",
             at + (end_of_file ? "Unexpected end of file" : inner));
  refusal.error["caused_by"] =
      cause(truncated ? "json_e_o_f_exception" : "json_parse_exception", inner);
  return refusal;
}

std::string conflict_text(const std::string& alias, const std::string& name, bool needs_proxy) {
  const std::string prefix = "cluster.remote." + alias + ".";
  return "Setting \"" + prefix + name + "\" cannot be used with the configured \"" + prefix +
         "mode\" [required=" +
         (needs_proxy ? "PROXY, configured=SNIFF]" : "SNIFF, configured=PROXY]");
}

/// Everything that does not go together for one alias, in the order of the keys.
void collect_conflicts(const Settings& settings, const std::string& alias,
                       std::vector<std::string>& out) {
  const bool proxy = is_proxy_mode(settings, alias);
  const bool enabled = remote_enabled(settings, alias);
  const std::string prefix = "cluster.remote." + alias + ".";
  for (auto it = settings.lower_bound(prefix); it != settings.end(); ++it) {
    const auto key = split_remote_key(it->first);
    if (!key || key->first != alias) break;
    const std::string& name = key->second;
    const bool proxy_only =
        name == "proxy_address" || name == "server_name" || name == "proxy_socket_connections";
    const bool sniff_only = name == "seeds" || name == "node_connections";
    if ((proxy_only && !proxy) || (sniff_only && proxy)) {
      out.push_back(conflict_text(alias, name, proxy_only));
    } else if (!proxy_only && !sniff_only && name != "mode" && !enabled) {
      out.push_back("Cannot configure setting [" + it->first +
                    "] if remote cluster is not enabled.");
    }
  }
}

void check_dependencies(const Settings& settings) {
  std::vector<std::string> conflicts;
  for (const std::string& alias : remote_aliases(settings))
    collect_conflicts(settings, alias, conflicts);
  if (conflicts.empty()) return;
  Refusal refusal = illegal_argument(conflicts.front());
  for (std::size_t k = 1; k < conflicts.size(); ++k) {
    refusal.error["suppressed"].push_back(cause("illegal_argument_exception", conflicts[k]));
  }
  throw refusal;
}

}  // namespace

SettingsUpdate parse_settings_update(const std::string& body, const StackVersion& version) {
  if (body.empty()) throw refuse(400, "parse_exception", "request body is required");
  OrderedJson document;
  try {
    document = OrderedJson::parse(body);
  } catch (const OrderedJson::exception& error) {
    const bool truncated =
        std::string(error.what()).find("unexpected end of input") != std::string::npos;
    throw parse_failure(body, truncated, version);
  }
  SettingsUpdate update;
  if (document.is_object()) {
    for (const auto& [name, value] : document.items()) {
      if (name == "persistent" && value.is_object()) flatten(value, "", 0, update.persistent);
      if (name == "transient" && value.is_object()) flatten(value, "", 0, update.transient);
    }
  }
  if (update.persistent.empty() && update.transient.empty())
    throw invalid_request("no settings to update");
  return update;
}

Settings updated_settings(const Settings& stored, const Settings& update, const std::string& kind,
                          const StackVersion& version) {
  Settings result = stored;
  for (const auto& [key, value] : update) {
    if (value.is_null() && has_wildcard(key)) {
      std::erase_if(result, [&](const auto& item) { return matches(key, item.first); });
      continue;
    }
    const SettingKind known = setting_kind(key, version);
    if (known == SettingKind::unknown)
      throw illegal_argument(kind + " setting [" + key + "], not recognized");
    if (known == SettingKind::fixed) {
      throw illegal_argument(kind + " setting [" + key + "], not dynamically updateable");
    }
    if (value.is_null()) {
      result.erase(key);
      continue;
    }
    check_setting_value(key, value);
    result[key] = value;
  }
  check_dependencies(result);
  return result;
}

Json format_settings(const Settings& settings, bool flat) {
  Json body = Json::object();
  for (const auto& [key, value] : settings) {
    if (value.is_null()) continue;
    if (flat) {
      body[key] = value;
      continue;
    }
    // A key that is also the prefix of another ("a" and "a.b") stays dotted, as Elasticsearch
    // prints it.
    Json* at = &body;
    const std::vector<std::string> parts = split_list(key, '.');
    for (std::size_t k = 0; k + 1 < parts.size(); ++k) {
      Json& next = (*at)[parts[k]];
      if (!next.is_null() && !next.is_object()) {
        at = nullptr;
        break;
      }
      at = &next;
    }
    if (at != nullptr && !parts.empty() && !at->contains(parts.back())) {
      (*at)[parts.back()] = value;
    } else {
      body[key] = value;
    }
  }
  return body;
}

Settings effective_settings(const Settings& persistent, const Settings& transient) {
  Settings result = persistent;
  for (const auto& [key, value] : transient) result[key] = value;
  return result;
}

Settings default_settings(bool remote_server_enabled) {
  const Json none = Json::array();
  return {{"cluster.remote.initial_connect_timeout", "30s"},
          {"cluster.remote.node.attr", ""},
          {"cluster.routing.allocation.enable", "all"},
          {"http.max_content_length", "100mb"},
          {"remote_cluster.bind_host", none},
          {"remote_cluster.host", none},
          {"remote_cluster.max_request_header_size", "64kb"},
          {"remote_cluster.port", "9443"},
          {"remote_cluster.publish_host", none},
          {"remote_cluster.publish_port", "-1"},
          {"remote_cluster.tcp.keep_alive", "true"},
          {"remote_cluster.tcp.keep_count", "-1"},
          {"remote_cluster.tcp.keep_idle", "-1"},
          {"remote_cluster.tcp.keep_interval", "-1"},
          {"remote_cluster.tcp.no_delay", "true"},
          {"remote_cluster.tcp.reuse_address", "true"},
          {"remote_cluster.tcp.send_buffer_size", "-1b"},
          {"remote_cluster_server.enabled", remote_server_enabled ? "true" : "false"}};
}

std::string setting_text(const Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() || !found->second.is_string() ? std::string{}
                                                               : found->second.get<std::string>();
}

std::vector<std::string> remote_aliases(const Settings& settings) {
  std::vector<std::string> aliases;
  for (const auto& [key, value] : settings) {
    const auto remote = split_remote_key(key);
    if (remote && std::find(aliases.begin(), aliases.end(), remote->first) == aliases.end()) {
      aliases.push_back(remote->first);
    }
  }
  return aliases;
}

bool is_proxy_mode(const Settings& settings, const std::string& alias) {
  return upper(setting_text(settings, "cluster.remote." + alias + ".mode")) == "PROXY";
}

bool remote_enabled(const Settings& settings, const std::string& alias) {
  const std::string prefix = "cluster.remote." + alias + ".";
  if (is_proxy_mode(settings, alias))
    return !setting_text(settings, prefix + "proxy_address").empty();
  const auto seeds = settings.find(prefix + "seeds");
  return seeds != settings.end() && (seeds->second.is_string() || !seeds->second.empty());
}

}  // namespace crosstie::sandbox::elasticsearch
