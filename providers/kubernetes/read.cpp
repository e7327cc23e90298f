#include "providers/kubernetes/read.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/batch.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/wait.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "kubernetes.read";
  schema.kind = ResourceKind::read;
  schema.summary = "Reads one Kubernetes object";
  AttributeSchema wait = attribute("wait", AttributeType::string,
                                   "none: it must be there. exists: until it is there. "
                                   "load_balancer: until the Service has an address.");
  wait.allowed = {"none", "exists", "load_balancer"};
  schema.attributes = {
      required(attribute("api_version", AttributeType::string,
                         "Such as v1 or elasticsearch.k8s.elastic.co/v1.")),
      required(attribute("kind", AttributeType::string, "Such as Secret.")),
      required(attribute("name", AttributeType::string, "Name of the object.")),
      attribute("namespace", AttributeType::string,
                "Its namespace; that of the context when left out."),
      attribute("public_keys", AttributeType::list,
                "Keys of a Secret whose content is no secret, such as ca.crt."),
      wait,
      attribute("timeout", AttributeType::any, "Longest wait, such as 10m."),
      computed("object", AttributeType::object, "The object as the server has it."),
      computed("data", AttributeType::object,
               "Content of a Secret (decoded) or ConfigMap, by key, as far as it is text."),
      computed("binary_data", AttributeType::object,
               "What of a Secret or ConfigMap is no text, in base64, by key."),
      computed("load_balancer", AttributeType::object,
               "Of a Service: host, url_host (IPv6 in brackets) and kind (ip, ipv6, hostname).")};
  return schema;
}

/// RFC 3629, without overlong forms and surrogates.
bool is_utf8(const std::string& bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xC0) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
      return false;
    i += length;
  }
  return true;
}

std::vector<std::string> public_keys_of(const ResourceRequest& request) {
  std::vector<std::string> keys;
  const Value list = argument(request, "public_keys");
  if (!list.is_list()) return keys;
  for (const Value& key : list.as_list())
    if (key.is_string()) keys.push_back(key.as_string());
  return keys;
}

Value read_attributes(const ResourceRequest& request, Value live) {
  const std::vector<std::string> keys = public_keys_of(request);
  Value attributes(Value::Object{});
  for (const char* key : {"api_version", "kind", "name", "namespace"}) {
    if (const Value given = argument(request, key); !given.is_null()) attributes.set(key, given);
  }
  attributes.set("data", data_of(live, keys));
  attributes.set("binary_data", binary_data_of(live, keys));
  if (live.text("kind") == "Service") attributes.set("load_balancer", load_balancer_of(live));
  mark_secret_data(live);
  if (const Value* metadata = live.find("metadata")) {
    Value trimmed = *metadata;
    trimmed.erase("managedFields");
    live.set("metadata", std::move(trimmed));
  }
  if (live.text("kind") == "Secret") {
    if (const Value* data = live.find("data"); data != nullptr && data->is_object()) {
      Value marked = *data;
      for (auto& [key, value] : marked.as_object())
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) value.mark_sensitive(false);
      live.set("data", std::move(marked));
    }
  }
  attributes.set("object", std::move(live));
  return attributes;
}

ObjectName name_of_read(const ResourceRequest& request, const std::string& default_namespace) {
  const auto text = [&](const char* key) {
    const Value value = argument(request, key);
    return value.is_string() ? value.as_string() : std::string{};
  };
  ObjectName name{text("api_version"), text("kind"), text("namespace"), text("name")};
  if (name.namespace_name.empty()) name.namespace_name = default_namespace;
  return name;
}

class ReadHandler : public Handler {
 public:
  explicit ReadHandler(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  const ResourceSchema& schema() const override {
    static const ResourceSchema kSchema = make_schema();
    return kSchema;
  }
  Difference diff(const ResourceRequest&, const Observation&) const override { return {}; }
  Forecast forecast(const ResourceRequest& request, const Observation&,
                    const std::string&) const override {
    const Value wait = argument(request, "wait");
    return {wait == Value("load_balancer") ? "load balancer address"
            : wait == Value("exists")      ? "the object"
                                           : "",
            "", false, ""};
  }
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override;
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override;

 private:
  std::shared_ptr<Api> api_;  // shared with waits and other handlers
};

Task<std::vector<Observation>> ReadHandler::observe(std::vector<ResourceRequest> batch) {
  std::vector<Look> looks;
  for (const ResourceRequest& request : batch) {
    Look look;
    for (const char* key : {"api_version", "kind", "namespace", "name"}) {
      const Value part = argument(request, key);
      if (part.is_unknown() && look.reason.empty())
        look.reason = "its name is " + unknown_reason(part);
    }
    look.name = name_of_read(request, api_->connection().namespace_name);
    looks.push_back(std::move(look));
  }
  const std::vector<Sight> sights = co_await look_at(api_, std::move(looks));
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Observation observation = sights[i].observation;
    const Value wait = argument(batch[i], "wait");
    if (observation.presence == Presence::absent) {
      const std::string reason = sights[i].not_yet.empty()
                                     ? sights[i].name.print() + " does not exist"
                                     : sights[i].not_yet;
      const bool waits = wait == Value("exists") || wait == Value("load_balancer");
      if (waits) observation = unchecked(reason + "; apply waits for it");
      observation.reason = observation.reason.empty() ? reason : observation.reason;
    } else if (observation.presence == Presence::present) {
      observation.attributes = read_attributes(batch[i], sights[i].object);
      observation.version = version_of(sights[i].object);
      if (wait == Value("load_balancer") &&
          load_balancer_readiness(sights[i].object).state != Readiness::State::ready) {
        observation = unchecked(sights[i].name.print() +
                                " has no load balancer address yet; apply waits for it");
      }
    }
    observation.diagnostics =
        with_address(std::move(observation.diagnostics), batch[i].address.print());
    observations.push_back(std::move(observation));
  }
  co_return observations;
}

