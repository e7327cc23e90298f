#pragma once
// One Elasticsearch resource under the operator's care. A reconciliation is one synchronous pass:
// read the resource and what exists, write what should exist, report. It is safe to repeat and
// writes nothing when all is as it should be.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/kubernetes/operator_nodes.hpp"
#include "sandbox/kubernetes/operator_runtime.hpp"
#include "sandbox/kubernetes/operator_secrets.hpp"
#include "sandbox/kubernetes/operator_status.hpp"
#include "sandbox/kubernetes/operator_view.hpp"

namespace crosstie::sandbox::eck {

class ManagedCluster {
 public:
  ManagedCluster(Context& context, ObjectStore& store, const NodeProcesses& nodes,
                 std::function<Handler(Handler)> wrap, const nlohmann::json& resource,
                 const Version& operator_version);

  void reconcile();
  /// Removes everything that belongs to the resource; the resource itself is gone already.
  void remove();

  const std::string& uid() const { return uid_; }
  const ClusterRuntime& runtime() const { return runtime_; }
  /// True for objects that belong to the cluster or that its resource names.
  bool concerns(const WatchEvent& event) const;

 private:
  ClusterView read() const;
  /// The cluster's pods; valid until the store changes.
  std::vector<const nlohmann::json*> pods() const;
  int ready_pods() const;
  /// The StatefulSets that the resource asks for, made anew only when it has changed.
  const std::vector<nlohmann::json>& wanted_sets(const ClusterView& view);
  void write_back(const ClusterView& view, bool valid);
  void reject(const ClusterView& view, const std::vector<std::string>& errors);
  /// False when reconciliation has to stop there; `seen` then says why.
  bool write_objects(const ClusterView& view, Observation& seen);
  bool write_workloads(const ClusterView& view, Observation& seen);
  void reject_mounts(const ClusterView& view, const NodeSet& node_set, const std::string& message,
                     Observation& seen);
  std::string paused_message(const ClusterView& view);
  void remove_stale_sets(const ClusterView& view);
  void roll_pods(const ClusterView& view, Observation& seen);
  /// Deletes outdated pods where no pod of their StatefulSet can be saved; false when it did
  /// nothing.
  bool force_upgrade(std::vector<std::string>& outdated);
  void upgrade_one(const ClusterView& view, std::vector<std::string>& outdated);
  void delete_pod(const std::string& name, const std::string& message);
  void follow_runtime(const ClusterView& view);
  std::optional<Identity> remote_identity();
  std::optional<std::string> additional_authorities(const ClusterView& view) const;
  std::map<std::string, std::string> keystore(const ClusterView& view) const;
  void conclude(const ClusterView& view, Observation seen);
  void write_status(const ClusterView& view, const Observation& seen);
  std::string running_version() const;
  std::string revision(const std::string& stateful_set) const;

  Context& context_;
  ObjectStore& store_;
  const NodeProcesses& nodes_;
  ClusterNames names_;
  std::string uid_;
  Version operator_version_;
  Credentials credentials_;
  ClusterRuntime runtime_;
  EventRecorder events_;
  std::string cluster_uuid_;  // empty until the cluster has formed
  std::map<std::string, std::string>
      restarting_;  // pods deleted for an upgrade and not Ready yet: message
  std::set<std::string>
      remote_revisions_;  // revisions whose configuration has the remote cluster server on
  std::optional<Identity> remote_identity_;
  std::string remote_authority_;  // what issued it
  std::vector<nlohmann::json> wanted_sets_;
  std::string wanted_sets_mark_;  // what they were made from
  std::set<ObjectKey> watched_;   // foreign objects that the resource names
};

}  // namespace crosstie::sandbox::eck
