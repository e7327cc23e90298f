// elasticsearch.cross_cluster_api_key: a key that another cluster may search or replicate with. Its
// secret is shown once, at its making. Facts: facts/elasticsearch.md, section 4.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/elasticsearch/access_rules.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/key_view.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.cross_cluster_api_key";
  schema.summary = "A cross-cluster API key on the remote cluster.";
  AttributeSchema name = required(
      attribute("name", Type::string,
                "Name of the key. Names are not unique; crosstie finds its own by a mark."));
  name.identity = true;
  AttributeSchema encoded = computed(
      "encoded", Type::string, "The key in the form that the local keystore takes. Given once.");
  encoded.sensitive = true;
  schema.attributes = {
      cluster_argument(),
      name,
      required(attribute("access", Type::object,
                         "{search: [...], replication: [...]} as the Elasticsearch API takes it.")),
      attribute("expiration", Type::string,
                "Life of the key from now on, such as 90d; absent: no end."),
      attribute("metadata", Type::object,
                "Free metadata; the member `crosstie` is crosstie's own."),
      attribute("certificate_identity", Type::string,
                "Regular expression on the subject of the certificate that signs requests "
                "(9.3 or later)."),
      computed("id", Type::string, "Id of the key."),
      encoded,
      computed("expiration_at", Type::string, "When the key ends, RFC 3339, empty for never."),
      computed(
          "leftovers", Type::list,
          "Ids of other live keys of this resource: the old one of a replacement, or one whose "
          "answer was lost. They are invalidated when everything that uses the key is done."),
  };
  schema.create_first = true;
  return schema;
}

std::string keys_target(const std::string& name) {
  return "/_security/api_key?name=" + http::percent_encode(name);
}

/// Keys of this very name; an absent one is an empty list (some versions answer 404).
struct Keys {
  std::vector<KeyView> all;
  Diagnostics failure;
};

Task<Keys> read_named(std::shared_ptr<Cluster> cluster, std::string name) {
  std::string target = keys_target(name);
  Answer answer = co_await cluster->get(std::move(target));
  if (answer.status == 404) co_return Keys{};
  if (!answer.ok()) co_return Keys{{}, answer.diagnostics};
  Keys keys;
  for (KeyView& key : read_keys(answer.body, now_ms()))
    if (key.name == name) keys.all.push_back(std::move(key));
  co_return keys;
}

Value attributes_of(const ResourceRequest& request, const KeyView& key) {
  Value attributes;
  attributes.set("cluster", cluster_of(request));
  attributes.set("name", key.name);
  attributes.set("access", normal_access(key.access));
  attributes.set("metadata", without_mark(key.metadata));
  if (!key.certificate_identity.is_null())
    attributes.set("certificate_identity", key.certificate_identity);
  attributes.set("id", key.id);
  attributes.set("expiration_at", format_time(key.expiration_ms));
  // How long the key was to live is only in the record: the service tells the end.
  if (request.prior)
    if (const Value* life = request.prior->desired.find("expiration"))
      attributes.set("expiration", *life);
  const Value* encoded = request.prior ? request.prior->attributes.find("encoded") : nullptr;
  if (encoded != nullptr && key.id == request.prior->attributes.text("id")) {
    Value secret = *encoded;
    attributes.set("encoded", std::move(secret.mark_sensitive()));
  }
  return attributes;
}

/// What an update would overwrite, in words.
std::string version_of(const KeyView& key) {
  const json metadata = to_json(without_mark(key.metadata));
  std::string text = key.id + " " + json_read::dump(to_json(normal_access(key.access)));
  if (!metadata.empty()) text += " metadata " + json_read::dump(metadata);
  return text;
}

std::string gone_reason(const KeyView* key) {
  if (key == nullptr) return "the recorded key does not exist any more";
  if (key->state == KeyState::invalidated) return "the recorded key was invalidated";
  return "the recorded key expired at " + format_time(key->expiration_ms);
}

