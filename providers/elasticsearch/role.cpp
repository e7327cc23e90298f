// elasticsearch.role: a role of the native realm. The service replaces a role whole, so a role of
// ours is owned whole.
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/access_rules.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

struct RoleField {
  const char* name;
  AttributeType type;
  const char* description;
};

// Fields as the role API has them; remote_indices since 8.14, remote_cluster since 8.15
// (facts/elasticsearch.md, section 4).
constexpr RoleField kFields[] = {
    {"cluster_privileges", AttributeType::list, "Cluster privileges (`cluster` of the API)."},
    {"indices", AttributeType::list, "Index privileges: names, privileges, query, field_security."},
    {"remote_indices", AttributeType::list,
     "Index privileges on remote clusters: clusters, names, privileges."},
    {"remote_cluster", AttributeType::list,
     "Cluster privileges on remote clusters: clusters, privileges."},
    {"applications", AttributeType::list, "Application privileges."},
    {"run_as", AttributeType::list, "Users that may be impersonated."},
    {"global", AttributeType::object, "Global privileges."},
    {"metadata", AttributeType::object, "Free metadata; the member `crosstie` is crosstie's own."},
    {"description", AttributeType::string, "What the role is for (8.15 or later)."},
};

const char* api_name(const RoleField& field) {
  return std::string_view(field.name) == "cluster_privileges" ? "cluster" : field.name;
}

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "elasticsearch.role";
  schema.summary = "A role, such as one that may search remote clusters.";
  AttributeSchema name = required(attribute("name", AttributeType::string, "Name of the role."));
  name.identity = true;
  schema.attributes = {cluster_argument(), name};
  for (const RoleField& field : kFields)
    schema.attributes.push_back(attribute(field.name, field.type, field.description));
  return schema;
}

Value normal_field(const RoleField& field, const Value* value) {
  if (value == nullptr || value->is_null() || value->contains_unknown())
    return value == nullptr ? Value() : *value;
  const std::string_view name = field.name;
  if (name == "metadata") return without_mark(*value);
  if (name == "cluster_privileges" || name == "run_as") return normal_names(*value);
  return field.type == AttributeType::list ? normal_rules(*value) : *value;
}

Value attributes_of(const ResourceRequest& request, const std::string& name, const Value& live) {
  Value attributes;
  attributes.set("cluster", cluster_of(request));
  attributes.set("name", name);
  for (const RoleField& field : kFields) {
    const Value value = normal_field(field, live.find(api_name(field)));
    if (!is_nothing(&value)) attributes.set(field.name, value);
  }
  return attributes;
}

/// Whose a role is that is not recorded: "" for nobody's.
std::string foreign_owner(const Value& live, const std::string& lineage) {
  const Value* metadata = live.find("metadata");
  if (metadata == nullptr) return {};
  if (metadata->flag("_reserved")) return "Elasticsearch itself (a reserved role)";
  const std::string other = foreign_lineage(*metadata, lineage);
  return other.empty() ? std::string() : "another crosstie state (lineage " + other + ")";
}

/// The role's form for comparison and messages.
std::string digest(const Value& live) {
  json text = json::object();
  for (const RoleField& field : kFields) {
    const Value value = normal_field(field, live.find(api_name(field)));
    if (!is_nothing(&value)) text[field.name] = to_json(value);
  }
  return json_read::dump(text);
}

/// Whether somebody changed, removed or made the role since the plan saw it.
std::optional<Diagnostic> refuse_changed(const WriteRequest& request, const Value& live,
                                         const std::string& title) {
  const Observation& approved = request.approved;
  const bool recorded = is_recorded(request.resource);
  constexpr const char* kAbsent = "absent";
  const std::string now = live.is_object() ? digest(live) : kAbsent;
  if (approved.presence == Presence::absent && recorded && live.is_object())
    return changed_since_plan(title, kAbsent, now);
  const bool planned = approved.presence == Presence::present && !approved.version.empty();
  if (planned && now != approved.version) return changed_since_plan(title, approved.version, now);
  return std::nullopt;
}

bool is_ours(const ResourceRequest& request, const Value& live) {
  const Value* metadata = live.find("metadata");
  const Value nothing;
  return is_recorded(request) || has_mark(metadata != nullptr ? *metadata : nothing,
                                          request.lineage, request.address.print());
}

json role_body(const WriteRequest& request) {
  const Value& desired = request.resource.desired;
  json body = json::object();
  for (const RoleField& field : kFields) {
    const Value* value = desired.find(field.name);
    if (!is_nothing(value)) body[api_name(field)] = to_json(*value);
  }
  const Value* metadata = desired.find("metadata");
  Value marked = metadata != nullptr ? without_mark(*metadata) : Value();
  marked.set("crosstie", make_mark(request));
  body["metadata"] = to_json(marked);
  return body;
}

