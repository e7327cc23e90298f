// ech.deployment: what a deployment is, for the steps that need its version, its endpoint or its
// health.
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/plan_tracker.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "ech.deployment";
  schema.kind = ResourceKind::read;
  schema.summary = "Reads a deployment of Elastic Cloud Hosted.";
  schema.attributes = {
      deployment_argument(),
      ref_id_argument(),
      computed("name", AttributeType::string, "Name of the deployment."),
      computed("version", AttributeType::string, "Stack version that runs."),
      computed("healthy", AttributeType::boolean, "Whether the deployment says it is healthy."),
      computed("status", AttributeType::string, "Status of its Elasticsearch, such as started."),
      computed("service_url", AttributeType::string, "Address of its Elasticsearch API."),
      computed("endpoint", AttributeType::string, "Host name of its Elasticsearch."),
      computed("cluster_id", AttributeType::string, "Id of its Elasticsearch resource."),
      computed("cloud_id", AttributeType::string, "Cloud id, as clients take it."),
      computed("region", AttributeType::string, "Region it runs in."),
      computed("organization_id", AttributeType::string,
               "Organization that owns it, where its trust settings tell."),
      computed(
          "trust", AttributeType::object,
          "What it trusts: number of accounts and external environments, and the direct entries by "
          "name and type."),
  };
  return schema;
}

// Every deployment trusts its own organization by an account entry of a fixed name (recorded
// sample, facts section 3).
std::string organization_id(const json& resource) {
  for (const json& account : json_read::list(resource, {"info", "settings", "trust", "accounts"}))
    if (json_read::text(account, {"name"}).find("own organization") != std::string::npos)
      return json_read::text(account, {"account_id"});
  return {};
}

Value trust_summary(const json& resource) {
  Value::List direct;
  for (const json& entry : json_read::list(resource, {"info", "settings", "trust", "direct"})) {
    Value item;
    item.set("name", json_read::text(entry, {"name"}));
    item.set("type", json_read::text(entry, {"type"}, "generic"));
    direct.push_back(std::move(item));
  }
  const auto count = [&](std::string_view kind) {
    const json& list = json_read::list(resource, {"info", "settings", "trust", kind});
    return Value(static_cast<std::int64_t>(list.size()));
  };
  Value summary;
  summary.set("accounts", count("accounts"));
  summary.set("external", count("external"));
  summary.set("direct", Value(std::move(direct)));
  return summary;
}

class DeploymentType : public ResourceType {
 public:
  explicit DeploymentType(Api& api) : api_(api) {}

  const ResourceSchema& schema() const override { return deployment_schema(); }

  Observation observe(const ResourceRequest& request, const DeploymentLook& look) const override {
    const json& resource = *look.resource;
    Observation observation;
    observation.presence = Presence::present;
    if (stack_version(resource).empty()) {
      observation.presence = Presence::unchecked;
      observation.reason = "the deployment's first plan has not ended";
      return observation;
    }
    Value& to = observation.attributes;
    to.set("deployment", request.desired.text("deployment"));
    to.set("ref_id", json_read::text(resource, {"ref_id"}));
    to.set("name", json_read::text(*look.deployment, {"name"}));
    to.set("version", stack_version(resource));
    to.set("healthy", json_read::flag(*look.deployment, {"healthy"}));
    to.set("status", json_read::text(resource, {"info", "status"}));
    to.set("service_url", service_url(resource));
    to.set("endpoint", json_read::text(resource, {"info", "metadata", "endpoint"}));
    to.set("cluster_id", json_read::text(resource, {"id"}));
    to.set("cloud_id", json_read::text(resource, {"info", "metadata", "cloud_id"}));
    to.set("region", json_read::text(resource, {"region"}));
    to.set("organization_id", organization_id(resource));
    to.set("trust", trust_summary(resource));
    return observation;
  }

  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }

  /// Waits for the first plan of a deployment that is being made.
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override {
    const std::string id = request.resource.desired.text("deployment");
    const std::string ref_id = request.resource.desired.text("ref_id");
    PlanWait wait{id, ref_id, "", "", request.limits, nullptr};
    const ResourceAddress address = request.resource.address;
    wait.progress = [&progress, address](const WaitState& state) {
      progress.waiting(address, state);
    };
    Result<void> idle = co_await wait_until_idle(api_, std::move(wait));
    if (!idle) co_return idle.failure();
    std::string again = id;
    Result<DeploymentRead> read = co_await api_.deployment(std::move(again), Detail::settings);
    if (!read) co_return read.failure();
    DeploymentLook look;
    look.deployment = &read->body;
    look.resource = elasticsearch_resource(read->body, ref_id);
    if (look.resource == nullptr) co_return no_such_resource(id, ref_id);
    Observation observation = observe(request.resource, look);
    if (observation.presence != Presence::present)
      co_return make_error("deployment did not start",
                           "Deployment " + id + " has no plan that succeeded, and none is running.",
                           "To fix it, look at the deployment's activity page.");
    co_return std::move(observation.attributes);
  }

 private:
  Api& api_;
};

}  // namespace

const ResourceSchema& deployment_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_deployment_type(Api& api) {
  return std::make_unique<DeploymentType>(api);
}

}  // namespace crosstie::ech
