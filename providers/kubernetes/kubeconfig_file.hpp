#pragma once
// The entries of kubeconfig files, merged, with paths made absolute. Internal to
// providers/kubernetes.
#include <map>
#include <optional>
#include <string>

#include "providers/kubernetes/kubeconfig.hpp"

namespace crosstie::kubernetes {

struct ClusterEntry {
  std::string server;
  std::string authority_file;
  std::string authority_data;  // base64
  bool insecure = false;
  std::string server_name;
  std::string proxy;
  std::string file;  // where it stands, for messages
};

struct UserEntry {
  std::string certificate_file;
  std::string certificate_data;
  std::string key_file;
  Secret key_data;
  Credentials credentials;
  std::string auth_provider;  // of kubectl before 1.26; not supported by anybody
  std::string file;
};

struct ContextEntry {
  std::string cluster;
  std::string user;
  std::string namespace_name;
  std::string file;
};

struct Kubeconfig {
  std::string current_context;
  std::map<std::string, ClusterEntry> clusters;
  std::map<std::string, UserEntry> users;
  std::map<std::string, ContextEntry> contexts;
};

/// Adds the entries of one file that are not there yet: the first file to name something wins.
/// Errors carry file and line.
Result<void> merge_kubeconfig(Kubeconfig& into, const std::string& text, const std::string& file);

}  // namespace crosstie::kubernetes
