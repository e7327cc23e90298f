#include "sandbox/interface_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sandbox/text.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox {
namespace {

/// A double-quoted YAML scalar; JSON strings are one.
std::string yaml_text(const std::string& text) { return nlohmann::json(text).dump(); }

[[noreturn]] void throw_errno(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string() + " cannot be written");
}

}  // namespace

std::string format_kubeconfig(const KubeconfigParts& parts) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "current-context: sandbox\n"
         "preferences: {}\n"
         "clusters:\n"
         "- name: sandbox\n"
         "  cluster:\n"
         "    server: " +
         parts.server +
         "\n"
         "    certificate-authority-data: " +
         base64_of(parts.authority_pem) +
         "\n"
         "contexts:\n"
         "- name: sandbox\n"
         "  context: {cluster: sandbox, user: admin, namespace: default}\n"
         "- name: sandbox-reader\n"
         "  context: {cluster: sandbox, user: reader, namespace: default}\n"
         "users:\n"
         "- name: admin\n"
         "  user:\n"
         "    client-certificate-data: " +
         base64_of(parts.admin.certificate_pem) +
         "\n"
         "    client-key-data: " +
         base64_of(parts.admin.key_pem) +
         "\n"
         "- name: reader\n"
         "  user:\n"
         "    token: " +
         parts.reader_token + "\n";
}

std::string format_env(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::string text;
  for (const auto& [name, value] : variables) {
    text += "export " + name + "=" + shell_quote(value) + "\n";
  }
  return text;
}

std::string format_example(const std::string& model, const WorldDeployment& deployment,
                           const WorldEck& eck) {
  const bool api_key = model == "api_key";
  return "# One link: the Elastic Cloud Hosted deployment " + yaml_text(deployment.name) +
         " searches logs-* in the\n"
         "# Elasticsearch cluster " +
         eck.namespace_name + "/" + eck.name + " that ECK runs, with " +
         (api_key ? "an API key" : "certificates") +
         ".\n"
         "crosstie: 1\n"
         "variables:\n"
         "  deployment:\n"
         "    type: string\n"
         "    description: ECH deployment id\n"
         "    default: " +
         yaml_text(deployment.id) +
         "\n"
         "providers:\n"
         "  kubernetes: {}  # found as kubectl finds it\n"
         "  ech: {}         # EC_API_KEY\n"
         "links:\n"
         "  logs:\n"
         "    model: " +
         model +
         "\n"
         "    local: {ech: {deployment: \"${var.deployment}\"}}\n"
         "    remote: {eck: {name: " +
         yaml_text(eck.name) + ", namespace: " + yaml_text(eck.namespace_name) + "}}\n" +
         (api_key ? "    access: {search: [{names: [\"logs-*\"]}]}\n" : "") +
         "    skip_unavailable: true\n"
         "outputs:\n"
         "  logs_alias: \"${link.logs.alias}\"\n";
}

void write_private_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  ::unlink(temporary.c_str());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw_errno(path);
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      ::close(file);
      throw_errno(path);
    }
    written += static_cast<std::size_t>(count);
  }
  if (::close(file) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) throw_errno(path);
}

}  // namespace crosstie::sandbox
