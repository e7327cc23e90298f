// elasticsearch.cluster: what a cluster is and how it is.
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.cluster";
  schema.kind = ResourceKind::read;
  schema.summary = "Reads a cluster: its name, version, health and licence.";
  schema.attributes = {
      cluster_argument(),
      computed("name", Type::string, "Name of the cluster."),
      computed("uuid", Type::string, "Identifier of the cluster."),
      computed("version", Type::string, "Stack version."),
      computed("health", Type::string, "green, yellow or red."),
      computed("nodes", Type::number, "Number of nodes."),
      computed("license", Type::string, "Type of the licence, such as basic or enterprise."),
      computed("license_status", Type::string, "active, valid, invalid or expired."),
  };
  return schema;
}

class ClusterType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return cluster_schema(); }
  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }

  Task<Observation> observe(ResourceRequest request, ClusterLook& look) override {
    std::string root = "/";
    Answer info = co_await look.cluster().get(std::move(root));
    if (!info.ok()) co_return unreadable(info);
    std::string health_target = "/_cluster/health";
    Answer health = co_await look.cluster().get(std::move(health_target));
    if (!health.ok()) co_return unreadable(health);
    // The licence is not worth failing for: narrow credentials may not see it.
    std::string license_target = "/_license";
    Answer license = co_await look.cluster().get(std::move(license_target));
    Observation observation;
    observation.presence = Presence::present;
    Value& to = observation.attributes;
    if (const Value* cluster = request.desired.find("cluster")) to.set("cluster", *cluster);
    to.set("name", json_read::text(info.body, {"cluster_name"}));
    to.set("uuid", json_read::text(info.body, {"cluster_uuid"}));
    to.set("version", json_read::text(info.body, {"version", "number"}));
    to.set("health", json_read::text(health.body, {"status"}));
    const json* nodes = json_read::find(health.body, {"number_of_nodes"});
    to.set("nodes", nodes != nullptr && nodes->is_number_integer()
                        ? Value(nodes->get<std::int64_t>())
                        : Value());
    to.set("license", json_read::text(license.body, {"license", "type"}));
    to.set("license_status", json_read::text(license.body, {"license", "status"}));
    co_return observation;
  }
};

}  // namespace

const ResourceSchema& cluster_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_cluster_type() { return std::make_unique<ClusterType>(); }

}  // namespace crosstie::elasticsearch
