#include "sandbox/kubernetes/operator_cluster.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/operator_nodes.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/operator_pod_status.hpp"
#include "sandbox/kubernetes/operator_secrets.hpp"
#include "sandbox/kubernetes/operator_services.hpp"
#include "sandbox/kubernetes/operator_status.hpp"
#include "sandbox/kubernetes/operator_validation.hpp"
#include "sandbox/kubernetes/operator_view.hpp"
#include "sandbox/kubernetes/operator_workload.hpp"
#include "sandbox/kubernetes/operator_write_back.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/peer_trust.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr std::size_t kClusterUuidCharacters = 22;

constexpr const char* kRevisionLabel = "controller-revision-hash";

std::string template_hash(const json& object) {
  return text_at(object, {"metadata", "labels", kTemplateHashLabel});
}

std::string name_of(const json& object) { return text_at(object, {"metadata", "name"}); }

bool is_master(const json& pod) {
  return text_at(pod, {"metadata", "labels", "elasticsearch.k8s.elastic.co/node-master"}) == "true";
}

std::vector<NodeAddress> addresses_of(const std::vector<const json*>& pods, bool masters_only) {
  std::vector<NodeAddress> nodes;
  for (const json* pod : pods) {
    const std::string ip = text_at(*pod, {"status", "podIP"});
    if (ip.empty() || (masters_only && !is_master(*pod))) continue;
    nodes.push_back({name_of(*pod), text_at(*pod, {"metadata", "labels", kStatefulSetLabel}), ip});
  }
  return nodes;
}

/// ECK's order of a rolling restart: masters last, then by StatefulSet, then the highest ordinal
/// first (driver/upgrade_pods_deletion.go, sortCandidates).
bool goes_first(const json& left, const json& right) {
  if (is_master(left) != is_master(right)) return !is_master(left);
  const std::string left_set = text_at(left, {"metadata", "labels", kStatefulSetLabel});
  const std::string right_set = text_at(right, {"metadata", "labels", kStatefulSetLabel});
  if (left_set != right_set) return left_set < right_set;
  const auto ordinal = [](const json& pod) {
    return std::atoi(text_at(pod, {"metadata", "labels", "apps.kubernetes.io/pod-index"}).c_str());
  };
  return ordinal(left) > ordinal(right);
}

bool is_pending(const json* pod) { return text_at(*pod, {"status", "phase"}) == "Pending"; }

bool is_bootlooping(const json* pod) {
  if (is_pod_ready(*pod)) return false;
  for (const json& status : member(*pod, {"status", "containerStatuses"})) {
    if (text_at(status, {"name"}) == "elasticsearch" && member(status, {"restartCount"}) == json(0))
      return false;
  }
  return true;
}

}  // namespace

ManagedCluster::ManagedCluster(Context& context, ObjectStore& store, const NodeProcesses& nodes,
                               std::function<Handler(Handler)> wrap, const json& resource,
                               const Version& operator_version)
    : context_(context),
      store_(store),
      nodes_(nodes),
      names_{text_at(resource, {"metadata", "namespace"}), name_of(resource)},
      uid_(text_at(resource, {"metadata", "uid"})),
      operator_version_(operator_version),
      credentials_(context),
      runtime_(context, std::move(wrap)),
      events_(context, store) {}

ClusterView ManagedCluster::read() const {
  return read_cluster(*store_.find(key_of(Kind::elasticsearch, names_.namespace_name, names_.name)),
                      operator_version_);
}

std::vector<const json*> ManagedCluster::pods() const {
  const json selector = {{kTypeLabel, "elasticsearch"}, {kClusterLabel, names_.name}};
  std::vector<const json*> found;
  for (const json* pod : store_.list("", "pods", names_.namespace_name)) {
    if (labels_match(selector, *pod)) found.push_back(pod);
  }
  return found;
}

bool ManagedCluster::concerns(const WatchEvent& event) const {
  if (event.key.namespace_name != names_.namespace_name) return false;
  if (event.key.resource == "elasticsearches") return event.key.name == names_.name;
  if (event.key.resource == "events" || event.key.resource == "endpointslices") return false;
  if (text_at(event.object, {"metadata", "labels", kClusterLabel}) == names_.name) return true;
  return text_at(event.previous_labels, {kClusterLabel}) == names_.name ||
         watched_.contains(event.key);
}