Task<Result<Value>> ReadHandler::settle(WaitRequest request, ProgressSink& progress) {
  const ResourceRequest& resource = request.resource;
  const std::string address = resource.address.print();
  ObjectName name = name_of_read(resource, api_->connection().namespace_name);
  const Value wait = argument(resource, "wait");
  const bool balancer = wait == Value("load_balancer");
  const bool waits = balancer || wait == Value("exists");
  const KindLookup lookup = co_await api_->find_kind(name.api_version, name.kind);
  if (!lookup.path) {
    Diagnostics why = lookup.diagnostics;
    if (why.empty())
      why.push_back(
          make_error("the kind is not served by this cluster",
                     "Kind " + name.kind + " of " + name.api_version + " is not served."));
    co_return with_address(std::move(why), address);
  }
  if (!lookup.path->namespaced) name.namespace_name.clear();
  if (!waits) {
    Reply reply = co_await api_->get(*lookup.path, name.namespace_name, name.name);
    if (!reply.ok()) co_return with_address(reply.diagnostics, address);
    co_return read_attributes(resource, std::move(reply.body));
  }
  Decide decide = [balancer](const Value& object) {
    if (object.is_null())
      return Readiness{Readiness::State::waiting, {"exists", "false", "", ""}, ""};
    if (balancer) return load_balancer_readiness(object);
    return Readiness{Readiness::State::ready, {"exists", "true", "", ""}, ""};
  };
  WaitTarget target{*lookup.path, name, resource.address};
  Result<Value> ready = co_await wait_for_object(api_, std::move(target), std::move(decide),
                                                 limits_of(request), progress);
  if (!ready) co_return ready.failure();
  co_return read_attributes(resource, std::move(*ready));
}

}  // namespace

Value data_of(const Value& object, const std::vector<std::string>& public_keys) {
  Value data(Value::Object{});
  const std::string kind = object.text("kind");
  const Value* stored = object.find("data");
  if (object.text("apiVersion") != "v1" || stored == nullptr || !stored->is_object() ||
      (kind != "Secret" && kind != "ConfigMap"))
    return data;
  for (const auto& [key, value] : stored->as_object()) {
    if (!value.is_string()) continue;
    if (kind == "ConfigMap") {
      data.set(key, value);
      continue;
    }
    std::optional<std::string> bytes = http::base64_decode(value.as_string());
    if (!bytes || !is_utf8(*bytes)) continue;
    const bool is_public =
        std::find(public_keys.begin(), public_keys.end(), key) != public_keys.end();
    data.set(key, Value(std::move(*bytes)).mark_sensitive(!is_public));
  }
  return data;
}

Value binary_data_of(const Value& object, const std::vector<std::string>& public_keys) {
  Value data(Value::Object{});
  const bool secret = object.text("kind") == "Secret";
  const Value* stored = object.find(secret ? "data" : "binaryData");
  if (object.text("apiVersion") != "v1" || stored == nullptr || !stored->is_object() ||
      (!secret && object.text("kind") != "ConfigMap"))
    return data;
  for (const auto& [key, value] : stored->as_object()) {
    if (!value.is_string()) continue;
    const std::optional<std::string> bytes = http::base64_decode(value.as_string());
    if (secret && bytes && is_utf8(*bytes)) continue;
    const bool is_public =
        std::find(public_keys.begin(), public_keys.end(), key) != public_keys.end();
    Value encoded(value.as_string());
    data.set(key, encoded.mark_sensitive(secret && !is_public));
  }
  return data;
}

std::unique_ptr<Handler> make_read_handler(std::shared_ptr<Api> api) {
  return std::make_unique<ReadHandler>(std::move(api));
}

}  // namespace crosstie::kubernetes
