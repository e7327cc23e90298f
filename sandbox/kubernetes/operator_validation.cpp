#include "sandbox/kubernetes/operator_validation.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr std::size_t kClusterNameMax = 36;  // pkg/controller/common/name/name.go
constexpr std::size_t kSuffixMax = 27;
constexpr Version kRemoteServerSince{8, 10, 0};

bool is_list_of_objects(const json& value) {
  if (value.is_null()) return true;
  if (!value.is_array()) return false;
  for (const json& item : value) {
    if (!item.is_object()) return false;
  }
  return true;
}

bool is_object_or_absent(const json& value) { return value.is_null() || value.is_object(); }

bool container_decodes(const json& container) {
  for (const char* field : {"env", "volumeMounts", "ports"}) {
    if (!is_list_of_objects(member(container, {field}))) return false;
  }
  const json& name = member(container, {"name"});
  return (name.is_null() || name.is_string()) &&
         is_object_or_absent(member(container, {"resources"})) &&
         is_object_or_absent(member(container, {"securityContext"}));
}

bool pod_template_decodes(const json& pod_template) {
  if (!is_object_or_absent(pod_template)) return false;
  const json& spec = member(pod_template, {"spec"});
  if (!is_object_or_absent(member(pod_template, {"metadata"})) || !is_object_or_absent(spec))
    return false;
  for (const char* field : {"containers", "initContainers", "volumes", "tolerations"}) {
    if (!is_list_of_objects(member(spec, {field}))) return false;
  }
  for (const char* field : {"containers", "initContainers"}) {
    for (const json& container : member(spec, {field})) {
      if (!container_decodes(container)) return false;
    }
  }
  return is_object_or_absent(member(spec, {"affinity"})) &&
         is_object_or_absent(member(spec, {"nodeSelector"}));
}

std::string quoted(const std::string& text) { return json(text).dump(); }

void check_names(const ClusterView& view, std::vector<std::string>& errors) {
  const std::string start =
      "metadata.name: Invalid value: " + quoted(view.names.name) +
      ": Elasticsearch configuration would generate resources with invalid names: ";
  if (view.names.name.size() > kClusterNameMax) {
    errors.push_back(start + "name exceeds maximum allowed length of " +
                     std::to_string(kClusterNameMax));
    return;
  }
  std::set<std::string> seen;
  for (const NodeSet& node_set : view.node_sets) {
    if (!seen.insert(node_set.name).second) {
      errors.push_back(start + "duplicated nodeSet name: '" + node_set.name + "'");
      return;
    }
    if (node_set.name.size() > kSuffixMax) {
      errors.push_back(start + "suffix exceeds maximum allowed length of " +
                       std::to_string(kSuffixMax));
      return;
    }
  }
}

bool is_supported(const Version& version) {
  return version[0] >= 7 && version[0] <= 9;  // supported_versions.go: 7.x, 8.x, 9.x
}

}  // namespace

bool pod_templates_decode(const json& resource) {
  const json& node_sets = member(resource, {"spec", "nodeSets"});
  if (!node_sets.is_array()) return true;
  for (const json& node_set : node_sets) {
    if (!pod_template_decodes(member(node_set, {"podTemplate"}))) return false;
    if (!is_object_or_absent(member(node_set, {"config"}))) return false;
  }
  return true;
}

std::vector<std::string> validate_cluster(const ClusterView& view) {
  std::vector<std::string> errors;
  const auto version = parse_version(view.version_text);
  if (!version) {
    errors.push_back("spec.version: Invalid value: " + quoted(view.version_text) +
                     ": Invalid version");
  } else if (!is_supported(*version)) {
    errors.push_back("spec.version: Invalid value: " + quoted(view.version_text) +
                     ": Unsupported version");
  }
  check_names(view, errors);
  bool has_master = false;
  for (const NodeSet& node_set : view.node_sets) has_master = has_master || node_set.master();
  if (!has_master)
    errors.emplace_back(
        "spec.nodeSets: Required value: Elasticsearch needs to have at least one master node");
  if (view.remote_server && version && *version < kRemoteServerSince) {
    errors.push_back(
        "spec.remoteClusterServer: Invalid value: " + quoted(view.version_text) +
        ": minimum required version for remote cluster server is 8.10.0-1 but desired version is " +
        view.version_text);
  }
  return errors;
}

std::string format_invalid(const ClusterView& view, const std::vector<std::string>& errors) {
  std::string text;
  for (const std::string& error : errors) text += (text.empty() ? "" : ", ") + error;
  if (errors.size() > 1) text = "[" + text + "]";
  return "Elasticsearch.elasticsearch.k8s.elastic.co " + quoted(view.names.name) +
         " is invalid: " + text;
}

std::vector<std::string> reserved_settings(const ClusterView& view) {
  static const std::vector<std::string> kReserved = {
      "cluster.name",
      "node.name",
      "network.host",
      "network.publish_host",
      "path.data",
      "path.logs",
      "discovery.seed_hosts",
      "discovery.seed_providers",
      "cluster.initial_master_nodes",
      "xpack.security.enabled",
      "xpack.security.http.ssl.certificate",
      "xpack.security.http.ssl.enabled",
      "xpack.security.http.ssl.key",
      "xpack.security.transport.ssl.enabled",
      "xpack.security.transport.ssl.verification_mode",
      "xpack.security.authc.reserved_realm.enabled"};
  std::vector<std::string> warnings;
  for (std::size_t at = 0; at < view.node_sets.size(); ++at) {
    for (const std::string& setting : kReserved) {
      std::string pointer = "/" + setting;
      for (char& letter : pointer) letter = letter == '.' ? '/' : letter;
      if (!view.node_sets[at].config.contains(json::json_pointer(pointer))) continue;
      warnings.push_back("spec.nodeSets[" + std::to_string(at) + "].config." + setting +
                         ": Forbidden: Configuration setting is reserved for internal use. "
                         "User-configured use is unsupported");
    }
  }
  return warnings;
}

std::string missing_volumes(const ClusterView& view, const json& stateful_set) {
  const json& spec = member(stateful_set, {"spec", "template", "spec"});
  std::set<std::string> volumes;
  for (const json& volume : member(spec, {"volumes"})) volumes.insert(text_at(volume, {"name"}));
  std::string causes;
  for (const char* field : {"containers", "initContainers"}) {
    const json& containers = member(spec, {field});
    for (std::size_t at = 0; at < containers.size(); ++at) {
      const json& mounts = member(containers[at], {"volumeMounts"});
      for (std::size_t mount = 0; mount < mounts.size(); ++mount) {
        const std::string name = text_at(mounts[mount], {"name"});
        if (volumes.contains(name)) continue;
        causes += (causes.empty() ? "{" : " {") + std::string("FieldValueNotFound Not found: ") +
                  quoted(name) + " spec." + field + "[" + std::to_string(at) + "].volumeMounts[" +
                  std::to_string(mount) + "].name}";
      }
    }
  }
  if (causes.empty()) return "";
  return "while reconciling resources: reconcile StatefulSet: Validation of PodTemplate for "
         "StatefulSet " +
         text_at(stateful_set, {"metadata", "name"}) + " in " + view.names.path() +
         " failed for the following reasons: [" + causes + "]";
}

}  // namespace crosstie::sandbox::eck