std::string role_target(const std::string& name) {
  return "/_security/role/" + http::percent_encode(name);
}

/// The role as it is now: null when it does not exist.
struct RoleRead {
  Value live;
  Diagnostics failure;
};
Task<RoleRead> read_role(std::shared_ptr<Cluster> cluster, std::string name) {
  std::string target = role_target(name);
  Answer answer = co_await cluster->get(std::move(target));
  if (answer.status == 404) co_return RoleRead{};
  if (!answer.ok()) co_return RoleRead{Value(), answer.diagnostics};
  const json* live = json_read::find(answer.body, {name});
  co_return RoleRead{live != nullptr ? from_json(*live) : Value(), {}};
}

class RoleType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return role_schema(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    Difference difference;
    compare_cluster(difference, request);
    compare(difference, "name", request.desired.find("name"), observed.attributes.find("name"),
            true);
    for (const RoleField& field : kFields) {
      const Value wanted = normal_field(field, request.desired.find(field.name));
      compare(difference, field.name, &wanted, observed.attributes.find(field.name));
    }
    return difference;
  }

  Task<Observation> observe(ResourceRequest request, ClusterLook& look) override {
    const std::string name = identity_of(request).text("name");
    const Answer* roles = co_await look.roles();
    if (!roles->ok()) co_return unreadable(*roles);
    Observation observation;
    const json* found = json_read::find(roles->body, {name});
    if (found == nullptr) co_return observation;
    const Value live = from_json(*found);
    observation.presence = Presence::present;
    if (!is_ours(request, live)) {
      observation.owner = foreign_owner(live, request.lineage);
      observation.ownership = observation.owner.empty() ? Ownership::unowned : Ownership::foreign;
      observation.before = live;
      observation.before.erase("transient_metadata");
    }
    observation.attributes = attributes_of(request, name, live);
    observation.version = digest(live);
    co_return observation;
  }

  Task<WriteResult> create(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await put(std::move(request), std::move(cluster));
  }
  Task<WriteResult> update(WriteRequest request, std::shared_ptr<Cluster> cluster) override {
    co_return co_await put(std::move(request), std::move(cluster));
  }
  Task<WriteResult> remove(WriteRequest request, std::shared_ptr<Cluster> cluster) override;

 private:
  Task<WriteResult> put(WriteRequest request, std::shared_ptr<Cluster> cluster);
};

Task<WriteResult> RoleType::put(WriteRequest request, std::shared_ptr<Cluster> cluster) {
  const std::string name = request.resource.desired.text("name");
  std::string read_name = name;
  RoleRead read = co_await read_role(cluster, std::move(read_name));
  if (!read.failure.empty()) co_return WriteResult::failed(std::move(read.failure));
  const bool exists = read.live.is_object();
  const bool adopted = exists && !is_ours(request.resource, read.live);
  const std::string title = "Role " + name + " of " + cluster->title();
  if (adopted)
    if (auto refused = refuse_unowned(request.resource, title,
                                      foreign_owner(read.live, request.resource.lineage));
        refused)
      co_return WriteResult::failed(std::move(*refused));
  json body = role_body(request);
  const bool as_wanted = exists && digest(read.live) == digest(from_json(body));
  if (auto refused = refuse_changed(request, read.live, title); refused && !as_wanted)
    co_return WriteResult::failed(std::move(*refused));
  std::string method = "PUT";
  std::string target = role_target(name);
  const Value sent = from_json(body);
  Answer answer = co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                         http::Repeat::safe);
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  Outcome outcome;
  outcome.attributes = attributes_of(request.resource, name, sent);
  if (const Value* given = request.resource.desired.find("cluster"))
    outcome.attributes.set("cluster", *given);
  if (adopted) {
    outcome.before = read.live;
    outcome.before.erase("transient_metadata");
  }
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> RoleType::remove(WriteRequest request, std::shared_ptr<Cluster> cluster) {
  const std::string name = identity_of(request.resource).text("name");
  std::string read_name = name;
  RoleRead read = co_await read_role(cluster, std::move(read_name));
  if (!read.failure.empty()) co_return WriteResult::failed(std::move(read.failure));
  if (!read.live.is_object()) co_return WriteResult::done({});
  const std::string title = "Role " + name + " of " + cluster->title();
  if (auto refused = refuse_changed(request, read.live, title); refused)
    co_return WriteResult::failed(std::move(*refused));
  std::string method = "DELETE";
  std::string target = role_target(name);
  json body;
  if (request.resource.prior && request.resource.prior->before.is_object()) {
    method = "PUT";
    body = to_json(request.resource.prior->before);
  }
  Answer answer = co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                         http::Repeat::safe);
  if (answer.status == 404) co_return WriteResult::done({});
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  co_return WriteResult::done({});
}

}  // namespace

const ResourceSchema& role_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_role_type() { return std::make_unique<RoleType>(); }

}  // namespace crosstie::elasticsearch