void ManagedCluster::reconcile() {
  ClusterView view = read();
  if (!view.managed) return;
  const auto errors = validate_cluster(view);
  if (cluster_uuid_.empty() && errors.empty() && ready_pods() > 0) {
    cluster_uuid_ = context_.ids.base62(kClusterUuidCharacters);
  }
  write_back(view, errors.empty());
  view = read();
  if (!errors.empty()) {
    reject(view, errors);
    return;
  }
  for (const std::string& warning : reserved_settings(view))
    events_.warn(view, "Validation", "Validation", warning);
  Observation seen;
  if (!write_objects(view, seen)) {
    follow_runtime(view);
    seen.health = runtime_.health();
    write_status(view, seen);
    return;
  }
  if (!view.paused) roll_pods(view, seen);
  follow_runtime(view);
  conclude(view, std::move(seen));
}

void ManagedCluster::write_back(const ClusterView& view, bool valid) {
  const ObjectKey key = key_of(Kind::elasticsearch, names_.namespace_name, names_.name);
  json updated = *store_.find(key);
  if (complete_resource(updated, view, {valid, cluster_uuid_}))
    put(store_, key, std::move(updated), kOperatorManager);
}

void ManagedCluster::reject(const ClusterView& view, const std::vector<std::string>& errors) {
  events_.warn(view, "Validation", "Validation", format_invalid(view, errors));
  Observation seen;
  seen.phase = "Invalid";
  seen.complete = true;  // seen: Invalid comes with ReconciliationComplete=True
  seen.checked = false;
  write_status(view, seen);
}

bool ManagedCluster::write_objects(const ClusterView& view, Observation& seen) {
  const auto present = pods();
  const auto nodes = addresses_of(present, false);
  write_config_maps(store_, view, addresses_of(present, true));
  write_cluster_services(context_, store_, view);
  credentials_.prepare(store_, view);
  credentials_.issue_certificates(view, nodes);
  watched_.clear();
  if (!view.authorities_config_map.empty())
    watched_.insert(key_of(Kind::config_map, names_.namespace_name, view.authorities_config_map));
  const auto additional = additional_authorities(view);
  if (!additional) {
    seen.incomplete_message = "could not retrieve config map " + names_.namespace_name + "/" +
                              view.authorities_config_map +
                              " specified in spec.transport.tls.certificateAuthorities";
    events_.warn(view, "Unexpected", "GetSecret", seen.incomplete_message);
    return false;
  }
  credentials_.write_secrets(store_, view, *additional, nodes);
  return write_workloads(view, seen);
}

const std::vector<json>& ManagedCluster::wanted_sets(const ClusterView& view) {
  const std::string mark = std::to_string(view.generation) + "|" +
                           text_at(view.annotations, {"eck.k8s.elastic.co/restart-trigger"});
  if (mark == wanted_sets_mark_) return wanted_sets_;
  wanted_sets_.clear();
  for (const NodeSet& node_set : view.node_sets) {
    wanted_sets_.push_back(desired_stateful_set(view, node_set));
  }
  wanted_sets_mark_ = mark;
  return wanted_sets_;
}

/// What the condition OrchestrationPaused says (pkg/controller/common,
/// SetPausedConditionAndEmitEvent).
std::string ManagedCluster::paused_message(const ClusterView& view) {
  for (const json& set : wanted_sets(view)) {
    const json* stored =
        store_.find(key_of(Kind::stateful_set, names_.namespace_name, name_of(set)));
    if (stored != nullptr && template_hash(*stored) == template_hash(set)) continue;
    return "Orchestration paused via annotation; spec changes are pending and will be applied on "
           "resume";
  }
  return "Orchestration paused via annotation; no pending spec changes detected";
}

bool ManagedCluster::write_workloads(const ClusterView& view, Observation& seen) {
  if (view.paused) {
    seen.paused_message = paused_message(view);
    return true;
  }
  std::vector<std::string> initial_masters;
  if (cluster_uuid_.empty()) initial_masters = master_names(view);
  write_node_set_services(context_, store_, view);
  write_config_secrets(store_, view, initial_masters);
  const std::vector<json>& sets = wanted_sets(view);
  for (std::size_t at = 0; at < sets.size(); ++at) {
    const std::string message = missing_volumes(view, sets[at]);
    if (message.empty()) continue;
    reject_mounts(view, view.node_sets[at], message, seen);
    return false;
  }
  for (const json& set : sets) {
    write_stateful_set(store_, view, set);
    if (view.remote_server) remote_revisions_.insert(revision(name_of(set)));
  }
  remove_stale_sets(view);
  return true;
}