Observation observation_of(const ResourceRequest& request, const std::vector<KeyView>& keys) {
  Observation observation;
  const OurKeys ours = find_ours(keys, request);
  const bool recorded_lives = ours.recorded != nullptr && ours.recorded->state == KeyState::live;
  const KeyView* shown = recorded_lives ? ours.recorded : nullptr;
  if (shown == nullptr && !ours.leftovers.empty()) shown = ours.leftovers.front();
  if (shown == nullptr) {
    const bool recorded = request.prior && !request.prior->attributes.text("id").empty();
    if (recorded) observation.reason = gone_reason(ours.recorded);
    return observation;
  }
  observation.presence = Presence::present;
  observation.attributes = attributes_of(request, *shown);
  observation.version = version_of(*shown);
  Value::List others;
  for (const KeyView* key : ours.leftovers)
    if (key != shown) others.emplace_back(key->id);
  observation.leftovers = !others.empty();
  if (observation.leftovers) observation.attributes.set("leftovers", Value(std::move(others)));
  observation.incomplete = observation.attributes.text("encoded").empty();
  if (observation.incomplete)
    observation.reason =
        "key " + shown->id + " was made by an earlier run, and its secret was not recorded";
  return observation;
}

/// Invalidates; 200 may hide failures in `error_count` (facts, section 4). An empty list is fine.
Task<Answer> invalidate(std::shared_ptr<Cluster> cluster, std::vector<std::string> ids) {
  if (ids.empty()) co_return Answer{};
  json body = {{"ids", ids}};
  std::string method = "DELETE";
  std::string target = "/_security/api_key";
  Answer answer = co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                         http::Repeat::safe);
  if (answer.status == 404) answer.diagnostics.clear();
  if (!answer.ok()) co_return answer;
  const json* count = json_read::find(answer.body, {"error_count"});
  if (count != nullptr && count->is_number_integer() && count->get<int>() > 0) {
    std::string why = "no reason given";
    const json& details = json_read::list(answer.body, {"error_details"});
    if (!details.empty()) why = json_read::text(details.front(), {"reason"}, why);
    answer.diagnostics.push_back(
        make_error("key was not invalidated",
                   cluster->title() + " could not invalidate key " + ids.front() + ": " + why + ".",
                   "To fix it, use credentials with the cluster privilege manage_security."));
  }
  co_return answer;
}

Value wanted_metadata(const WriteRequest& request) {
  Value metadata = without_mark(request.resource.desired.find("metadata") != nullptr
                                    ? *request.resource.desired.find("metadata")
                                    : Value());
  metadata.set("crosstie", make_mark(request));
  return metadata;
}

Value access_of(const Value& desired) {
  const Value* access = desired.find("access");
  return access != nullptr ? *access : Value();
}

json key_body(const WriteRequest& request, bool making) {
  const Value& desired = request.resource.desired;
  json body = {{"access", to_json(access_of(desired))},
               {"metadata", to_json(wanted_metadata(request))}};
  if (making) body["name"] = desired.text("name");
  // Sent only when it changed: it counts from the time of the request, so that each update would
  // move the end.
  const std::optional<Recorded>& prior = request.resource.prior;
  const std::string life = desired.text("expiration");
  if (!life.empty() && (making || !prior || prior->desired.text("expiration") != life))
    body["expiration"] = life;
  if (const std::string identity = desired.text("certificate_identity");
      making && !identity.empty())
    body["certificate_identity"] = identity;
  return body;
}

/// Whether somebody changed the key since the plan saw it.
bool changed_unseen(const WriteRequest& request, const std::string& now) {
  return request.approved.presence == Presence::present && !request.approved.version.empty() &&
         request.approved.version != now;
}

bool only_leftovers(const Difference& difference) {
  const Path leftovers{PathStep{std::string("leftovers")}};
  return difference.any() &&
         std::all_of(difference.fields.begin(), difference.fields.end(),
                     [&](const FieldDifference& field) { return field.path == leftovers; });
}

