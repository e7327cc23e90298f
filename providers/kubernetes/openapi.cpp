#include "providers/kubernetes/openapi.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

using Json = nlohmann::json;
constexpr int kReferencesMax = 20;

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "kubernetes.schema";
  schema.kind = ResourceKind::read;
  schema.summary = "Asks the API server which fields a kind has";
  schema.attributes = {
      required(attribute("api_version", AttributeType::string,
                         "Such as elasticsearch.k8s.elastic.co/v1.")),
      required(attribute("kind", AttributeType::string, "Such as Elasticsearch.")),
      required(attribute("fields", AttributeType::list,
                         "Dotted paths, such as spec.remoteClusterServer.service.")),
      computed("has", AttributeType::object, "true or false by path.")};
  return schema;
}

/// Follows $ref and the one-element allOf that stands around it in Kubernetes' documents.
const Json* resolve(const Json& document, const Json* schema) {
  for (int i = 0; i < kReferencesMax && schema != nullptr && schema->is_object(); ++i) {
    const Json* next = nullptr;
    if (const auto all = schema->find("allOf");
        all != schema->end() && all->is_array() && all->size() == 1)
      next = &all->front();
    if (const auto reference = schema->find("$ref");
        reference != schema->end() && reference->is_string()) {
      const std::string name = reference->get<std::string>();
      const std::size_t slash = name.rfind('/');
      const auto components = document.find("components");
      if (slash == std::string::npos || components == document.end() ||
          !components->contains("schemas"))
        return nullptr;
      const auto& schemas = (*components)["schemas"];
      const auto found = schemas.find(name.substr(slash + 1));
      next = found == schemas.end() ? nullptr : &*found;
      if (next == nullptr) return nullptr;
    }
    if (next == nullptr) return schema;
    schema = next;
  }
  return schema;
}

const Json* schema_of_kind(const Json& document, const std::string& api_version,
                           const std::string& kind) {
  const std::size_t slash = api_version.find('/');
  const std::string group =
      slash == std::string::npos ? std::string{} : api_version.substr(0, slash);
  const std::string version =
      slash == std::string::npos ? api_version : api_version.substr(slash + 1);
  if (!document.is_object() || !document.contains("components") ||
      !document["components"].contains("schemas"))
    return nullptr;
  for (const auto& [name, schema] : document["components"]["schemas"].items()) {
    const auto kinds = schema.find("x-kubernetes-group-version-kind");
    if (kinds == schema.end() || !kinds->is_array()) continue;
    for (const Json& entry : *kinds) {
      if (entry.value("kind", "") == kind && entry.value("group", "") == group &&
          entry.value("version", "") == version)
        return &schema;
    }
  }
  return nullptr;
}

class SchemaHandler : public Handler {
 public:
  explicit SchemaHandler(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  const ResourceSchema& schema() const override {
    static const ResourceSchema kSchema = make_schema();
    return kSchema;
  }
  Difference diff(const ResourceRequest&, const Observation&) const override { return {}; }
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  Task<Observation> look(const ResourceRequest& request, std::map<std::string, Reply>& documents);

  std::shared_ptr<Api> api_;  // shared with other handlers
};

Task<Observation> SchemaHandler::look(const ResourceRequest& request,
                                      std::map<std::string, Reply>& documents) {
  for (const char* key : {"api_version", "kind", "fields"}) {
    const Value part = argument(request, key);
    if (part.contains_unknown()) co_return unchecked(unknown_reason(part));
  }
  const std::string api_version = argument(request, "api_version").is_string()
                                      ? argument(request, "api_version").as_string()
                                      : std::string{};
  const std::string kind =
      argument(request, "kind").is_string() ? argument(request, "kind").as_string() : std::string{};
  if (!documents.contains(api_version)) {
    // https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3: one document a group
    // and version.
    std::string target =
        "/openapi/v3/" +
        std::string(api_version.find('/') == std::string::npos ? "api/" : "apis/") + api_version;
    Reply reply = co_await api_->get_path(std::move(target));
    documents.emplace(api_version, std::move(reply));
  }
  const Reply& reply = documents.at(api_version);
  const std::string not_served =
      "kind " + kind + " (" + api_version + ") is not served by the cluster yet";
  if (reply.status == 404) co_return unchecked(not_served);
  if (!reply.ok()) co_return unreadable(reply.diagnostics, request.address);
  const Json document = to_json(reply.body);
  Value has(Value::Object{});
  const Value fields = argument(request, "fields");
  if (fields.is_list()) {
    for (const Value& field : fields.as_list()) {
      if (!field.is_string()) continue;
      const std::optional<bool> found = has_field(document, api_version, kind, field.as_string());
      if (!found) co_return unchecked(not_served);
      has.set(field.as_string(), Value(*found));
    }
  }
  Observation observation;
  observation.presence = Presence::present;
  observation.attributes = Value(Value::Object{{"api_version", Value(api_version)},
                                               {"kind", Value(kind)},
                                               {"fields", fields},
                                               {"has", std::move(has)}});
  co_return observation;
}

Task<std::vector<Observation>> SchemaHandler::observe(std::vector<ResourceRequest> batch) {
  std::map<std::string, Reply> documents;
  std::vector<Observation> observations;
  for (const ResourceRequest& request : batch) {
    Observation observation = co_await look(request, documents);
    observations.push_back(std::move(observation));
  }
  co_return observations;
}

Task<Result<Value>> SchemaHandler::settle(WaitRequest request, ProgressSink& /*progress*/) {
  std::map<std::string, Reply> documents;
  Observation observation = co_await look(request.resource, documents);
  if (observation.presence == Presence::present) co_return observation.attributes;
  Diagnostics why = observation.diagnostics;
  if (why.empty())
    why.push_back(make_error("the kind is not served by this cluster",
                             "The schema cannot be read: " + observation.reason + "."));
  co_return with_address(std::move(why), request.resource.address.print());
}

}  // namespace

std::optional<bool> has_field(const Json& document, const std::string& api_version,
                              const std::string& kind, const std::string& path) {
  const Json* schema = resolve(document, schema_of_kind(document, api_version, kind));
  if (schema == nullptr) return std::nullopt;
  std::stringstream steps(path);
  for (std::string step; std::getline(steps, step, '.');) {
    while (schema != nullptr && schema->contains("items"))
      schema = resolve(document, &(*schema)["items"]);
    if (schema == nullptr) return false;
    if (schema->value("x-kubernetes-preserve-unknown-fields", false)) return true;
    const auto properties = schema->find("properties");
    if (properties != schema->end() && properties->contains(step)) {
      schema = resolve(document, &(*properties)[step]);
    } else if (const auto any = schema->find("additionalProperties");
               any != schema->end() && any->is_object()) {
      schema = resolve(document, &*any);
    } else {
      return false;
    }
  }
  return true;
}

std::unique_ptr<Handler> make_schema_handler(std::shared_ptr<Api> api) {
  return std::make_unique<SchemaHandler>(std::move(api));
}

}  // namespace crosstie::kubernetes
