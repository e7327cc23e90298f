#pragma once
// kubernetes.elasticsearch_patch's handler: looking and waiting in elasticsearch_patch.cpp, writing
// in elasticsearch_patch_write.cpp. Internal to providers/kubernetes.
#include <memory>
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
  Observation judge(const ResourceRequest& request, const Value& live) const;

  std::shared_ptr<Api> api_;  // shared with waits and other handlers
};

}  // namespace crosstie::kubernetes