void ManagedCluster::reject_mounts(const ClusterView& view, const NodeSet& node_set,
                                   const std::string& message, Observation& seen) {
  events_.warn(view, "Validation", "Validation", message);
  seen.phase = "Invalid";
  seen.incomplete_message = message;
  const ObjectKey key = key_of(Kind::stateful_set, names_.namespace_name, node_set.stateful_set);
  if (store_.find(key) != nullptr) return;
  for (int index = 0; index < node_set.count; ++index) {
    seen.upscale_nodes.push_back(
        {{"message", "Upscaling StatefulSet " + node_set.stateful_set + " from 0 to " +
                         std::to_string(node_set.count) + " replicas"},
         {"name", node_set.stateful_set + "-" + std::to_string(index)},
         {"status", "EXPECTED"}});
  }
}

void ManagedCluster::remove_stale_sets(const ClusterView& view) {
  std::vector<std::string> stale;
  for (const json* set : store_.list("apps", "statefulsets", names_.namespace_name)) {
    if (!labels_match({{kTypeLabel, "elasticsearch"}, {kClusterLabel, names_.name}}, *set))
      continue;
    const bool wanted = std::any_of(
        view.node_sets.begin(), view.node_sets.end(),
        [set](const NodeSet& node_set) { return node_set.stateful_set == name_of(*set); });
    if (!wanted) stale.push_back(name_of(*set));
  }
  for (const std::string& set : stale) {
    store_.erase(key_of(Kind::stateful_set, names_.namespace_name, set));
    store_.erase(key_of(Kind::service, names_.namespace_name, set));
    store_.erase(key_of(Kind::secret, names_.namespace_name, set + "-es-config"));
    store_.erase(key_of(Kind::secret, names_.namespace_name, set + "-es-transport-certs"));
  }
}

void ManagedCluster::roll_pods(const ClusterView& view, Observation& seen) {
  std::vector<const json*> old;
  for (const json* pod : pods()) {
    const bool current = text_at(*pod, {"metadata", "labels", kRevisionLabel}) ==
                         revision(text_at(*pod, {"metadata", "labels", kStatefulSetLabel}));
    if (current && is_pod_ready(*pod)) restarting_.erase(name_of(*pod));
    if (!current) old.push_back(pod);
  }
  std::sort(old.begin(), old.end(),
            [](const json* left, const json* right) { return goes_first(*left, *right); });
  std::vector<std::string> outdated;  // by name: deleting a pod ends what the pointers lead to
  for (const json* pod : old) outdated.push_back(name_of(*pod));
  if (!force_upgrade(outdated)) upgrade_one(view, outdated);
  std::map<std::string, json> nodes;
  for (const std::string& pod : outdated) {
    nodes[pod] = {{"message", "Cannot restart node because of failed predicate"},
                  {"name", pod},
                  {"predicate", "do_not_restart_healthy_node_if_MaxUnavailable_reached"},
                  {"status", "PENDING"}};
  }
  for (const auto& [pod, message] : restarting_) {
    nodes[pod] = {{"message", message}, {"name", pod}, {"status", "DELETED"}};
  }
  for (const auto& [pod, node] : nodes) seen.upgrade_nodes.push_back(node);
}

/// Source: driver/upgrade_forced.go. A set is given up when all its pods are pending, or none is
/// ready and each has restarted its container.
bool ManagedCluster::force_upgrade(std::vector<std::string>& outdated) {
  std::map<std::string, std::vector<const json*>> by_set;
  for (const json* pod : pods())
    by_set[text_at(*pod, {"metadata", "labels", kStatefulSetLabel})].push_back(pod);
  std::set<std::string> lost;
  for (const auto& [set, members] : by_set) {
    const bool pending = std::all_of(members.begin(), members.end(), is_pending);
    if (!pending && !std::all_of(members.begin(), members.end(), is_bootlooping)) continue;
    for (const json* pod : members) lost.insert(name_of(*pod));
  }
  std::vector<std::string> kept;
  for (const std::string& pod : outdated) {
    if (lost.contains(pod)) {
      delete_pod(pod, "Deleting Pod for forced rolling upgrade");
    } else {
      kept.push_back(pod);
    }
  }
  const bool attempted = kept.size() != outdated.size();
  outdated = std::move(kept);
  return attempted;
}

