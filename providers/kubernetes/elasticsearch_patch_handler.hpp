#pragma once
// kubernetes.elasticsearch_patch's handler: looking and waiting in elasticsearch_patch.cpp, what a
// plan tells in elasticsearch_patch_forecast.cpp, writing in elasticsearch_patch_write.cpp, and
// with nodeSets in elasticsearch_patch_guarded.cpp. Internal to providers/kubernetes.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/elasticsearch_patch.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/object_handler.hpp"

namespace crosstie::kubernetes {

inline const std::string kElasticsearchVersion = "elasticsearch.k8s.elastic.co/v1";
inline const std::string kElasticsearchKind = "Elasticsearch";

/// The value at a path, null when absent.
Value value_or_null(const Value& object, std::initializer_list<std::string_view> path);
/// {spec: ...} as it is sent.
Value wrapped_spec(const Value& spec);
Value recorded_spec(const ResourceRequest& request);
std::string manager_of(const ResourceRequest& request);
/// The recorded cluster when there is a record, else the desired one.
ObjectName cluster_of(const ResourceRequest& request, const std::string& default_namespace);
Diagnostics check_spec(const ResourceRequest& request);
std::vector<FieldChange> patch_changes(const ResourceRequest& request, const Value& live);
Value patch_attributes(const ResourceRequest& request, const Value& live);
std::vector<TakenField> taken_by_others(const ResourceRequest& request, const Value& live,
                                        const std::vector<FieldChange>& changes);
Diagnostic no_cluster(const ObjectName& name);
/// Whether an apply of `manager` owns every field of `desired`.
bool owns_all(const Value& live, const Value& desired, const std::string& manager);
/// What an apply says that gives up everything.
Value without_spec(const ObjectName& name, const Value& uid);
bool waits_for_ready(const ResourceRequest& request);
/// The argument `restart_when`: pods may restart whatever state the cluster is in.
bool restarts_always(const ResourceRequest& request);
/// Attributes and token of a write; `restarts` pods restart.
Outcome outcome_of(const ResourceRequest& resource, const Value& live, std::int64_t restarts = 0);
/// Whether the write must be the guarded one: nodeSets are wanted, in, or were patched in.
bool needs_guard(const ResourceRequest& request, const Value& live);

/// What each patch of a cluster wants, as far as this process has seen it: two that want the same
/// restart pods once.
struct PatchWish {
  std::string cluster;
  std::string manager;
  Value spec;       // null: none, or known later
  Value node_sets;  // as the argument; null: none, or known later
  bool leaves = false;
};

class ElasticsearchPatch : public Handler {
 public:
  explicit ElasticsearchPatch(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  const ResourceSchema& schema() const override;

  Difference diff(const ResourceRequest& request, const Observation& observed) const override;
  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override;
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<WriteResult> create(WriteRequest request) override { return write(std::move(request)); }
  Task<WriteResult> update(WriteRequest request) override { return write(std::move(request)); }
  Task<WriteResult> remove(WriteRequest request) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  Task<WriteResult> write(WriteRequest request);
  Task<std::optional<WriteResult>> write_once(const WriteRequest& request, const ObjectName& name,
                                              const KindPath& kind);
  Task<std::optional<WriteResult>> write_guarded(WriteRequest request, ObjectName name,
                                                 KindPath kind, Value live);
  Task<WriteResult> remove_guarded(WriteRequest request, ObjectName name, KindPath kind,
                                   Value live);
  Task<Reply> send_guarded(KindPath kind, ObjectName name, Value patch, Value live,
                           std::string manager);
  /// Why a restart should not be begun, of a cluster that may have changed since the plan.
  Diagnostics refusals(const WriteRequest& request, const ObjectName& name,
                       const Value& live) const;
  /// Why nothing should be written now.
  Diagnostics obstacles(const WriteRequest& request, const ObjectName& name, const Value& live,
                        bool restarts) const;
  Observation judge(const ResourceRequest& request, const Value& live, bool restart_is_ours) const;
  void note_wish(const ResourceRequest& request, const ObjectName& cluster);
  /// What the patches before this one want of the same cluster: for the forecast.
  Value wishes_before(const ResourceRequest& request, const ObjectName& cluster) const;
  void note_write(const Value& live);
  bool wrote_latest(const Value& live) const;

  std::vector<PatchWish> wishes_;                   // in the order in which they were first seen
  std::map<std::string, std::int64_t> own_writes_;  // uid to the generation that a write made
  std::shared_ptr<Api> api_;                        // shared with waits and other handlers
};

}  // namespace crosstie::kubernetes
