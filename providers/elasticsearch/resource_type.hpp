#pragma once
// One resource type of the Elasticsearch provider, and what its types share: one look at a cluster
// for a whole batch, the mark, and the checks before a write.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/comparison.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/clusters.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {

/// The reads of one cluster for a batch; each is made at most once, when the first resource needs
/// it.
class ClusterLook {
 public:
  /// `probed` are the aliases whose link is asked for before `_remote/info` is read; `roles` the
  /// role names of the batch.
  ClusterLook(std::shared_ptr<Cluster> cluster, std::vector<std::string> probed,
              std::vector<std::string> roles);

  Cluster& cluster() { return *cluster_; }
  Task<const Answer*> settings();     // GET /_cluster/settings?flat_settings
  Task<const Answer*> resolved();     // GET /_resolve/cluster/a:*,b:*
  Task<const Answer*> remote_info();  // GET /_remote/info, after `resolved`
  Task<const Answer*> roles();        // GET /_security/role/a,b

 private:
  std::shared_ptr<Cluster> cluster_;
  std::vector<std::string> probed_;
  std::vector<std::string> roles_names_;
  std::optional<Answer> settings_, resolved_, remote_info_, roles_;
};

class ResourceType {
 public:
  virtual ~ResourceType() = default;
  virtual const ResourceSchema& schema() const = 0;
  virtual Difference diff(const ResourceRequest& request, const Observation& observed) const = 0;
  virtual Forecast forecast(const ResourceRequest& request, const Observation& observed,
                            const std::string& action) const;

  /// Types without a cluster (elasticsearch.compatibility) are looked at without I/O.
  virtual std::optional<Observation> observe_without_cluster(const ResourceRequest& request) const;
  virtual Task<Observation> observe(ResourceRequest request, ClusterLook& look);

  virtual Task<WriteResult> create(WriteRequest request, std::shared_ptr<Cluster> cluster);
  virtual Task<WriteResult> update(WriteRequest request, std::shared_ptr<Cluster> cluster);
  virtual Task<WriteResult> remove(WriteRequest request, std::shared_ptr<Cluster> cluster);
  virtual Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress,
                                     std::shared_ptr<Cluster> cluster);
};

const ResourceSchema& cluster_schema();
const ResourceSchema& compatibility_schema();
const ResourceSchema& trust_restriction_schema();
const ResourceSchema& cross_cluster_api_key_schema();
const ResourceSchema& remote_cluster_schema();
const ResourceSchema& role_schema();
const ResourceSchema& link_probe_schema();
std::unique_ptr<ResourceType> make_cluster_type();
std::unique_ptr<ResourceType> make_compatibility_type();
std::unique_ptr<ResourceType> make_trust_restriction_type();
std::unique_ptr<ResourceType> make_cross_cluster_api_key_type();
std::unique_ptr<ResourceType> make_remote_cluster_type();
std::unique_ptr<ResourceType> make_role_type();
std::unique_ptr<ResourceType> make_link_probe_type();

/// The `cluster` argument to reach the object by: the desired one where it names the recorded
/// cluster (its credentials may have changed), else the recorded one.
Value cluster_of(const ResourceRequest& request);

/// A difference that replaces when `desired` and `observed` name different clusters.
void compare_cluster(Difference& difference, const ResourceRequest& request);
Observation unreadable(const Answer& answer);

/// metadata.crosstie: whose an object is and which write made it.
Value make_mark(const WriteRequest& request);
/// Whether `metadata` carries the mark of this history (and, when given, of this address).
bool has_mark(const Value& metadata, const std::string& lineage, const std::string& address);
/// Lineage of a mark of another history, "" when there is none.
std::string foreign_lineage(const Value& metadata, const std::string& lineage);

/// The `cluster` argument, as every type has it.
AttributeSchema cluster_argument();

}  // namespace crosstie::elasticsearch
