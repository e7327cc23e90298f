// ech.keystore_entry: one secret of a deployment's Elasticsearch keystore. The service never gives
// a value back, so a value is compared with the recorded one (facts/ech-api.md, section 5).
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/deployment_view.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/http/secret_reference.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

constexpr std::size_t kNameMax = 256;
constexpr std::string_view kCredentialsPrefix = "cluster.remote.";
constexpr std::string_view kCredentialsSuffix = ".credentials";
constexpr const char* kValueNote =
    "the value is not readable; it is compared with the recorded one";

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "ech.keystore_entry";
  schema.summary = "A secret in the Elasticsearch keystore of a deployment.";
  AttributeSchema value = required(attribute(
      "value", AttributeType::secret_reference,
      "The secret: a reference to where it is, or another resource's sensitive attribute. It is "
      "written, and cannot be read back; a reference is compared as it stands, so that a new "
      "content behind it is written by `crosstie apply -replace=ADDRESS`."));
  value.sensitive = true;
  schema.attributes = {deployment_argument(), ref_id_argument(),
                       identity(required(attribute(
                           "name", AttributeType::string,
                           "Setting name, such as cluster.remote.ALIAS.credentials. A name that "
                           "Elasticsearch does not know may keep nodes from starting."))),
                       value};
  return schema;
}

// A name that Elasticsearch does not know makes its reload fail and may stop nodes at their next
// start (facts, section 5).
Result<void> check_name(const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    return make_error("not a usable keystore name", "\"" + name + "\" " + why,
                      "To fix it, use the name of a secure setting in lower case, such as "
                      "cluster.remote.logs.credentials.");
  };
  if (name.empty() || name.size() > kNameMax)
    return refuse("must have 1 to " + std::to_string(kNameMax) + " characters.");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return refuse("holds a character other than a-z, 0-9, dot, dash and underscore.");
  if (name.rfind(kCredentialsPrefix, 0) != 0) return {};
  const std::size_t fixed = kCredentialsPrefix.size() + kCredentialsSuffix.size();
  const bool ends = name.size() > fixed && name.compare(name.size() - kCredentialsSuffix.size(),
                                                        std::string::npos, kCredentialsSuffix) == 0;
  const std::string alias =
      ends ? name.substr(kCredentialsPrefix.size(), name.size() - fixed) : std::string();
  if (alias.empty() || alias.front() == '-' || alias.find('.') != std::string::npos)
    return refuse(
        "is not cluster.remote.ALIAS.credentials with an alias of a-z, 0-9, dash, underscore.");
  return {};
}

Value attributes_of(const Value& identity, const std::string& ref_id, const Value* value) {
  Value attributes;
  attributes.set("deployment", identity.text("deployment"));
  attributes.set("ref_id", ref_id);
  attributes.set("name", identity.text("name"));
  Value secret = value != nullptr ? *value : Value();
  attributes.set("value", std::move(secret.mark_sensitive()));
  return attributes;
}

class KeystoreEntryType : public ResourceType {
 public:
  KeystoreEntryType(Api& api, http::SecretSources sources)
      : api_(api), sources_(std::move(sources)) {}

  const ResourceSchema& schema() const override { return keystore_entry_schema(); }
  bool needs_keystore() const override { return true; }

