#include "sandbox/kubernetes/operator_secrets.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_config.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr std::size_t kPasswordCharacters = 24;
constexpr std::size_t kCommonNameMax = 64;  // X.520 ub-common-name; ECK cuts there too

enum class Owner { reference, soft };

json secret(const ClusterView& view, const std::map<std::string, std::string>& data, Owner owner,
            json labels) {
  json object = new_object(Kind::secret);
  if (owner == Owner::soft) {
    labels["eck.k8s.elastic.co/owner-kind"] = "Elasticsearch";
    labels["eck.k8s.elastic.co/owner-name"] = view.names.name;
    labels["eck.k8s.elastic.co/owner-namespace"] = view.names.namespace_name;
  } else {
    object["metadata"]["ownerReferences"] = view.owners();
  }
  object["metadata"]["labels"] = std::move(labels);
  json& encoded = object["data"] = json::object();
  for (const auto& [name, value] : data) encoded[name] = base64(value);
  object["type"] = "Opaque";
  return object;
}

std::string secret_value(const ObjectStore& store, const ClusterView& view, const std::string& name,
                         const char* field) {
  const json* stored = store.find(key_of(Kind::secret, view.names.namespace_name, name));
  if (stored == nullptr) return "";
  return from_base64(text_at(*stored, {"data", field})).value_or("");
}

bool exists(const ObjectStore& store, const ClusterView& view, const std::string& name) {
  return store.find(key_of(Kind::secret, view.names.namespace_name, name)) != nullptr;
}

Identity new_authority(const ClusterView& view, const char* purpose) {
  CertificateRequest request;
  request.organizational_unit = view.names.name;
  request.common_name = view.names.name + "-" + purpose;
  return make_authority(request);
}

std::string describe(const Identity& authority, const CertificateRequest& request) {
  std::string wish = authority.certificate_pem + request.common_name;
  for (const auto& list : {request.dns_names, request.ip_addresses}) {
    for (const std::string& name : list) wish += "|" + name;
  }
  return wish;
}

CertificateRequest http_request(const ClusterView& view) {
  const ClusterNames& names = view.names;
  const std::string http = names.es("http");
  const std::string internal = names.es("internal-http");
  CertificateRequest request;
  request.organizational_unit = names.name;
  request.common_name = http + "." + names.namespace_name + ".es.local";
  request.dns_names = {request.common_name,
                       http,
                       http + "." + names.namespace_name + ".svc",
                       http + "." + names.namespace_name,
                       internal + "." + names.namespace_name + ".svc",
                       internal + "." + names.namespace_name};
  for (const NodeSet& node_set : view.node_sets) {
    request.dns_names.push_back("*." + node_set.stateful_set + "." + names.namespace_name + ".svc");
  }
  for (const json& extra :
       member(view.spec, {"http", "tls", "selfSignedCertificate", "subjectAltNames"})) {
    if (const std::string name = text_at(extra, {"dns"}); !name.empty())
      request.dns_names.push_back(name);
    if (const std::string address = text_at(extra, {"ip"}); !address.empty())
      request.ip_addresses.push_back(address);
  }
  return request;
}

/// Subject and names of a node certificate (seen). No load balancer name or address is ever in it.
CertificateRequest node_request(const ClusterView& view, const NodeAddress& node) {
  const ClusterNames& names = view.names;
  std::string suffix = text_at(view.spec, {"transport", "tls", "otherNameSuffix"});
  if (suffix.empty()) suffix = "node." + names.name + "." + names.namespace_name + ".es.local";
  CertificateRequest request;
  request.organizational_unit = names.name;
  request.common_name = node.pod + "." + suffix;
  request.other_names = {request.common_name};
  request.dns_names = {request.common_name,
                       names.es("transport") + "." + names.namespace_name + ".svc",
                       node.pod + "." + node.stateful_set};
  request.ip_addresses = {node.ip, "127.0.0.1"};
  if (view.remote_server) {
    request.dns_names.push_back(names.remote_service_host());
    request.dns_names.push_back(node.pod + "." + node.stateful_set + "." + names.namespace_name +
                                ".svc");
  }
  for (const json& extra : member(view.spec, {"transport", "tls", "subjectAltNames"})) {
    if (const std::string name = text_at(extra, {"dns"}); !name.empty())
      request.dns_names.push_back(name);
    if (const std::string address = text_at(extra, {"ip"}); !address.empty())
      request.ip_addresses.push_back(address);
  }
  return request;
}

constexpr const char* kUsersRoles =
    "elastic-internal_cluster_manage:elastic-internal-pre-stop\n"
    "elastic_internal_diagnostics_v85:elastic-internal-diagnostics\n"
    "elastic_internal_probe_user:elastic-internal-probe\n"
    "remote_monitoring_collector:elastic-internal-monitoring\n"
    "superuser:elastic,elastic-internal\n";