class CrossClusterApiKeyType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return cross_cluster_api_key_schema(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override;

  Forecast forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                    const std::string& action) const override {
    Forecast forecast;
    forecast.irreversible = action == "delete" || action == "replace";
    if (forecast.irreversible)
      forecast.irreversible_reason =
          "an invalidated key cannot be revived; going back makes a new key";
    return forecast;
  }

  Task<Observation> observe(ResourceRequest request, ClusterLook& look) override {
    std::string name = identity_of(request).text("name");
    std::string target = keys_target(name);
    Answer answer = co_await look.cluster().get(std::move(target));
    if (answer.status == 404) {
      std::vector<KeyView> none;
      co_return observation_of(request, none);
    }
    if (!answer.ok()) co_return unreadable(answer);
    std::vector<KeyView> keys;
    for (KeyView& key : read_keys(answer.body, now_ms()))
      if (key.name == name) keys.push_back(std::move(key));
    co_return observation_of(request, keys);
  }

  Task<WriteResult> create(WriteRequest request, std::shared_ptr<Cluster> cluster) override;
  Task<WriteResult> update(WriteRequest request, std::shared_ptr<Cluster> cluster) override;
  Task<WriteResult> remove(WriteRequest request, std::shared_ptr<Cluster> cluster) override;
};

Difference CrossClusterApiKeyType::diff(const ResourceRequest& request,
                                        const Observation& observed) const {
  Difference difference;
  const Value& desired = request.desired;
  const Value& live = observed.attributes;
  compare_cluster(difference, request);
  compare(difference, "name", desired.find("name"), live.find("name"), true);
  const Value wanted = normal_access(access_of(desired));
  compare(difference, "access", &wanted, live.find("access"));
  const Value* metadata = desired.find("metadata");
  const Value own = metadata != nullptr ? without_mark(*metadata) : Value();
  compare(difference, "metadata", &own, live.find("metadata"));
  compare(difference, "certificate_identity", desired.find("certificate_identity"),
          live.find("certificate_identity"), true);
  const Value* life = desired.find("expiration");
  const Value* before = request.prior ? request.prior->desired.find("expiration") : nullptr;
  const bool ends = life != nullptr && !life->is_null();
  // An update can move the end of a key, and cannot take it away.
  if (request.prior)
    compare(difference, "expiration", life, before, !ends, "counted from the time of the change");
  compare(difference, "leftovers", nullptr, live.find("leftovers"), false,
          "live keys whose secret nobody needs; they are invalidated");
  return difference;
}