  Observation observe(const ResourceRequest& request, const DeploymentLook& look) const override {
    Observation observation;
    const Value& identity = identity_of(request);
    if (look.keystore == nullptr || !look.keystore->ok()) {
      observation.presence = Presence::unreadable;
      if (look.keystore != nullptr) observation.diagnostics = look.keystore->diagnostics;
      return observation;
    }
    const json* secrets = json_read::find(look.keystore->body, {"secrets"});
    const std::string name = identity.text("name");
    if (secrets == nullptr || !secrets->is_object() || !secrets->contains(name)) return observation;
    observation.presence = Presence::present;
    observation.ownership = is_recorded(request) ? Ownership::ours : Ownership::unowned;
    if (observation.ownership != Ownership::ours) observation.before.set("value_unreadable", true);
    const Value* recorded = request.prior ? request.prior->desired.find("value") : nullptr;
    observation.attributes =
        attributes_of(identity, json_read::text(*look.resource, {"ref_id"}), recorded);
    observation.version = "present";
    return observation;
  }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    Difference difference;
    const Value& desired = request.desired;
    for (std::string_view name : {"deployment", "name"})
      compare_field(difference, desired, observed.attributes, name, true);
    if (!desired.text("ref_id").empty())
      compare_field(difference, desired, observed.attributes, "ref_id", true);
    const Value* wanted = desired.find("value");
    const Value* recorded = request.prior ? request.prior->desired.find("value") : nullptr;
    const bool same = wanted != nullptr && recorded != nullptr && !wanted->contains_unknown() &&
                      *wanted == *recorded;
    if (same) return difference;
    FieldDifference field;
    field.path = {PathStep{std::string("value")}};
    if (recorded != nullptr) field.before = *recorded;
    if (wanted != nullptr) field.after = *wanted;
    field.before.mark_sensitive();
    field.after.mark_sensitive();
    field.note = kValueNote;
    difference.fields.push_back(std::move(field));
    return difference;
  }

  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override {
    Forecast forecast;
    if (action == "create" && observed.presence != Presence::present) return forecast;
    forecast.irreversible = !request.prior || action == "delete";
    if (forecast.irreversible)
      forecast.irreversible_reason = "a keystore value cannot be read, so it cannot be given back";
    return forecast;
  }

  Task<WriteResult> create(WriteRequest request) override { return put(std::move(request)); }
  Task<WriteResult> update(WriteRequest request) override { return put(std::move(request)); }

  Task<WriteResult> remove(WriteRequest request) override {
    const Value identity = identity_of(request.resource);
    const std::string name = identity.text("name");
    std::string id = identity.text("deployment");
    Answer read = co_await api_.read_deployment(std::move(id), Detail::settings);
    if (read.refusal == Refusal::not_found) co_return WriteResult::done({});
    if (!read.ok()) co_return WriteResult::failed(read.diagnostics);
    const json* resource = elasticsearch_resource(read.body, identity.text("ref_id"));
    if (resource == nullptr) co_return WriteResult::done({});
    const std::string ref_id = json_read::text(*resource, {"ref_id"});
    std::string named = identity.text("deployment");
    std::string named_ref = ref_id;
    Answer keystore = co_await api_.read_keystore(std::move(named), std::move(named_ref));
    if (keystore.refusal == Refusal::not_found) co_return WriteResult::done({});
    if (!keystore.ok()) co_return WriteResult::failed(std::move(keystore.diagnostics));
    if (!has_entry(keystore, name)) co_return WriteResult::done({});
    // `{}` is what ecctl sends to remove a name (captured; facts, section 5).
    json secrets = {{name, json::object()}};
    std::string deployment = identity.text("deployment");
    std::string ref = ref_id;
    Answer answer =
        co_await api_.patch_keystore(std::move(deployment), std::move(ref), std::move(secrets));
    if (answer.refusal == Refusal::not_found) co_return WriteResult::done({});
    if (!answer.ok())
      co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
    const json* left = json_read::find(answer.body, {"secrets"});
    if (left != nullptr && left->contains(name))
      co_return WriteResult::failed(make_error(
          "keystore entry was not removed",
          "The service accepted the removal of " + name + " and still lists it.",
          "To fix it, remove it in the console under Security, Elasticsearch keystore."));
    co_return WriteResult::done({});
  }

 private:
  static bool has_entry(const Answer& keystore, const std::string& name) {
    const json* secrets = json_read::find(keystore.body, {"secrets"});
    return secrets != nullptr && secrets->contains(name);
  }

  /// What `value` means: a text that another resource gave, or a reference to where the secret is.
  Task<Result<Secret>> secret_of(Value desired) {
    const Value* value = desired.find("value");
    const std::string what = "value of keystore entry " + desired.text("name");
    if (value != nullptr && value->is_string() && value->as_string().empty())
      co_return make_error("secret cannot be read", "The " + what + " is an empty text.",
                           "To fix it, look at the resource that gives it.");
    if (value != nullptr && value->is_string()) co_return Secret(value->as_string());
    Value reference = value == nullptr ? Value() : *value;
    std::string title = what;
    http::SecretSources sources = sources_;
    co_return co_await http::resolve_secret(std::move(reference), std::move(title),
                                            std::move(sources));
  }

  Task<WriteResult> put(WriteRequest request) {
    const Value desired = request.resource.desired;
    const std::string name = desired.text("name");
    if (Result<void> checked = check_name(name); !checked)
      co_return WriteResult::failed(checked.failure());
    Result<Secret> value = co_await secret_of(desired);
    if (!value) co_return WriteResult::failed(value.failure());
    std::string id = desired.text("deployment");
    Result<DeploymentRead> read = co_await api_.deployment(std::move(id), Detail::settings);
    if (!read) co_return WriteResult::failed(read.failure());
    const json* resource = elasticsearch_resource(read->body, desired.text("ref_id"));
    if (resource == nullptr)
      co_return WriteResult::failed(
          no_such_resource(desired.text("deployment"), desired.text("ref_id")));
    const std::string ref_id = json_read::text(*resource, {"ref_id"});
    std::string named = desired.text("deployment");
    std::string wanted_ref = ref_id;
    Answer keystore = co_await api_.read_keystore(std::move(named), std::move(wanted_ref));
    if (!keystore.ok()) co_return WriteResult::failed(std::move(keystore.diagnostics));
    const bool exists = has_entry(keystore, name);
    const bool adopted = exists && !is_recorded(request.resource);
    const std::string title = "Keystore entry " + name;
    if (adopted)
      if (auto refused = refuse_unowned(request.resource, title); refused)
        co_return WriteResult::failed(std::move(*refused));
    // The names can be read, the values cannot: a value that somebody else set stays unseen.
    const Presence planned = request.approved.presence;
    if (exists && !adopted && planned == Presence::absent)
      co_return WriteResult::failed(changed_since_plan(title, "absent", "present"));
    if (!exists && planned == Presence::present)
      co_return WriteResult::failed(changed_since_plan(title, "present", "absent"));
    json secrets = {{name, {{"value", value->reveal()}, {"as_file", false}}}};
    std::string deployment = desired.text("deployment");
    std::string ref = ref_id;
    Answer answer =
        co_await api_.patch_keystore(std::move(deployment), std::move(ref), std::move(secrets));
    if (!answer.ok())
      co_return WriteResult::failed(std::move(answer.diagnostics), answer.outcome_unknown);
    Outcome outcome;
    outcome.attributes = attributes_of(desired, ref_id, desired.find("value"));
    if (adopted) outcome.before.set("value_unreadable", true);
    co_return WriteResult::done(std::move(outcome));
  }

  Api& api_;
  http::SecretSources sources_;
};

}  // namespace

const ResourceSchema& keystore_entry_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_keystore_entry_type(Api& api, http::SecretSources sources) {
  return std::make_unique<KeystoreEntryType>(api, std::move(sources));
}

}  // namespace crosstie::ech
