#include "sandbox/kubernetes/operator_workload.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/operator_config.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kSecurityContext =
    R"({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "privileged": false,
  "readOnlyRootFilesystem": true, "runAsNonRoot": true})";

constexpr const char* kPodSpec =
    R"({"automountServiceAccountToken": false, "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
  "schedulerName": "default-scheduler", "securityContext": {"fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
  "terminationGracePeriodSeconds": 180})";

constexpr const char* kMounts = R"([
  {"mountPath": "/mnt/elastic-internal/downward-api", "name": "downward-api", "readOnly": true},
  {"mountPath": "/usr/share/elasticsearch/bin", "name": "elastic-internal-elasticsearch-bin-local"},
  {"mountPath": "/mnt/elastic-internal/elasticsearch-config", "name": "elastic-internal-elasticsearch-config", "readOnly": true},
  {"mountPath": "/usr/share/elasticsearch/config", "name": "elastic-internal-elasticsearch-config-local"},
  {"mountPath": "/usr/share/elasticsearch/plugins", "name": "elastic-internal-elasticsearch-plugins-local"},
  {"mountPath": "/usr/share/elasticsearch/config/http-certs", "name": "elastic-internal-http-certificates", "readOnly": true},
  {"mountPath": "/mnt/elastic-internal/pod-mounted-users", "name": "elastic-internal-probe-user", "readOnly": true},
  {"mountPath": "/usr/share/elasticsearch/config/transport-remote-certs/", "name": "elastic-internal-remote-certificate-authorities",
   "readOnly": true},
  {"mountPath": "/mnt/elastic-internal/scripts", "name": "elastic-internal-scripts", "readOnly": true},
  {"mountPath": "/usr/share/elasticsearch/config/transport-certs", "name": "elastic-internal-transport-certificates", "readOnly": true},
  {"mountPath": "/mnt/elastic-internal/unicast-hosts", "name": "elastic-internal-unicast-hosts", "readOnly": true},
  {"mountPath": "/mnt/elastic-internal/xpack-file-realm", "name": "elastic-internal-xpack-file-realm", "readOnly": true},
  {"mountPath": "/usr/share/elasticsearch/data", "name": "elasticsearch-data"},
  {"mountPath": "/usr/share/elasticsearch/logs", "name": "elasticsearch-logs"},
  {"mountPath": "/usr/share/elasticsearch/config/operator", "name": "file-settings", "readOnly": true},
  {"mountPath": "/tmp", "name": "tmp-volume"}])";