constexpr const char* kRoles =
    "elastic-internal_cluster_manage:\n    cluster:\n        - manage\n"
    "elastic_internal_probe_user:\n    cluster:\n        - monitor\n";

constexpr const char* kInternalUsers[] = {"elastic-internal", "elastic-internal-diagnostics",
                                          "elastic-internal-monitoring",
                                          "elastic-internal-pre-stop", "elastic-internal-probe"};

}  // namespace

const Identity* Credentials::node(const std::string& pod) const {
  const auto found = nodes_.find(pod);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Identity& Credentials::certificate(const Identity& authority, CertificateRequest request) {
  request.common_name = request.common_name.substr(0, kCommonNameMax);
  request.client = true;
  const std::string wish = describe(authority, request);
  const auto known = issued_.find(wish);
  if (known != issued_.end()) return known->second;
  Identity identity = issue(authority, request);
  identity.certificate_pem += authority.certificate_pem;  // ECK's tls.crt is the chain
  return issued_[wish] = std::move(identity);
}

void Credentials::prepare(const ObjectStore& store, const ClusterView& view) {
  if (!exists(store, view, view.names.es("transport-ca-internal")))
    transport_authority_ = new_authority(view, "transport");
  if (!exists(store, view, view.names.es("http-ca-internal")))
    http_authority_ = new_authority(view, "http");
  // The Secret is what counts: a password that a user brought or changed is taken over, and a new
  // one is made when the Secret was deleted, which is ECK's documented way to rotate it
  // (pkg/controller/elasticsearch/user/reconcile.go).
  elastic_password_ = secret_value(store, view, view.names.es("elastic-user"), "elastic");
  if (elastic_password_.empty()) elastic_password_ = context_.ids.base62(kPasswordCharacters);
  if (!internal_passwords_.empty()) return;
  for (const char* user : kInternalUsers)
    internal_passwords_[user] = context_.ids.base62(kPasswordCharacters);
  file_settings_version_ = std::to_string(Clock::now_epoch_ms()) + "000000";
}

void Credentials::issue_certificates(const ClusterView& view,
                                     const std::vector<NodeAddress>& nodes) {
  http_ = certificate(http_authority_, http_request(view));
  nodes_.clear();
  for (const NodeAddress& node : nodes)
    nodes_[node.pod] = certificate(transport_authority_, node_request(view, node));
}

void Credentials::write_secrets(ObjectStore& store, const ClusterView& view,
                                const std::string& additional_authorities,
                                const std::vector<NodeAddress>& nodes) {
  const std::string chain = transport_authority_.certificate_pem + additional_authorities;
  write_certificate_secrets(store, view, chain);
  write_user_secrets(store, view);
  write_node_secrets(store, view, chain, nodes);
}

void Credentials::write_certificate_secrets(ObjectStore& store, const ClusterView& view,
                                            const std::string& transport_chain) {
  const auto write = [&store, &view](const std::string& name,
                                     const std::map<std::string, std::string>& data, Owner owner) {
    ensure(store, key_of(Kind::secret, view.names.namespace_name, name),
           secret(view, data, owner, view.labels()));
  };
  const ClusterNames& names = view.names;
  write(names.es("transport-ca-internal"),
        {{"tls.crt", transport_authority_.certificate_pem},
         {"tls.key", transport_authority_.key_pem}},
        Owner::reference);
  write(names.es("http-ca-internal"),
        {{"tls.crt", http_authority_.certificate_pem}, {"tls.key", http_authority_.key_pem}},
        Owner::reference);
  write(names.es("http-certs-internal"),
        {{"ca.crt", http_authority_.certificate_pem},
         {"tls.crt", http().certificate_pem},
         {"tls.key", http().key_pem}},
        Owner::reference);
  write(names.es("http-certs-public"),
        {{"ca.crt", http_authority_.certificate_pem}, {"tls.crt", http().certificate_pem}},
        Owner::soft);
  write(names.es("transport-certs-public"), {{"ca.crt", transport_chain}}, Owner::soft);
  write(names.es("remote-ca"),
        {{"ca.crt", remote_authorities(store, view, transport_authority_.certificate_pem)}},
        Owner::reference);
}

void Credentials::write_user_secrets(ObjectStore& store, const ClusterView& view) {
  const ClusterNames& names = view.names;
  json with_credentials = view.labels();
  with_credentials["eck.k8s.elastic.co/credentials"] = "true";
  ensure(store, key_of(Kind::secret, names.namespace_name, names.es("elastic-user")),
         secret(view, {{"elastic", elastic_password_}}, Owner::soft, with_credentials));
  ensure(store, key_of(Kind::secret, names.namespace_name, names.es("internal-users")),
         secret(view, internal_passwords_, Owner::reference, with_credentials));
  json realm = secret(view,
                      {{"roles.yml", kRoles},
                       {"service_tokens", ""},
                       {"users", "elastic:(hash)\n"},
                       {"users_roles", kUsersRoles}},
                      Owner::reference, view.labels());
  realm["metadata"]["annotations"] = {{"policy.k8s.elastic.co/elasticsearch-roles-hash", ""}};
  ensure(store, key_of(Kind::secret, names.namespace_name, names.es("xpack-file-realm")), realm);
  const json settings = {
      {"metadata", {{"version", file_settings_version_}, {"compatibility", "8.6.1"}}},
      {"state",
       {{"cluster_settings", json::object()},
        {"snapshot_repositories", json::object()},
        {"slm", json::object()},
        {"role_mappings", json::object()},
        {"ilm", json::object()},
        {"ingest_pipelines", json::object()},
        {"index_templates",
         {{"component_templates", json::object()},
          {"composable_index_templates", json::object()}}}}}};
  json labels = view.labels();
  labels["asset.policy.k8s.elastic.co/on-delete"] = "reset";
  json file_settings = secret(view, {{"settings.json", settings.dump()}}, Owner::reference, labels);
  file_settings["metadata"]["annotations"] = {
      {"policy.k8s.elastic.co/settings-hash", hash_text(settings["state"].dump())}};
  ensure(store, key_of(Kind::secret, names.namespace_name, names.es("file-settings")),
         file_settings);
}

void Credentials::write_node_secrets(ObjectStore& store, const ClusterView& view,
                                     const std::string& transport_chain,
                                     const std::vector<NodeAddress>& nodes) {
  for (const NodeSet& node_set : view.node_sets) {
    std::map<std::string, std::string> data = {{"ca.crt", transport_chain}};
    for (const NodeAddress& node : nodes) {
      if (node.stateful_set != node_set.stateful_set) continue;
      data[node.pod + ".tls.crt"] = nodes_.at(node.pod).certificate_pem;
      data[node.pod + ".tls.key"] = nodes_.at(node.pod).key_pem;
    }
    ensure(store,
           key_of(Kind::secret, view.names.namespace_name,
                  node_set.stateful_set + "-es-transport-certs"),
           secret(view, data, Owner::reference, view.labels(node_set)));
  }
}

void write_config_secrets(ObjectStore& store, const ClusterView& view,
                          const std::vector<std::string>& initial_masters) {
  for (const NodeSet& node_set : view.node_sets) {
    json config = effective_config(view, node_set);
    if (node_set.master() && !initial_masters.empty())
      config["cluster"]["initial_master_nodes"] = initial_masters;
    ensure(store,
           key_of(Kind::secret, view.names.namespace_name, node_set.stateful_set + "-es-config"),
           secret(view, {{"elasticsearch.yml", format_yaml(config)}}, Owner::reference,
                  view.labels(node_set)));
  }
}

void write_config_maps(ObjectStore& store, const ClusterView& view,
                       const std::vector<NodeAddress>& masters) {
  json scripts = new_object(Kind::config_map);
  scripts["metadata"] = {{"labels", view.labels()}, {"ownerReferences", view.owners()}};
  json hosts = scripts;
  const std::string shell = "#!/usr/bin/env bash\n";
  scripts["data"] = {{"pre-stop-hook-script.sh", shell},
                     {"prepare-fs.sh", shell},
                     {"readiness-port-script.sh", shell},
                     {"readiness-probe-script.sh", shell},
                     {"suspend.sh", shell},
                     {"suspended_pods.txt", ""}};
  ensure(store, key_of(Kind::config_map, view.names.namespace_name, view.names.es("scripts")),
         scripts);
  std::string addresses;
  for (const NodeAddress& node : masters)
    addresses += (addresses.empty() ? "" : "\n") + node.ip + ":9300";
  hosts["data"] = {{"unicast_hosts.txt", addresses}};
  ensure(store, key_of(Kind::config_map, view.names.namespace_name, view.names.es("unicast-hosts")),
         hosts);
}

std::string remote_authorities(const ObjectStore& store, const ClusterView& view,
                               const std::string& own_authority) {
  const json selector = {{kTypeLabel, "remote-ca"}, {kClusterLabel, view.names.name}};
  std::string found;
  for (const json* candidate : store.list("", "secrets", view.names.namespace_name)) {
    if (labels_match(selector, *candidate))
      found += from_base64(text_at(*candidate, {"data", "ca.crt"})).value_or("");
  }
  return found.empty() ? own_authority : found;
}

}  // namespace crosstie::sandbox::eck
