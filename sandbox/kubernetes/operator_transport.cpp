#include "sandbox/kubernetes/operator_transport.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/operator_mounts.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/kubernetes/yaml_body.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kConfigFolder = "/usr/share/elasticsearch/config";
constexpr const char* kOwnCertificates = "/usr/share/elasticsearch/config/transport-certs/";
/// Mounted by every container of ECK; its init container copies it into the configuration folder.
constexpr const char* kMountedSettings =
    "/mnt/elastic-internal/elasticsearch-config/elasticsearch.yml";

std::string scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump();
}

json with_text_scalars(const json& value) {
  if (!value.is_structured()) return scalar_text(value);
  json made = value.is_array() ? json::array() : json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      made.push_back(with_text_scalars(item));
    } else {
      made[key] = with_text_scalars(item);
    }
  }
  return made;
}

/// A list setting, also as one text with commas between (common.settings, Settings.getAsList).
std::vector<std::string> list_at(const json& settings, std::initializer_list<const char*> path) {
  const json& found = member(settings, path);
  std::vector<std::string> items;
  if (found.is_array()) {
    for (const json& item : found) items.push_back(scalar_text(item));
    return items;
  }
  const std::string text = scalar_text(found);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(',', from), text.size());
    if (end > from) items.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return items;
}

std::string lower(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

/// Placeholders as the node's environment fills them, and relative paths from the configuration
/// folder on.
std::string resolved_path(const json& pod, std::string path) {
  const std::pair<const char*, std::string> variables[] = {
      {"${POD_NAME}", text_at(pod, {"metadata", "name"})},
      {"${NAMESPACE}", text_at(pod, {"metadata", "namespace"})}};
  for (const auto& [placeholder, value] : variables) {
    for (std::size_t at = path.find(placeholder); at != std::string::npos;
         at = path.find(placeholder, at + value.size()))
      path.replace(at, std::string(placeholder).size(), value);
  }
  if (!path.starts_with('/')) path = std::string(kConfigFolder) + "/" + path;
  return path;
}

/// One reading of a node's files; collects where they come from and the first failure.
class Reader {
 public:
  Reader(const ObjectStore& store, const json& pod, const std::map<std::string, std::string>& fixed)
      : store_(store), pod_(pod), fixed_(fixed) {}

  /// The text of the file, "" when it cannot be read; `what` is "certificate_authorities".
  std::string read(const std::string& given, const std::string& what) {
    const std::string path = resolved_path(pod_, given);
    if (!path.starts_with(std::string(kConfigFolder) + "/")) {
      fail(what, path,
           "because access to read the file is blocked; SSL resources should be placed in the [" +
               std::string(kConfigFolder) + "] directory");
      return "";
    }
    MountedFile file = read_mounted(store_, pod_, path);
    made.sources.merge(file.sources);
    unseen = file.state == MountedFile::State::unseen;
    if (file.fixed) {
      const auto kept = fixed_.find(path);
      if (kept != fixed_.end()) {
        file.text = kept->second;
        file.state = MountedFile::State::present;
      }
      if (file.state == MountedFile::State::present) made.fixed[path] = file.text;
    }
    if (file.state != MountedFile::State::absent) return file.text;
    if (path.starts_with(kOwnCertificates)) made.waits = true;
    fail(what, path, "because the file does not exist");
    return "";
  }

  /// common.ssl, SslFileUtil: how a node says that it cannot start.
  void fail(const std::string& what, const std::string& path, const std::string& why) {
    if (!made.failure.empty()) return;
    made.failure =
        "failed to load SSL configuration [xpack.security.transport.ssl] - cannot read configured "
        "PEM " +
        what + " [" + path + "] " + why;
  }

  NodeTransport made;
  bool unseen = false;  // the file read last is in a volume that the sandbox does not know

 private:
  const ObjectStore& store_;
  const json& pod_;
  const std::map<std::string, std::string>& fixed_;
};

void read_authorities(Reader& reader, const json& ssl) {
  for (const std::string& path : list_at(ssl, {"certificate_authorities"})) {
    std::string pem = reader.read(path, "certificate_authorities");
    if (!reader.unseen && reader.made.failure.empty() && !holds_certificate(pem))
      reader.fail("certificate_authorities", path,
                  "because the file does not contain any certificates");
    if (!pem.empty() && pem.back() != '\n') pem += '\n';
    reader.made.transport.trust.authorities_pem += pem;
  }
}

/// Source: org.elasticsearch.xpack.core.ssl, RestrictedTrustConfig.readTrustGroup.
void read_restriction(Reader& reader, const json& ssl) {
  const std::string given = text_at(ssl, {"trust_restrictions", "path"});
  if (given.empty()) return;
  const std::string text = reader.read(given, "trust_restrictions.path");
  if (reader.unseen || !reader.made.failure.empty()) return;
  const bool known =
      given.ends_with(".yml") || given.ends_with(".yaml") || given.ends_with(".json");
  const auto settings = known ? parse_settings_yaml(text) : std::nullopt;
  if (!settings) {
    reader.made.failure =
        "failed to initialize TrustManager for restrictedTrust=[" + given + "]: " +
        (known ? "the file cannot be parsed"
               : "unable to detect content type from resource name [" + given + "]");
    return;
  }
  TrustRestriction restriction;
  restriction.names = list_at(*settings, {"trust", "subject_name"});
  const auto fields = list_at(ssl, {"trust_restrictions", "x509_fields"});
  if (!fields.empty()) {
    const auto has = [&fields](const std::string& name) {
      return std::any_of(fields.begin(), fields.end(),
                         [&name](const std::string& field) { return lower(field) == name; });
    };
    restriction.by_other_name = has("subjectaltname.othername.commonname");
    restriction.by_dns_name = has("subjectaltname.dnsname");
  }
  reader.made.transport.trust.restriction = std::move(restriction);
}

}  // namespace

std::optional<json> parse_settings_yaml(const std::string& text) {
  json tree;
  try {
    tree = kubernetes::parse_yaml(text);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  if (tree.is_null()) return json::object();
  if (!tree.is_object()) return std::nullopt;
  return expand_dotted(with_text_scalars(tree));
}

std::optional<json> mounted_settings(const ObjectStore& store, const json& pod) {
  const MountedFile file = read_mounted(store, pod, kMountedSettings);
  if (file.state != MountedFile::State::present) return std::nullopt;
  return parse_settings_yaml(file.text);
}

NodeTransport read_node_transport(const ObjectStore& store, const json& pod, const json& settings,
                                  const std::map<std::string, std::string>& fixed) {
  Reader reader(store, pod, fixed);
  const json& ssl = member(settings, {"xpack", "security", "transport", "ssl"});
  Transport& transport = reader.made.transport;
  transport.identity.certificate_pem = reader.read(text_at(ssl, {"certificate"}), "certificate");
  transport.identity.key_pem = reader.read(text_at(ssl, {"key"}), "key");
  if (reader.made.failure.empty() && !is_usable(transport.identity))
    reader.fail("key", text_at(ssl, {"key"}), "because it does not belong to the certificate");
  read_authorities(reader, ssl);
  read_restriction(reader, ssl);
  return std::move(reader.made);
}

}  // namespace crosstie::sandbox::eck
