#include "sandbox/kubernetes/object_rules.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/pod_defaults.hpp"
#include "sandbox/kubernetes/service_rules.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/structural.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr std::size_t kDataBytesMax = 1048576;  // Secret and ConfigMap (core/v1 MaxSecretSize)
constexpr std::size_t kAnnotationBytesMax =
    262144;  // apimachinery validation TotalAnnotationSizeLimitB
constexpr std::size_t kSubdomainBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

constexpr const char* kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kLabel1123 =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabel1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr const char* kQualifiedName =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. "
    "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const std::regex& pattern(const char* text) {
  static std::map<std::string, std::regex> compiled;
  const auto found = compiled.find(text);
  return found != compiled.end() ? found->second
                                 : compiled.emplace(text, std::regex(text)).first->second;
}

constexpr const char* kLabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr const char* kServicePattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
constexpr const char* kSubdomainPattern =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr const char* kValuePattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
constexpr const char* kNamePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
/// RBAC names may hold ":" and are only checked as path segments.
constexpr const char* kPathPattern = "[^/%]+";

void check_name(const Kind& kind, const std::string& name, std::vector<Cause>& causes) {
  const char* shape = kSubdomainPattern;
  const char* words = kSubdomain;
  std::size_t bytes_max = kSubdomainBytesMax;
  if (kind.group == "rbac.authorization.k8s.io") {
    shape = kPathPattern;
    words = "may not contain '/' or '%'";
  } else if (kind.kind == "Service") {
    shape = kServicePattern;
    words = kLabel1035;
    bytes_max = kLabelBytesMax;
  } else if (kind.kind == "Namespace") {
    shape = kLabelPattern;
    words = kLabel1123;
    bytes_max = kLabelBytesMax;
  }
  const std::string quoted = json(name).dump(-1, ' ', false, json::error_handler_t::replace);
  if (name.size() > bytes_max) {
    causes.push_back(
        Cause::invalid("metadata.name", quoted,
                       "must be no more than " + std::to_string(bytes_max) + " characters"));
  } else if (!std::regex_match(name, pattern(shape))) {
    causes.push_back(Cause::invalid("metadata.name", quoted, words));
  }
}

void check_key(const std::string& key, const std::string& field, std::vector<Cause>& causes) {
  const std::size_t slash = key.find('/');
  const std::string name = slash == std::string::npos ? key : key.substr(slash + 1);
  const bool prefix_fits = slash == std::string::npos ||
                           (slash <= kSubdomainBytesMax &&
                            std::regex_match(key.substr(0, slash), pattern(kSubdomainPattern)));
  if (name.size() > kLabelBytesMax) {
    causes.push_back(
        Cause::invalid(field, json(key).dump(), "name part must be no more than 63 characters"));
  } else if (!prefix_fits || !std::regex_match(name, pattern(kNamePattern))) {
    causes.push_back(
        Cause::invalid(field, json(key).dump(),
                       prefix_fits ? kQualifiedName : std::string("prefix part ") + kSubdomain));
  }
}

void check_labels(const json& labels, const std::string& field, std::vector<Cause>& causes) {
  for (const auto& [key, value] : labels.items()) {
    check_key(key, field, causes);
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.size() > kLabelBytesMax) {
      causes.push_back(
          Cause::invalid(field, json(text).dump(), "must be no more than 63 characters"));
    } else if (!std::regex_match(text, pattern(kValuePattern))) {
      causes.push_back(Cause::invalid(field, json(text).dump(), kLabelValue));
    }
  }
}

void check_metadata(const Kind& kind, const json& object, std::vector<Cause>& causes) {
  const json& metadata = object.at("metadata");
  check_name(kind, metadata.value("name", ""), causes);
  check_labels(metadata.value("labels", json::object()), "metadata.labels", causes);
  std::size_t bytes = 0;
  const json annotations = metadata.value("annotations", json::object());
  for (const auto& [key, value] : annotations.items()) {
    std::string lower = key;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return std::tolower(letter); });
    check_key(lower, "metadata.annotations", causes);
    bytes += key.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
  }
  if (bytes > kAnnotationBytesMax)
    causes.push_back(Cause::too_long("metadata.annotations", kAnnotationBytesMax));
  const json owners = metadata.value("ownerReferences", json::array());
  for (std::size_t index = 0; index < owners.size(); ++index) {
    for (const char* field : {"apiVersion", "kind", "name", "uid"}) {
      if (owners[index].value(field, "").empty()) {
        causes.push_back(Cause::invalid("metadata.ownerReferences." + std::string(field), "\"\"",
                                        std::string(field) + " must not be empty"));
      }
    }
  }
}

