#pragma once
// One resource type of the ECH provider: what it looks like, how it is compared, looked at and
// written.
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "providers/comparison.hpp"
#include "providers/ech/api.hpp"
#include "providers/http/secret_reference.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {

/// What was read of one Elasticsearch resource of one deployment, once for all resources of a
/// batch.
struct DeploymentLook {
  const nlohmann::json* deployment = nullptr;
  const nlohmann::json* resource =
      nullptr;  // the Elasticsearch resource, never null when types see it
  // Null pointers when no type of the batch asked for them:
  const Answer* keystore = nullptr;
  const Answer* authority = nullptr;
};

class ResourceType {
 public:
  virtual ~ResourceType() = default;
  virtual const ResourceSchema& schema() const = 0;
  virtual bool needs_keystore() const { return false; }
  virtual bool needs_authority() const { return false; }

  /// Pure: what the reads say of this resource.
  virtual Observation observe(const ResourceRequest& request, const DeploymentLook& look) const = 0;
  virtual Difference diff(const ResourceRequest& request, const Observation& observed) const = 0;
  virtual Forecast forecast(const ResourceRequest& request, const Observation& observed,
                            const std::string& action) const;

  virtual Task<WriteResult> create(WriteRequest request);
  virtual Task<WriteResult> update(WriteRequest request);
  virtual Task<WriteResult> remove(WriteRequest request);
  virtual Task<Diagnostics> server_check(WriteRequest request);
  virtual Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress);
};

const ResourceSchema& certificate_authority_schema();
const ResourceSchema& deployment_schema();
const ResourceSchema& trust_schema();
const ResourceSchema& keystore_entry_schema();
std::unique_ptr<ResourceType> make_certificate_authority_type();
std::unique_ptr<ResourceType> make_deployment_type(Api& api);
std::unique_ptr<ResourceType> make_trust_type(Api& api);
std::unique_ptr<ResourceType> make_keystore_entry_type(Api& api, http::SecretSources sources);

/// A difference of the field `name`; to this API "" and false equal absence too.
void compare_field(Difference& difference, const Value& desired, const Value& observed,
                   std::string_view name, bool replace = false);

/// The arguments that every type has.
AttributeSchema deployment_argument();
AttributeSchema ref_id_argument();

}  // namespace crosstie::ech
