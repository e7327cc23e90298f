#include "sandbox/kubernetes/operator_config.hpp"

#include <cstdlib>
#include <set>
#include <string>

#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kBaseConfig = R"({
  "cluster": {"routing": {"allocation": {"awareness": {"attributes": "k8s_node_name"}}}},
  "discovery": {"seed_hosts": [], "seed_providers": "file"},
  "http": {"publish_host": "${POD_NAME}.${HEADLESS_SERVICE_NAME}.${NAMESPACE}.svc"},
  "network": {"host": "0", "publish_host": "${POD_IP}"},
  "node": {"attr": {"k8s_node_name": "${NODE_NAME}"}, "name": "${POD_NAME}"},
  "path": {"data": "/usr/share/elasticsearch/data", "logs": "/usr/share/elasticsearch/logs"},
  "readiness": {"port": "8080"},
  "xpack": {
    "license": {"upload": {"types": ["trial", "enterprise"]}},
    "security": {
      "authc": {"realms": {"file": {"file1": {"order": -100}}, "native": {"native1": {"order": -99}}},
                "reserved_realm": {"enabled": "false"}},
      "enabled": "true",
      "http": {"ssl": {"certificate": "/usr/share/elasticsearch/config/http-certs/tls.crt",
                       "certificate_authorities": "/usr/share/elasticsearch/config/http-certs/ca.crt",
                       "enabled": true,
                       "key": "/usr/share/elasticsearch/config/http-certs/tls.key"}},
      "transport": {"ssl": {"certificate": "/usr/share/elasticsearch/config/transport-certs/${POD_NAME}.tls.crt",
                            "certificate_authorities": ["/usr/share/elasticsearch/config/transport-certs/ca.crt",
                                                        "/usr/share/elasticsearch/config/transport-remote-certs/ca.crt"],
                            "enabled": "true",
                            "key": "/usr/share/elasticsearch/config/transport-certs/${POD_NAME}.tls.key",
                            "verification_mode": "certificate"}}}}
})";

constexpr const char* kRemoteServerConfig = R"({
  "remote_cluster": {"host": "0", "publish_host": "${POD_NAME}.${HEADLESS_SERVICE_NAME}.${NAMESPACE}.svc"},
  "remote_cluster_server": {"enabled": "true"},
  "xpack": {"security": {"remote_cluster_server": {"ssl": {
    "certificate": "/usr/share/elasticsearch/config/transport-certs/${POD_NAME}.tls.crt",
    "certificate_authorities": ["/usr/share/elasticsearch/config/transport-certs/ca.crt",
                                "/usr/share/elasticsearch/config/transport-remote-certs/ca.crt"],
    "key": "/usr/share/elasticsearch/config/transport-certs/${POD_NAME}.tls.key"}}}}
})";

/// Would YAML read this plain text as something else than the text?
bool needs_quotes(const std::string& text) {
  static const std::set<std::string> kWords = {"true", "false", "null", "yes", "no",
                                               "on",   "off",   "y",    "n",   "~"};
  if (text.empty() || kWords.contains(text)) return true;
  if (std::string("*&!|>'\"%@`,{}[]#?:- ").find(text.front()) != std::string::npos) return true;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos ||
      text.back() == ':' || text.back() == ' ')
    return true;
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20) return true;
  }
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size();
}

std::string scalar(const json& value) {
  if (!value.is_string()) return value.dump();
  const auto text = value.get<std::string>();
  return needs_quotes(text) ? value.dump() : text;
}

void write_tree(const json& value, const std::string& indent, std::string& out) {
  for (const auto& [key, child] : value.items()) {
    out += indent + (needs_quotes(key) ? json(key).dump() : key) + ":";
    if (child.is_object() && !child.empty()) {
      out += "\n";
      write_tree(child, indent + "    ", out);
    } else if (child.is_array() && !child.empty()) {
      out += "\n";
      // An element that is itself structured is written in flow style, which every YAML reader
      // takes.
      for (const json& item : child) out += indent + "    - " + scalar(item) + "\n";
    } else {
      out += " " + scalar(child) + "\n";
    }
  }
}

}  // namespace

json effective_config(const ClusterView& view, const NodeSet& node_set) {
  json config = json::parse(kBaseConfig);
  config["cluster"]["name"] = view.names.name;
  if (view.remote_server) merge_config(config, json::parse(kRemoteServerConfig));
  merge_config(config, node_set.config);
  return config;
}

std::string format_yaml(const json& tree) {
  std::string out;
  write_tree(tree, "", out);
  return out;
}

}  // namespace crosstie::sandbox::eck