/// Immutable parts of metadata; the built-in kinds report each twice
/// (http-422-uid-mismatch-mergepatch.txt).
void check_metadata_update(const Kind& kind, const json& object, const json& before,
                           std::vector<Cause>& causes) {
  const json& now = object.at("metadata");
  const json& then = before.at("metadata");
  for (const char* field : {"uid", "name", "namespace"}) {
    if (!now.contains(field) || !then.contains(field) || now.at(field) == then.at(field)) continue;
    const Cause cause = Cause::invalid("metadata." + std::string(field), now.at(field).dump(),
                                       "field is immutable");
    for (int times = kind.custom ? 1 : 2; times > 0; --times) causes.push_back(cause);
  }
  if (!then.contains("deletionTimestamp")) return;
  json added = json::array();
  const json old_finalizers = then.value("finalizers", json::array());
  for (const json& finalizer : now.value("finalizers", json::array())) {
    if (std::find(old_finalizers.begin(), old_finalizers.end(), finalizer) == old_finalizers.end())
      added.push_back(finalizer);
  }
  if (added.empty()) return;
  std::string list = added.dump();
  list.front() = '{';
  list.back() = '}';
  causes.push_back(Cause::forbidden("metadata.finalizers",
                                    "no new finalizers can be added if the object is being "
                                    "deleted, found new finalizers []string" +
                                        list));
}

std::size_t decoded_bytes(const std::string& base64) {
  const std::size_t padding = base64.ends_with("==") ? 2 : base64.ends_with("=") ? 1 : 0;
  return base64.size() / 4 * 3 - padding;
}

void check_immutable(const json& object, const json& before, std::vector<Cause>& causes) {
  if (!before.value("immutable", false)) return;
  constexpr const char* kWhy = "field is immutable when `immutable` is set";
  if (!object.value("immutable", false)) causes.push_back(Cause::forbidden("immutable", kWhy));
  for (const char* field : {"data", "binaryData"}) {
    if (object.value(field, json::object()) != before.value(field, json::object()))
      causes.push_back(Cause::forbidden(field, kWhy));
  }
}

void check_data_keys(const json& data, const std::string& field, std::vector<Cause>& causes) {
  static const std::regex kShape("[-._a-zA-Z0-9]+");
  for (const auto& [key, value] : data.items()) {
    if (key.size() <= kSubdomainBytesMax && std::regex_match(key, kShape)) continue;
    causes.push_back(Cause::invalid(
        field + "[" + key + "]", json(key).dump(),
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
        "'key.name',  or "
        "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"));
  }
}

void check_secret(const json& object, const json* before, std::vector<Cause>& causes) {
  const std::string type = object.value("type", "");
  if (before && before->value("type", "Opaque") != type)
    causes.push_back(Cause::invalid("type", json(type).dump(), "field is immutable"));
  const json data = object.value("data", json::object());
  check_data_keys(data, "data", causes);
  std::size_t bytes = 0;
  for (const auto& [key, value] : data.items())
    bytes += decoded_bytes(value.get_ref<const std::string&>());
  if (bytes > kDataBytesMax) causes.push_back(Cause::too_long("data", kDataBytesMax));
  const auto need = [&](const char* key) {
    if (!data.contains(key)) causes.push_back(Cause::required("data[" + std::string(key) + "]"));
  };
  if (type == "kubernetes.io/tls") {
    need("tls.crt");
    need("tls.key");
  }
  if (type == "kubernetes.io/dockerconfigjson") need(".dockerconfigjson");
  if (type == "kubernetes.io/ssh-auth") need("ssh-privatekey");
  if (before) check_immutable(object, *before, causes);
}

void check_config_map(const json& object, const json* before, std::vector<Cause>& causes) {
  std::size_t bytes = 0;
  const json data = object.value("data", json::object());
  const json binary = object.value("binaryData", json::object());
  check_data_keys(data, "data", causes);
  check_data_keys(binary, "binaryData", causes);
  for (const auto& [key, value] : data.items()) {
    bytes += value.get_ref<const std::string&>().size();
    if (binary.contains(key))
      causes.push_back(Cause::invalid("data[" + key + "]", json(key).dump(),
                                      "duplicate of key present in binaryData"));
  }
  for (const auto& [key, value] : binary.items())
    bytes += decoded_bytes(value.get_ref<const std::string&>());
  if (bytes > kDataBytesMax) causes.push_back(Cause::too_long("[]", kDataBytesMax));
  if (before) check_immutable(object, *before, causes);
}

void check_base64(const Kind& kind, const json& data) {
  for (const auto& [key, value] : data.items()) {
    if (!value.is_string()) continue;
    const std::size_t at = base64_error(value.get_ref<const std::string&>());
    if (at == std::string::npos) continue;
    throw bad_request(kind.kind + " in version \"" + kind.versions.front() +
                      "\" cannot be handled as a " + kind.kind +
                      ": illegal base64 data at input byte " + std::to_string(at));
  }
}