Task<WriteResult> CrossClusterApiKeyType::create(WriteRequest request,
                                                 std::shared_ptr<Cluster> cluster) {
  const Value& desired = request.resource.desired;
  // Older keys of ours stay good until what uses them has this one (`leftovers_only`).
  json body = key_body(request, true);
  std::string method = "POST";
  std::string target = "/_security/cross_cluster/api_key";
  Answer answer = co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                         http::Repeat::unsafe);
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  const std::string id = json_read::text(answer.body, {"id"});
  std::string encoded = json_read::text(answer.body, {"encoded"});
  if (encoded.empty())
    encoded = http::base64_encode(id + ":" + json_read::text(answer.body, {"api_key"}));
  Outcome outcome;
  Value& attributes = outcome.attributes;
  for (const char* argument : {"cluster", "name", "expiration", "certificate_identity"})
    if (const Value* value = desired.find(argument)) attributes.set(argument, *value);
  attributes.set("access", normal_access(access_of(desired)));
  const Value* metadata = desired.find("metadata");
  attributes.set("metadata",
                 metadata != nullptr ? without_mark(*metadata) : Value(Value::Object{}));
  attributes.set("id", id);
  Value secret(std::move(encoded));
  attributes.set("encoded", std::move(secret.mark_sensitive()));
  const json* end = json_read::find(answer.body, {"expiration"});
  attributes.set(
      "expiration_at",
      format_time(end != nullptr && end->is_number_integer() ? end->get<std::int64_t>() : 0));
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> CrossClusterApiKeyType::update(WriteRequest request,
                                                 std::shared_ptr<Cluster> cluster) {
  std::string name = identity_of(request.resource).text("name");
  const std::string id =
      request.resource.prior ? request.resource.prior->attributes.text("id") : std::string();
  Keys keys = co_await read_named(cluster, name);
  if (!keys.failure.empty()) co_return WriteResult::failed(std::move(keys.failure));
  const OurKeys ours = find_ours(keys.all, request.resource);
  const std::string title = "API key " + name + " (" + id + ") of " + cluster->title();
  if (ours.recorded == nullptr || ours.recorded->state != KeyState::live)
    co_return WriteResult::failed(
        changed_since_plan(title, "a live key", gone_reason(ours.recorded)));
  if (only_leftovers(request.difference)) {
    Outcome kept;
    kept.attributes = attributes_of(request.resource, *ours.recorded);
    co_return WriteResult::done(std::move(kept));
  }
  KeyView wanted = *ours.recorded;
  wanted.access = access_of(request.resource.desired);
  const Value* metadata = request.resource.desired.find("metadata");
  wanted.metadata = metadata != nullptr ? *metadata : Value();
  const std::string now = version_of(*ours.recorded);
  if (changed_unseen(request, now) && now != version_of(wanted))
    co_return WriteResult::failed(changed_since_plan(title, request.approved.version, now));
  const std::string owner = ours.recorded->owner;
  json body = key_body(request, false);
  std::string method = "PUT";
  std::string target = "/_security/cross_cluster/api_key/" + http::percent_encode(id);
  Answer answer = co_await cluster->send(std::move(method), std::move(target), std::move(body),
                                         http::Repeat::safe);
  if (answer.status == 404)
    co_return WriteResult::failed(
        make_error("key belongs to another user",
                   title + " exists, and only the user who made it may change it" +
                       (owner.empty() ? "." : ": " + owner + "."),
                   "To fix it, use that user's credentials, or make a new key with `--replace " +
                       request.resource.address.print() + "`."));
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  Keys after = co_await read_named(cluster, name);
  if (!after.failure.empty()) co_return WriteResult::failed(std::move(after.failure), true);
  const OurKeys changed = find_ours(after.all, request.resource);
  if (changed.recorded == nullptr)
    co_return WriteResult::failed(changed_since_plan(title, "a live key", "absent"), true);
  Outcome outcome;
  outcome.attributes = attributes_of(request.resource, *changed.recorded);
  for (const char* argument : {"cluster", "expiration"})
    if (const Value* value = request.resource.desired.find(argument))
      outcome.attributes.set(argument, *value);
  co_return WriteResult::done(std::move(outcome));
}

Task<WriteResult> CrossClusterApiKeyType::remove(WriteRequest request,
                                                 std::shared_ptr<Cluster> cluster) {
  std::string name = identity_of(request.resource).text("name");
  Keys keys = co_await read_named(cluster, std::move(name));
  if (!keys.failure.empty()) co_return WriteResult::failed(std::move(keys.failure));
  const OurKeys ours = find_ours(keys.all, request.resource);
  std::vector<std::string> ids;
  if (ours.recorded != nullptr && ours.recorded->state != KeyState::invalidated &&
      !request.leftovers_only) {
    const std::string now = version_of(*ours.recorded);
    if (changed_unseen(request, now))
      co_return WriteResult::failed(changed_since_plan(
          "API key " + ours.recorded->name + " (" + ours.recorded->id + ") of " + cluster->title(),
          request.approved.version, now));
    ids.push_back(ours.recorded->id);
  }
  for (const KeyView* key : ours.leftovers) ids.push_back(key->id);
  Answer answer = co_await invalidate(cluster, std::move(ids));
  if (!answer.ok())
    co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
  co_return WriteResult::done({});
}

}  // namespace

const ResourceSchema& cross_cluster_api_key_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_cross_cluster_api_key_type() {
  return std::make_unique<CrossClusterApiKeyType>();
}

}  // namespace crosstie::elasticsearch