json field_ref(const char* name, const char* path) {
  return {{"name", name},
          {"valueFrom", {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}};
}

json environment(const NodeSet& node_set) {
  return json::array({field_ref("POD_IP", "status.podIP"),
                      field_ref("POD_NAME", "metadata.name"),
                      field_ref("NODE_NAME", "spec.nodeName"),
                      field_ref("NAMESPACE", "metadata.namespace"),
                      {{"name", "HEADLESS_SERVICE_NAME"}, {"value", node_set.stateful_set}},
                      {{"name", "PROBE_PASSWORD_PATH"},
                       {"value", "/mnt/elastic-internal/pod-mounted-users/elastic-internal-probe"}},
                      {{"name", "PROBE_USERNAME"}, {"value", "elastic-internal-probe"}},
                      {{"name", "READINESS_PROBE_PROTOCOL"}, {"value", "https"}},
                      {{"name", "NSS_SDB_USE_CACHE"}, {"value", "no"}}});
}

json script(const char* name) {
  return json::array({"bash", "-c", std::string("/mnt/elastic-internal/scripts/") + name});
}

json secret_volume(const char* name, const std::string& secret) {
  return {{"name", name},
          {"secret", {{"defaultMode", 420}, {"optional", false}, {"secretName", secret}}}};
}

json empty_volume(const char* name) { return {{"name", name}, {"emptyDir", json::object()}}; }

json config_map_volume(const char* name, const std::string& config_map, int mode) {
  return {{"name", name},
          {"configMap", {{"defaultMode", mode}, {"name", config_map}, {"optional", false}}}};
}

json own_volumes(const ClusterView& view, const NodeSet& node_set) {
  const ClusterNames& names = view.names;
  json probe = secret_volume("elastic-internal-probe-user", names.es("internal-users"));
  for (const char* user : {"elastic-internal-probe", "elastic-internal-pre-stop"}) {
    probe["secret"]["items"].push_back({{"key", user}, {"path", user}});
  }
  const json labels =
      json::array({{{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.labels"}}},
                    {"path", "labels"}}});
  return json::array(
      {{{"name", "downward-api"}, {"downwardAPI", {{"defaultMode", 420}, {"items", labels}}}},
       empty_volume("elastic-internal-elasticsearch-bin-local"),
       secret_volume("elastic-internal-elasticsearch-config", node_set.stateful_set + "-es-config"),
       empty_volume("elastic-internal-elasticsearch-config-local"),
       empty_volume("elastic-internal-elasticsearch-plugins-local"),
       secret_volume("elastic-internal-http-certificates", names.es("http-certs-internal")),
       probe,
       secret_volume("elastic-internal-remote-certificate-authorities", names.es("remote-ca")),
       config_map_volume("elastic-internal-scripts", names.es("scripts"), 493),
       secret_volume("elastic-internal-transport-certificates",
                     node_set.stateful_set + "-es-transport-certs"),
       config_map_volume("elastic-internal-unicast-hosts", names.es("unicast-hosts"), 420),
       secret_volume("elastic-internal-xpack-file-realm", names.es("xpack-file-realm")),
       {{"name", "elasticsearch-data"},
        {"persistentVolumeClaim", {{"claimName", "claim-name-placeholder"}}}},
       empty_volume("elasticsearch-logs"),
       secret_volume("file-settings", names.es("file-settings")),
       empty_volume("tmp-volume")});
}

void sort_by_name(json& list) {
  std::stable_sort(list.begin(), list.end(), [](const json& left, const json& right) {
    return text_at(left, {"name"}) < text_at(right, {"name"});
  });
}

/// `own` with the user's elements: one of the same name wins.
json merged_by_name(const json& own, const json& user, bool user_first) {
  json kept = json::array();
  for (const json& element : own) {
    bool replaced = false;
    for (const json& other : user)
      replaced = replaced || text_at(other, {"name"}) == text_at(element, {"name"});
    if (!replaced) kept.push_back(element);
  }
  json merged = user_first ? user : kept;
  if (merged.is_null()) merged = json::array();
  for (const json& element : user_first ? kept : user) merged.push_back(element);
  return merged;
}

json defaulted_volume(json volume) {
  for (const char* source : {"secret", "configMap"}) {
    if (volume.contains(source) && volume[source].is_object() &&
        !volume[source].contains("defaultMode"))
      volume[source]["defaultMode"] = 420;
  }
  return volume;
}

json pod_volumes(const ClusterView& view, const NodeSet& node_set) {
  json user = json::array();
  for (const json& volume : member(node_set.pod_template, {"spec", "volumes"}))
    user.push_back(defaulted_volume(volume));
  json volumes = merged_by_name(own_volumes(view, node_set), user, false);
  sort_by_name(volumes);
  return volumes;
}

json user_container(const NodeSet& node_set) {
  for (const json& container : member(node_set.pod_template, {"spec", "containers"})) {
    if (text_at(container, {"name"}) == "elasticsearch") return container;
  }
  return json::object();
}

void complete_container(json& container, const std::string& image) {
  if (!container.contains("image")) container["image"] = image;
  if (!container.contains("resources")) container["resources"] = json::object();
  container["imagePullPolicy"] = container.value("imagePullPolicy", "IfNotPresent");
  container["terminationMessagePath"] = "/dev/termination-log";
  container["terminationMessagePolicy"] = "File";
}

json mounts_with(const json& user) {
  json mounts = merged_by_name(json::parse(kMounts), user, false);
  sort_by_name(mounts);
  return mounts;
}

std::string image_of(const ClusterView& view) {
  const std::string image = text_at(view.spec, {"image"});
  return image.empty() ? "docker.elastic.co/elasticsearch/elasticsearch:" + view.version_text
                       : image;
}

json main_container(const ClusterView& view, const NodeSet& node_set) {
  json container = user_container(node_set);
  container["name"] = "elasticsearch";
  container["env"] = merged_by_name(environment(node_set), member(container, {"env"}), true);
  container["volumeMounts"] = mounts_with(member(container, {"volumeMounts"}));
  json& resources = container["resources"];
  if (!resources.is_object() || resources.empty()) {
    // ECK gives 2Gi when the user says nothing (nodespec/defaults.go).
    resources = {{"limits", {{"memory", "2Gi"}}}, {"requests", {{"memory", "2Gi"}}}};
  }
  if (!container.contains("securityContext"))
    container["securityContext"] = json::parse(kSecurityContext);
  container["ports"] =
      json::array({{{"containerPort", 9200}, {"name", "https"}, {"protocol", "TCP"}},
                   {{"containerPort", 9300}, {"name", "transport"}, {"protocol", "TCP"}}});
  container["lifecycle"] = {
      {"preStop", {{"exec", {{"command", script("pre-stop-hook-script.sh")}}}}}};
  container["readinessProbe"] = {{"exec", {{"command", script("readiness-port-script.sh")}}},
                                 {"failureThreshold", 3},
                                 {"initialDelaySeconds", 10},
                                 {"periodSeconds", 5},
                                 {"successThreshold", 1},
                                 {"timeoutSeconds", 5}};
  complete_container(container, image_of(view));
  return container;
}

json init_container(const char* name, const char* script_name, const json& main) {
  json container = {{"name", name}, {"command", script(script_name)}};
  for (const char* field : {"env", "image", "volumeMounts", "resources"})
    container[field] = main.at(field);
  container["securityContext"] = json::parse(kSecurityContext);
  complete_container(container, main.at("image"));
  return container;
}

/// The first init container copies the image's folders, so it sees the local ones under other
/// paths.
json filesystem_container(const json& main) {
  json container = init_container("elastic-internal-init-filesystem", "prepare-fs.sh", main);
  container["resources"] = {{"limits", {{"cpu", "100m"}, {"memory", "50Mi"}}},
                            {"requests", {{"cpu", "100m"}, {"memory", "50Mi"}}}};
  const std::string start = "elastic-internal-elasticsearch-";
  for (json& mount : container["volumeMounts"]) {
    const std::string volume = text_at(mount, {"name"});
    if (volume.starts_with(start) && volume.ends_with("-local"))
      mount["mountPath"] = "/mnt/elastic-internal/" + volume.substr(17);
    if (volume == "elastic-internal-transport-certificates")
      mount["mountPath"] = "/mnt/elastic-internal/transport-certificates";
  }
  return container;
}

json init_containers(const NodeSet& node_set, const json& main) {
  json all = json::array(
      {filesystem_container(main), init_container("elastic-internal-suspend", "suspend.sh", main)});
  for (const json& user : member(node_set.pod_template, {"spec", "initContainers"})) {
    json container = user;
    for (const char* field : {"env", "image", "volumeMounts", "resources"}) {
      if (!container.contains(field) || container[field].empty()) container[field] = main.at(field);
    }
    complete_container(container, main.at("image"));
    all.push_back(std::move(container));
  }
  return all;
}

json template_labels(const ClusterView& view, const NodeSet& node_set) {
  static const char* roles[] = {
      "data",   "data_cold", "data_content", "data_frozen",           "data_hot",  "data_warm",
      "ingest", "master",    "ml",           "remote_cluster_client", "transform", "voting_only"};
  json labels = view.labels(node_set);
  labels["elasticsearch.k8s.elastic.co/http-scheme"] = "https";
  labels["elasticsearch.k8s.elastic.co/version"] = view.version_text;
  for (const char* role : roles) {
    labels[std::string("elasticsearch.k8s.elastic.co/node-") + role] =
        node_set.roles.contains(role) ? "true" : "false";
  }
  return labels;
}

json pod_template(const ClusterView& view, const NodeSet& node_set) {
  json annotations = {{"co.elastic.logs/module", "elasticsearch"},
                      {"elasticsearch.k8s.elastic.co/config-hash",
                       hash_text(effective_config(view, node_set).dump())},
                      {"policy.k8s.elastic.co/elasticsearch-config-mounts-hash", ""}};
  json labels = template_labels(view, node_set);
  const json& user_annotations = member(node_set.pod_template, {"metadata", "annotations"});
  if (user_annotations.is_object()) annotations.update(user_annotations);
  const json& user_labels = member(node_set.pod_template, {"metadata", "labels"});
  if (user_labels.is_object()) labels.update(user_labels);
  const std::string trigger = text_at(view.annotations, {"eck.k8s.elastic.co/restart-trigger"});
  if (!trigger.empty()) annotations["eck.k8s.elastic.co/restart-trigger"] = trigger;

  json spec = json::parse(kPodSpec);
  const json term = {{"labelSelector", {{"matchLabels", {{kClusterLabel, view.names.name}}}}},
                     {"topologyKey", "kubernetes.io/hostname"}};
  spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
      json::array({{{"podAffinityTerm", term}, {"weight", 100}}});
  const json& user_spec = member(node_set.pod_template, {"spec"});
  if (user_spec.is_object()) spec.update(user_spec);
  const json main = main_container(view, node_set);
  json containers = json::array({main});
  for (json container : member(user_spec, {"containers"})) {
    if (text_at(container, {"name"}) == "elasticsearch") continue;
    complete_container(container, "");
    containers.push_back(std::move(container));
  }
  spec["containers"] = std::move(containers);
  spec["initContainers"] = init_containers(node_set, main);
  spec["volumes"] = pod_volumes(view, node_set);
  return {{"metadata",
           {{"annotations", annotations}, {"labels", labels}, {"creationTimestamp", nullptr}}},
          {"spec", spec}};
}

json volume_claims(const NodeSet& node_set) {
  json claims = node_set.volume_claims;
  if (!claims.is_array() || claims.empty()) {
    claims = json::array({{{"metadata", {{"name", "elasticsearch-data"}}},
                           {"spec",
                            {{"accessModes", {"ReadWriteOnce"}},
                             {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}}});
  }
  for (json& claim : claims) {
    if (!claim.is_object()) continue;
    claim["apiVersion"] = "v1";
    claim["kind"] = "PersistentVolumeClaim";
    claim["metadata"]["creationTimestamp"] = nullptr;
    claim["spec"]["volumeMode"] = "Filesystem";
    claim["status"] = {{"phase", "Pending"}};
  }
  return claims;
}

}  // namespace

json desired_stateful_set(const ClusterView& view, const NodeSet& node_set) {
  json set = new_object(Kind::stateful_set);
  set["metadata"] = {{"name", node_set.stateful_set},
                     {"namespace", view.names.namespace_name},
                     {"labels", view.labels(node_set)},
                     {"ownerReferences", view.owners()}};
  json selector = view.labels(node_set);
  selector.erase(kWatchedLabel);
  set["spec"] = {{"persistentVolumeClaimRetentionPolicy",
                  {{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}}},
                 {"podManagementPolicy", "Parallel"},
                 {"replicas", node_set.count},
                 {"revisionHistoryLimit", 10},
                 {"selector", {{"matchLabels", selector}}},
                 {"serviceName", node_set.stateful_set},
                 {"template", pod_template(view, node_set)},
                 {"updateStrategy", {{"type", "OnDelete"}}},
                 {"volumeClaimTemplates", volume_claims(node_set)}};
  set["metadata"]["labels"][kTemplateHashLabel] = hash_text(set["spec"].dump());
  return set;
}

void write_stateful_set(ObjectStore& store, const ClusterView& view, const json& desired) {
  const ObjectKey key =
      key_of(Kind::stateful_set, view.names.namespace_name, text_at(desired, {"metadata", "name"}));
  const json* stored = store.find(key);
  // ECK compares only its template hash label (reconciler on hash.GetTemplateHashLabel), so a
  // foreign change of the spec stays.
  if (stored != nullptr && member(*stored, {"metadata", "labels", kTemplateHashLabel}) ==
                               member(desired, {"metadata", "labels", kTemplateHashLabel}))
    return;
  ensure(store, key, desired);
}

void write_disruption_budget(ObjectStore& store, const ClusterView& view, int ready) {
  const ObjectKey key =
      key_of(Kind::disruption_budget, view.names.namespace_name, view.names.es("default"));
  const int count = view.node_count();
  json budget = new_object(Kind::disruption_budget);
  budget["metadata"] = {{"labels", view.labels()}, {"ownerReferences", view.owners()}};
  // A green cluster may lose one node, any other none (pkg/controller/elasticsearch/pdb); one node
  // alone never blocks.
  const int available = count == 1 ? 0 : (ready == count ? count - 1 : count);
  budget["spec"] = {{"minAvailable", available},
                    {"selector", {{"matchLabels", {{kClusterLabel, view.names.name}}}}}};
  budget["metadata"]["labels"][kTemplateHashLabel] = hash_text(budget["spec"].dump());
  json stored = ensure(store, key, budget);
  const bool allowed = ready > available;
  const std::string state = allowed ? "True" : "False";
  const json& before = member(stored, {"status", "conditions"});
  const bool same =
      before.is_array() && !before.empty() && text_at(before.front(), {"status"}) == state;
  stored["status"] = {
      {"conditions",
       json::array({{{"lastTransitionTime",
                      same ? before.front()["lastTransitionTime"] : json(Clock::now_seconds())},
                     {"message", ""},
                     {"observedGeneration", stored["metadata"]["generation"]},
                     {"reason", allowed ? "SufficientPods" : "InsufficientPods"},
                     {"status", state},
                     {"type", "DisruptionAllowed"}}})},
      {"currentHealthy", ready},
      {"desiredHealthy", available},
      {"disruptionsAllowed", std::max(0, ready - available)},
      {"expectedPods", count},
      {"observedGeneration", stored["metadata"]["generation"]}};
  put(store, key, std::move(stored), kControllerManager, "status");
}

std::string revision_of(const json& stateful_set) {
  const json& status = member(stateful_set, {"status"});
  if (member(status, {"observedGeneration"}) == member(stateful_set, {"metadata", "generation"})) {
    if (std::string known = text_at(status, {"updateRevision"}); !known.empty()) return known;
  }
  return text_at(stateful_set, {"metadata", "name"}) + "-" +
         hash_text(member(stateful_set, {"spec", "template"}).dump());
}

}  // namespace crosstie::sandbox::eck