void drop_empty(json& object, const char* field) {
  const auto found = object.find(field);
  if (found != object.end() && (found->is_null() || (found->is_structured() && found->empty())))
    object.erase(found);
}

}  // namespace

Subject kind_subject(const Kind& kind, const std::string& name) {
  return {kind.group, kind.kind, name};
}

json empty_object(const Kind& kind) {
  json object = {
      {"apiVersion", kind.stored_api_version()}, {"kind", kind.kind}, {"metadata", json::object()}};
  if (kind.custom) return object;
  const json template_part = {{"metadata", json::object()},
                              {"spec", {{"containers", json::array()}}}};
  if (kind.kind == "Service") object["status"] = {{"loadBalancer", json::object()}};
  if (kind.kind == "Service" || kind.kind == "Namespace" || kind.kind == "PodDisruptionBudget" ||
      kind.kind == "PersistentVolumeClaim") {
    object["spec"] = json::object();
  }
  if (kind.kind == "Pod") object["spec"] = template_part["spec"];
  if (kind.kind == "StatefulSet")
    object["spec"] = {{"template", template_part}, {"updateStrategy", json::object()}};
  if (kind.kind == "Deployment")
    object["spec"] = {{"template", template_part}, {"strategy", json::object()}};
  if (kind.kind == "DaemonSet" || kind.kind == "Job")
    object["spec"] = {{"template", template_part}};
  return object;
}

void normalize(const Kind& kind, json& object) {
  if (!object.contains("metadata") || !object["metadata"].is_object())
    object["metadata"] = json::object();
  json& metadata = object["metadata"];
  for (const char* field : {"labels", "annotations", "finalizers", "ownerReferences",
                            "creationTimestamp", "selfLink", "generateName"})
    drop_empty(metadata, field);
  if (metadata.contains("generateName") && metadata["generateName"] == "")
    metadata.erase("generateName");
  if (kind.custom || !kind.group.empty()) return;
  if (kind.kind == "Secret") {
    check_base64(kind, object.value("data", json::object()));
    if (const auto strings = object.find("stringData"); strings != object.end()) {
      for (const auto& [key, value] : strings->items())
        object["data"][key] = base64_encode(value.get<std::string>());
      object.erase("stringData");
    }
  }
  if (kind.kind == "ConfigMap") check_base64(kind, object.value("binaryData", json::object()));
  for (const char* field : {"data", "binaryData"}) drop_empty(object, field);
  if (kind.kind == "Service" && object.contains("spec")) {
    for (const char* field :
         {"ports", "selector", "externalIPs", "loadBalancerSourceRanges", "clusterIPs"})
      drop_empty(object["spec"], field);
  }
}

void set_defaults(const Kind& kind, json& object) {
  if (kind.custom) {
    if (const json* schema = kind.schema(kind.versions.front())) fill_defaults(object, *schema);
    return;
  }
  if (kind.kind == "Secret" && object.value("type", "").empty()) object["type"] = "Opaque";
  if (kind.kind == "Service") set_service_defaults(object);
  if (kind.kind == "Namespace") {
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] =
        object["metadata"].value("name", "");
  }
  if (kind.kind == "Pod" || kind.group == "apps" || kind.kind == "Job")
    set_workload_defaults(kind.kind, object);
}

std::vector<Cause> validate_object(const Kind& kind, const json& object, const json* before) {
  std::vector<Cause> causes;
  if (before) check_metadata_update(kind, object, *before, causes);
  check_metadata(kind, object, causes);
  if (kind.custom) {
    if (const json* schema = kind.schema(kind.versions.front())) {
      for (Cause& cause : validate_structure(object, *schema)) causes.push_back(std::move(cause));
    }
  }
  if (kind.custom || !kind.group.empty()) return causes;
  if (kind.kind == "Secret") check_secret(object, before, causes);
  if (kind.kind == "ConfigMap") check_config_map(object, before, causes);
  if (kind.kind == "Service") check_service(object, before, causes);
  return causes;
}

std::size_t base64_error(const std::string& text) {
  const auto value = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) || letter == '+' || letter == '/';
  };
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::size_t letters = text.size() - padding;
  for (std::size_t at = 0; at < letters; ++at) {
    if (!value(text[at])) return at;
  }
  return text.size() % 4 == 0 ? std::string::npos : text.size() - text.size() % 4;
}

std::string base64_encode(const std::string& bytes) {
  constexpr const char* kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t offset = 0; offset < 3; ++offset) {
      group = group << 8 |
              (at + offset < bytes.size() ? static_cast<unsigned char>(bytes[at + offset]) : 0u);
    }
    const std::size_t given = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t digit = 0; digit < 4; ++digit)
      text += digit <= given ? kLetters[group >> (18 - 6 * digit) & 63] : '=';
  }
  return text;
}

}  // namespace crosstie::sandbox::kubernetes