/// Source: driver/upgrade_pods_deletion.go and upgrade_predicates.go, with the default
/// maxUnavailable of 1: a healthy pod goes only while all are healthy, one that is not may go.
/// Without the Elasticsearch API there is no upgrade.
void ManagedCluster::upgrade_one(const ClusterView& view, std::vector<std::string>& outdated) {
  const int healthy = ready_pods();
  if (healthy == 0) return;
  const auto may_go = [&](const std::string& name) {
    const json* pod = store_.find(key_of(Kind::pod, names_.namespace_name, name));
    return pod != nullptr && (healthy == view.node_count() || !is_pod_ready(*pod));
  };
  const auto next = std::find_if(outdated.begin(), outdated.end(), may_go);
  if (next == outdated.end()) return;
  delete_pod(*next, "Deleting pod for rolling upgrade");
  outdated.erase(next);
}

int ManagedCluster::ready_pods() const {
  const auto present = pods();
  return static_cast<int>(std::count_if(present.begin(), present.end(),
                                        [](const json* pod) { return is_pod_ready(*pod); }));
}

void ManagedCluster::delete_pod(const std::string& name, const std::string& message) {
  restarting_[name] = message;
  store_.erase(key_of(Kind::pod, names_.namespace_name, name));
}

std::string ManagedCluster::revision(const std::string& stateful_set) const {
  const json* stored = store_.find(key_of(Kind::stateful_set, names_.namespace_name, stateful_set));
  return stored == nullptr ? "" : revision_of(*stored);
}

void ManagedCluster::follow_runtime(const ClusterView& view) {
  ClusterRuntime::Wish wish;
  wish.names = names_;
  wish.version = view.version_text;
  wish.cluster_uuid = cluster_uuid_;
  wish.elastic_password = credentials_.elastic_password();
  wish.nodes = view.node_names();
  wish.http = credentials_.http();
  for (const json* pod : pods()) {
    if (is_pod_ready(*pod) && !cluster_uuid_.empty()) wish.nodes_up.push_back(name_of(*pod));
  }
  if (!cluster_uuid_.empty())
    wish.nodes_started = nodes_.up_in({names_.namespace_name, names_.name});
  for (const std::string& node : wish.nodes_up) {
    if (wish.transport) break;
    if (const Transport* found = nodes_.transport(names_.namespace_name, node))
      wish.transport = *found;
  }
  wish.remote = remote_identity();
  const std::string& own = credentials_.transport_authority().certificate_pem;
  const std::string remote = remote_authorities(store_, view, "");
  wish.trust_pem = own + remote + additional_authorities(view).value_or("");
  wish.keystore = keystore(view);
  runtime_.follow(wish);
}

/// The certificate of a node that runs with the remote cluster server on; the same one as long as
/// its authority is the same.
std::optional<Identity> ManagedCluster::remote_identity() {
  const Identity* found = nullptr;
  for (const json* pod : pods()) {
    if (found != nullptr || !is_pod_ready(*pod)) continue;
    if (remote_revisions_.contains(text_at(*pod, {"metadata", "labels", kRevisionLabel})))
      found = credentials_.node(name_of(*pod));
  }
  if (found == nullptr) {
    remote_identity_.reset();
  } else if (!remote_identity_ ||
             remote_authority_ != credentials_.transport_authority().certificate_pem) {
    remote_identity_ = *found;
    remote_authority_ = credentials_.transport_authority().certificate_pem;
  }
  return remote_identity_;
}

/// PEM of spec.transport.tls.certificateAuthorities; nullopt when its ConfigMap or key is missing.
std::optional<std::string> ManagedCluster::additional_authorities(const ClusterView& view) const {
  if (view.authorities_config_map.empty()) return "";
  const json* stored =
      store_.find(key_of(Kind::config_map, names_.namespace_name, view.authorities_config_map));
  std::string pem = stored == nullptr ? "" : text_at(*stored, {"data", "ca.crt"});
  if (pem.empty()) return std::nullopt;
  if (pem.back() != '\n') pem += '\n';
  return pem;
}

