#include "providers/kubernetes/kubeconfig_file.hpp"

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/kubernetes/kubeconfig.hpp"

namespace crosstie::kubernetes {
namespace {

Diagnostic wrong(const std::string& file, const YAML::Mark& mark, const std::string& why) {
  SourceRange where;
  where.file = file;
  where.line = mark.line + 1;
  where.column = mark.column + 1;
  return make_error(
      "the kubeconfig is not valid", why,
      "To fix it, correct the file, or make it anew with the tool that wrote it.",
      mark.is_null() ? std::optional<SourceRange>{} : std::optional<SourceRange>{where});
}

struct Bad {
  YAML::Mark mark;
  std::string why;
};

/// What the YAML reader said, in words for whoever edits the file. Its lines are not shown: they
/// may hold a token.
std::string words_for(const YAML::Exception& error, const std::string& text) {
  std::size_t begin = 0;
  for (int line = 0; line < error.mark.line && begin != std::string::npos; ++line) {
    begin = text.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (begin != std::string::npos) {
    const std::size_t first = text.find_first_not_of(' ', begin);
    if (first != std::string::npos && text[first] == '\t')
      return "The line is indented with a tab; YAML allows only spaces.";
  }
  return "It cannot be read as YAML: " + error.msg + ".";
}

std::string text_of(const YAML::Node& node, const char* key) {
  if (!node.IsMap()) throw Bad{node.Mark(), "A mapping is expected here."};
  const YAML::Node found = node[key];
  if (!found || found.IsNull()) return {};
  if (!found.IsScalar()) throw Bad{found.Mark(), std::string("`") + key + "` must be a string."};
  return found.Scalar();
}

bool flag_of(const YAML::Node& node, const char* key) {
  const std::string text = text_of(node, key);
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  throw Bad{node[key].Mark(), std::string("`") + key + "` must be true or false."};
}

std::vector<std::string> texts_of(const YAML::Node& node, const char* key) {
  std::vector<std::string> texts;
  const YAML::Node list = node[key];
  if (!list || list.IsNull()) return texts;
  if (!list.IsSequence()) throw Bad{list.Mark(), std::string("`") + key + "` must be a list."};
  for (const YAML::Node& item : list) {
    if (!item.IsScalar())
      throw Bad{item.Mark(), std::string("`") + key + "` must be a list of strings."};
    texts.push_back(item.Scalar());
  }
  return texts;
}

/// Relative paths start at the folder of the file that they stand in.
std::string path_of(const YAML::Node& node, const char* key, const std::string& file) {
  std::string path = text_of(node, key);
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

std::optional<ExecPlugin> exec_of(const YAML::Node& user, const std::string& file) {
  const YAML::Node node = user["exec"];
  if (!node || node.IsNull()) return std::nullopt;
  ExecPlugin plugin;
  plugin.api_version = text_of(node, "apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    throw Bad{node.Mark(),
              "`exec.apiVersion` must be client.authentication.k8s.io/v1 or "
              "client.authentication.k8s.io/v1beta1."};
  }
  plugin.command = text_of(node, "command");
  if (plugin.command.empty()) throw Bad{node.Mark(), "`exec` has no `command`."};
  // A command with a slash is a path beside the kubeconfig; a bare name is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos)
    plugin.command = path_of(node, "command", file);
  plugin.arguments = texts_of(node, "args");
  if (const YAML::Node variables = node["env"]; variables && !variables.IsNull()) {
    if (!variables.IsSequence()) throw Bad{variables.Mark(), "`exec.env` must be a list."};
    for (const YAML::Node& variable : variables) {
      plugin.environment.emplace_back(text_of(variable, "name"), text_of(variable, "value"));
    }
  }
  plugin.install_hint = text_of(node, "installHint");
  plugin.provide_cluster_info = flag_of(node, "provideClusterInfo");
  return plugin;
}

ClusterEntry cluster_of(const YAML::Node& node, const std::string& file) {
  ClusterEntry entry;
  entry.file = file;
  entry.server = text_of(node, "server");
  entry.authority_file = path_of(node, "certificate-authority", file);
  entry.authority_data = text_of(node, "certificate-authority-data");
  entry.insecure = flag_of(node, "insecure-skip-tls-verify");
  entry.server_name = text_of(node, "tls-server-name");
  entry.proxy = text_of(node, "proxy-url");
  return entry;
}

UserEntry user_of(const YAML::Node& node, const std::string& file) {
  UserEntry entry;
  entry.file = file;
  entry.certificate_file = path_of(node, "client-certificate", file);
  entry.certificate_data = text_of(node, "client-certificate-data");
  entry.key_file = path_of(node, "client-key", file);
  entry.key_data = Secret(text_of(node, "client-key-data"));
  entry.credentials.token = Secret(text_of(node, "token"));
  entry.credentials.token_file = path_of(node, "tokenFile", file);
  entry.credentials.username = text_of(node, "username");
  entry.credentials.password = Secret(text_of(node, "password"));
  entry.credentials.impersonate = text_of(node, "as");
  entry.credentials.impersonate_groups = texts_of(node, "as-groups");
  entry.credentials.exec = exec_of(node, file);
  if (const YAML::Node provider = node["auth-provider"]; provider && provider.IsMap())
    entry.auth_provider = text_of(provider, "name");
  return entry;
}

ContextEntry context_of(const YAML::Node& node, const std::string& file) {
  return {text_of(node, "cluster"), text_of(node, "user"), text_of(node, "namespace"), file};
}

template <class Entry, class Make>
void merge_named(std::map<std::string, Entry>& into, const YAML::Node& root, const char* list_key,
                 const char* item_key, const std::string& file, Make make) {
  const YAML::Node list = root[list_key];
  if (!list || list.IsNull()) return;
  if (!list.IsSequence()) throw Bad{list.Mark(), std::string("`") + list_key + "` must be a list."};
  for (const YAML::Node& item : list) {
    if (!item.IsMap())
      throw Bad{item.Mark(), std::string("An item of `") + list_key + "` must have `name` and `" +
                                 item_key + "`."};
    const std::string name = text_of(item, "name");
    const YAML::Node content = item[item_key];
    if (into.contains(name)) continue;
    into.emplace(name, content && !content.IsNull() ? make(content, file)
                                                    : make(YAML::Node(YAML::NodeType::Map), file));
  }
}

}  // namespace

Result<void> merge_kubeconfig(Kubeconfig& into, const std::string& text, const std::string& file) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root || root.IsNull()) return {};
    if (!root.IsMap()) return wrong(file, root.Mark(), "A kubeconfig is a mapping.");
    if (into.current_context.empty()) into.current_context = text_of(root, "current-context");
    merge_named(into.clusters, root, "clusters", "cluster", file, cluster_of);
    merge_named(into.users, root, "users", "user", file, user_of);
    merge_named(into.contexts, root, "contexts", "context", file, context_of);
    return {};
  } catch (const Bad& bad) {
    return wrong(file, bad.mark, bad.why);
  } catch (const YAML::Exception& error) {
    return wrong(file, error.mark, words_for(error, text));
  }
}

}  // namespace crosstie::kubernetes
