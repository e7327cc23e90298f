#pragma once
// kubernetes.object's handler: looking and waiting in object.cpp, writing in object_write.cpp.
// Internal to providers/kubernetes.
#include <memory>
#include <string>
#include <vector>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/object.hpp"

namespace crosstie::kubernetes {

/// A field that differs and that somebody else owns.
struct TakenField {
  Path path;  // inside the manifest
  std::vector<FieldOwner> owners;
  bool recorded = false;  // our last apply set it: taking it back is repairing drift
};

/// The manifest of a request: desired, else recorded.
Value manifest_of(const ResourceRequest& request);
/// The object to look at: the recorded one when there is one, because a changed name replaces it.
ObjectName target_of(const ResourceRequest& request, const std::string& default_namespace);
Mark mark_of(const ResourceRequest& request);
std::string recorded_uid(const ResourceRequest& request);
/// Desired against live, and what the last apply named and this one does not. Paths inside the
/// manifest. `shape`: server_shape(live), or what was known of it.
std::vector<FieldChange> changes_of(const ResourceRequest& request, const Value& live,
                                    const Value& shape);
/// The server_shape that attributes_of put there; null when there is none.
Value known_shape(const Value& attributes);
std::vector<TakenField> taken_fields(const ResourceRequest& request, const Value& live,
                                     const std::vector<FieldChange>& changes);
bool may_take(const TakenField& field, const FieldOwner& owner, Adoption adoption);
/// Error that names each taken field and its manager; nullopt when all may be taken.
std::optional<Diagnostic> describe_taken(const std::vector<TakenField>& taken, Adoption adoption,
                                         const std::string& object);
/// Attributes as the schema names them.
Value attributes_of(const ResourceRequest& request, Value live);
std::string version_of(const Value& live);
/// {uid, generation}: of the write whose readiness counts.
Value token_of(const Value& live);

class ObjectHandler : public Handler {
 public:
  explicit ObjectHandler(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  const ResourceSchema& schema() const override;
  Difference diff(const ResourceRequest& request, const Observation& observed) const override;
  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override;
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<WriteResult> create(WriteRequest request) override;
  Task<WriteResult> update(WriteRequest request) override;
  Task<WriteResult> remove(WriteRequest request) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  /// What one try of a write came to; no result: read again.
  using Try = std::optional<WriteResult>;
  /// One apply that only creates, for what the plan saw absent.
  Task<Try> create_only(const WriteRequest& request, const ObjectName& name, const KindPath& kind);
  Task<Try> write_once(const WriteRequest& request, const ObjectName& name, const KindPath& kind);
  Task<WriteResult> write(WriteRequest request);
  Task<Try> apply_over(const WriteRequest& request, const ObjectName& name, const KindPath& kind,
                       Value live);
  /// No result: the object is not the one of `options`.
  Task<Try> remove_one(KindPath kind, ObjectName name, DeleteOptions options,
                       ResourceAddress address);
  Task<WriteResult> give_back(const WriteRequest& request, const ObjectName& name,
                              const KindPath& kind, Value live);
  Task<std::optional<Diagnostic>> wait_until_gone(KindPath kind, ObjectName name, std::string uid,
                                                  ResourceAddress address);
  Task<KindLookup> find_kind_patiently(ObjectName name);

  std::shared_ptr<Api> api_;  // shared with waits and other handlers
};

}  // namespace crosstie::kubernetes