/// spec.secureSettings as the node's keystore would hold them.
std::map<std::string, std::string> ManagedCluster::keystore(const ClusterView& view) const {
  std::map<std::string, std::string> settings;
  for (const json& source : member(view.spec, {"secureSettings"})) {
    const json* stored =
        store_.find(key_of(Kind::secret, names_.namespace_name, text_at(source, {"secretName"})));
    if (stored == nullptr) continue;
    const json& entries = member(source, {"entries"});
    for (const auto& [name, value] : member(*stored, {"data"}).items()) {
      std::string setting = name;
      bool wanted = !entries.is_array() || entries.empty();
      for (const json& entry : entries) {
        if (text_at(entry, {"key"}) != name) continue;
        wanted = true;
        if (const std::string path = text_at(entry, {"path"}); !path.empty()) setting = path;
      }
      if (wanted && value.is_string())
        settings[setting] = from_base64(value.get<std::string>()).value_or("");
    }
  }
  return settings;
}

std::string ManagedCluster::running_version() const {
  std::string lowest;
  for (const json* set : store_.list("apps", "statefulsets", names_.namespace_name)) {
    if (!labels_match({{kTypeLabel, "elasticsearch"}, {kClusterLabel, names_.name}}, *set))
      continue;
    const std::string version = text_at(
        *set, {"spec", "template", "metadata", "labels", "elasticsearch.k8s.elastic.co/version"});
    if (lowest.empty() || parse_version(version) < parse_version(lowest)) lowest = version;
  }
  for (const json* pod : pods()) {
    const std::string version =
        text_at(*pod, {"metadata", "labels", "elasticsearch.k8s.elastic.co/version"});
    if (parse_version(version) < parse_version(lowest)) lowest = version;
  }
  return lowest;
}

void ManagedCluster::conclude(const ClusterView& view, Observation seen) {
  const int ready = ready_pods();
  write_disruption_budget(store_, view, ready);
  seen.health = runtime_.health();
  seen.complete = !cluster_uuid_.empty() && seen.upgrade_nodes.empty() &&
                  ready == view.node_count() && pods().size() == static_cast<std::size_t>(ready);
  if (seen.complete) {
    seen.phase = "Ready";
  } else if (cluster_uuid_.empty()) {
    seen.incomplete_message = "Elasticsearch cluster UUID is not reconciled";
  } else {
    seen.incomplete_message = "Nodes upgrade in progress";
  }
  write_status(view, seen);
}

void ManagedCluster::write_status(const ClusterView& view, const Observation& seen) {
  const ObjectKey key = key_of(Kind::elasticsearch, names_.namespace_name, names_.name);
  Observation counted = seen;
  counted.available_nodes = ready_pods();
  counted.running_version = running_version();
  json updated = *store_.find(key);
  updated["status"] = make_status(view, member(updated, {"status"}), counted);
  put(store_, key, std::move(updated), kOperatorManager, "status");
}

void ManagedCluster::remove() {
  const json soft = {{"eck.k8s.elastic.co/owner-kind", "Elasticsearch"},
                     {"eck.k8s.elastic.co/owner-name", names_.name},
                     {"eck.k8s.elastic.co/owner-namespace", names_.namespace_name}};
  std::vector<ObjectKey> gone;
  for (const Kind kind : {Kind::config_map, Kind::disruption_budget, Kind::secret, Kind::service,
                          Kind::stateful_set}) {
    const ObjectKey sample = key_of(kind, names_.namespace_name, "");
    for (const json* object : store_.list(sample.group, sample.resource, names_.namespace_name)) {
      const json& owners = member(*object, {"metadata", "ownerReferences"});
      bool owned = kind == Kind::secret && labels_match(soft, *object);
      for (const json& owner : owners) owned = owned || text_at(owner, {"uid"}) == uid_;
      if (owned) gone.push_back(key_of(kind, names_.namespace_name, name_of(*object)));
    }
  }
  for (const json* pod : pods())
    gone.push_back(key_of(Kind::pod, names_.namespace_name, name_of(*pod)));
  for (const ObjectKey& key : gone) store_.erase(key);
}

}  // namespace crosstie::sandbox::eck
