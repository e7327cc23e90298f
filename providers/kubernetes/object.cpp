#include "providers/kubernetes/object.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/batch.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/server_shape.hpp"
#include "providers/kubernetes/wait.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "kubernetes.object";
  schema.summary = "Any Kubernetes object, by server-side apply with field manager crosstie";
  AttributeSchema manifest = attribute("manifest", AttributeType::object,
                                       "The object as it is written for kubectl. Only the fields "
                                       "named here are owned and compared.");
  manifest.required = true;
  AttributeSchema wait = attribute("wait", AttributeType::string,
                                   "auto: until the object is ready, by the rule of its kind. "
                                   "none: not at all; the run's end lists it as not waited for.");
  wait.allowed = {"auto", "none"};
  AttributeSchema wait_for =
      attribute("wait_for", AttributeType::list,
                "Conditions of your own, in place of the rule of the kind; all must hold.");
  wait_for.members = {
      attribute("path", AttributeType::string, "A path into the object, such as status.phase."),
      attribute("condition", AttributeType::string, "A type in status.conditions, such as Ready."),
      attribute("equals", AttributeType::any,
                "The value to wait for. For a condition: True; for a path: any value.")};
  schema.attributes = {
      manifest,
      wait,
      wait_for,
      attribute("timeout", AttributeType::any, "Longest wait for this object, such as 15m."),
      computed("object", AttributeType::object, "The object as the server has it."),
      computed("uid", AttributeType::string, "Its uid."),
      computed("load_balancer", AttributeType::object,
               "Of a Service: host, url_host (IPv6 in brackets) and kind (ip, ipv6, hostname)."),
      computed("conflicts", AttributeType::list,
               "Fields that another manager owns and that apply will not overwrite: field and "
               "manager."),
      computed("server_shape", AttributeType::object,
               "How the server keeps fields where their names do not tell: lists that are one "
               "value, sets or keyed, and empty values that it leaves out. For the comparison.")};
  return schema;
}

/// Fields that a stored object cannot change (kube-apiserver 1.33 validation: "field is immutable",
/// "Forbidden").
bool is_immutable(const Value& live, const Path& path) {
  struct Row {
    std::string_view kind;
    std::string_view prefix;
  };
  static constexpr Row kRows[] = {{"Deployment", "spec.selector"},
                                  {"ReplicaSet", "spec.selector"},
                                  {"DaemonSet", "spec.selector"},
                                  {"StatefulSet", "spec.selector"},
                                  {"StatefulSet", "spec.serviceName"},
                                  {"StatefulSet", "spec.podManagementPolicy"},
                                  {"StatefulSet", "spec.volumeClaimTemplates"},
                                  {"Job", "spec.selector"},
                                  {"Job", "spec.template"},
                                  {"Job", "spec.completionMode"},
                                  {"Secret", "type"},
                                  {"PersistentVolumeClaim", "spec.accessModes"},
                                  {"PersistentVolumeClaim", "spec.storageClassName"},
                                  {"PersistentVolumeClaim", "spec.volumeMode"},
                                  {"PersistentVolumeClaim", "spec.selector"},
                                  {"StorageClass", "provisioner"},
                                  {"StorageClass", "parameters"},
                                  {"StorageClass", "reclaimPolicy"},
                                  {"StorageClass", "volumeBindingMode"},
                                  {"PriorityClass", "value"},
                                  {"Service", "spec.clusterIP"},
                                  {"CustomResourceDefinition", "spec.group"},
                                  {"CustomResourceDefinition", "spec.scope"},
                                  {"EndpointSlice", "addressType"},
                                  {"RoleBinding", "roleRef"},
                                  {"ClusterRoleBinding", "roleRef"}};
  const std::string kind = live.text("kind");
  const std::string text = print_path(path);
  for (const Row& row : kRows) {
    if (row.kind == kind && text.starts_with(row.prefix) &&
        (text.size() == row.prefix.size() || text[row.prefix.size()] == '.' ||
         text[row.prefix.size()] == '[')) {
      return true;
    }
  }
  const bool frozen = (kind == "Secret" || kind == "ConfigMap") && live.flag("immutable");
  return frozen &&
         (text.starts_with("data") || text.starts_with("binaryData") || text == "immutable");
}

Path below_manifest(const Path& path) {
  Path full{PathStep{std::string("manifest")}};
  full.insert(full.end(), path.begin(), path.end());
  return full;
}

std::string group_of(const std::string& api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string::npos ? std::string{} : api_version.substr(0, slash);
}

/// Names that differ between the recorded and the wanted object.
std::vector<FieldDifference> renamed(const Value& live, const Value& desired) {
  std::vector<FieldDifference> fields;
  const ObjectName has = name_of(live);
  const ObjectName wants = name_of(desired);
  const auto add = [&fields](Path path, const std::string& before, const std::string& after) {
    if (!after.empty() && before != after)
      fields.push_back({std::move(path), Value(before), Value(after), true, ""});
  };
  if (!wants.api_version.empty() && group_of(has.api_version) != group_of(wants.api_version)) {
    add({{std::string("manifest")}, {std::string("apiVersion")}}, has.api_version,
        wants.api_version);
  }
  add({{std::string("manifest")}, {std::string("kind")}}, has.kind, wants.kind);
  add({{std::string("manifest")}, {std::string("metadata")}, {std::string("namespace")}},
      has.namespace_name, wants.namespace_name);
  add({{std::string("manifest")}, {std::string("metadata")}, {std::string("name")}}, has.name,
      wants.name);
  return fields;
}

/// An adopted object that carries nothing of us any more.
bool given_back(const ResourceRequest& request, const Value& live) {
  if (!request.desired.is_null() || !request.prior || request.prior->before.is_null()) return false;
  const Value* managed = live.at({"metadata", "managedFields"});
  return claim_of(live, mark_of(request), {}).ownership != Ownership::ours &&
         (managed == nullptr || !applies(*managed, kManager));
}

bool is_identity(const Path& path) {
  const std::string text = print_path(path);
  return text == "apiVersion" || text == "kind" || text == "metadata.name" ||
         text == "metadata.namespace";
}

}  // namespace

const ResourceSchema& ObjectHandler::schema() const {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

Value manifest_of(const ResourceRequest& request) { return argument(request, "manifest"); }

ObjectName target_of(const ResourceRequest& request, const std::string& default_namespace) {
  ObjectName name = name_of(normalise_manifest(manifest_of(request)));
  if (request.prior) {
    const Value* object = request.prior->attributes.find("object");
    const Value* recorded =
        object != nullptr && object->is_object() ? object : request.prior->desired.find("manifest");
    if (recorded != nullptr && recorded->is_object()) {
      const std::string wanted_version = name.api_version;
      const ObjectName known = name_of(*recorded);
      if (!known.name.empty()) name = known;
      // Another version of the same group shows the same object.
      if (group_of(wanted_version) == group_of(name.api_version) && !wanted_version.empty())
        name.api_version = wanted_version;
    }
  }
  if (name.namespace_name.empty()) name.namespace_name = default_namespace;
  return name;
}

Mark mark_of(const ResourceRequest& request) { return {request.lineage, request.address.print()}; }

std::string recorded_uid(const ResourceRequest& request) {
  return request.prior ? request.prior->attributes.text("uid") : std::string{};
}

std::vector<FieldChange> changes_of(const ResourceRequest& request, const Value& live,
                                    const Value& shape) {
  const Value desired = normalise_manifest(manifest_of(request));
  std::vector<FieldChange> changes = compare_manifest(desired, live, shape);
  if (request.prior) {
    const Value* recorded = request.prior->desired.find("manifest");
    if (recorded != nullptr) {
      for (FieldChange& change :
           dropped_fields(normalise_manifest(*recorded), desired, live, shape))
        changes.push_back(std::move(change));
    }
  }
  std::erase_if(changes, [](const FieldChange& change) { return is_identity(change.path); });
  return changes;
}

std::vector<TakenField> taken_fields(const ResourceRequest& request, const Value& live,
                                     const std::vector<FieldChange>& changes) {
  std::vector<TakenField> taken;
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr || changes.empty()) return taken;
  const Value desired = normalise_manifest(manifest_of(request));
  const Value* recorded_manifest =
      request.prior ? request.prior->desired.find("manifest") : nullptr;
  const Value recorded =
      recorded_manifest == nullptr ? Value() : normalise_manifest(*recorded_manifest);
  for (const FieldChange& change : changes) {
    if (change.after_absent) continue;
    TakenField field;
    field.path = change.path;
    for (FieldOwner& owner : owners_of(*managed, change.path, desired))
      if (owner.manager != kManager) field.owners.push_back(std::move(owner));
    field.recorded = recorded.is_object() && recorded.at(change.path) != nullptr;
    if (!field.owners.empty()) taken.push_back(std::move(field));
  }
  return taken;
}

bool may_take(const TakenField& field, const FieldOwner& owner, Adoption adoption) {
  return field.recorded || adoption == Adoption::take_over ||
         (adoption == Adoption::if_unowned && !owner.applies);
}

std::optional<Diagnostic> describe_taken(const std::vector<TakenField>& taken, Adoption adoption,
                                         const std::string& object) {
  std::string list;
  for (const TakenField& field : taken) {
    for (const FieldOwner& owner : field.owners) {
      if (!may_take(field, owner, adoption))
        list += " " + print_path(field.path) + " (" + owner.manager + ")";
    }
  }
  if (list.empty()) return std::nullopt;
  return make_error("fields are owned by another manager",
                    object + ": other field managers own what would change:" + list + ".",
                    "To fix it, leave these fields out, have the other tool let go of them, or set "
                    "`adopt: take_over`.");
}

std::string version_of(const Value& live) {
  const Value* metadata = live.find("metadata");
  if (metadata == nullptr) return {};
  const Value* generation = metadata->find("generation");
  // The resourceVersion also moves with each change of the status; where the spec has a count of
  // its own, that is the better one.
  if (generation != nullptr && generation->is_integer())
    return metadata->text("uid") + "/g" + std::to_string(generation->as_integer());
  return metadata->text("uid") + "/" + metadata->text("resourceVersion");
}

Value token_of(const Value& live) {
  Value token(Value::Object{});
  const Value* metadata = live.find("metadata");
  if (metadata == nullptr) return token;
  token.set("uid", Value(metadata->text("uid")));
  if (const Value* generation = metadata->find("generation")) token.set("generation", *generation);
  return token;
}

Value attributes_of(const ResourceRequest& request, Value live) {
  const Value manifest = normalise_manifest(manifest_of(request));
  mark_secret_data(live);
  Value attributes(Value::Object{});
  if (manifest.is_object()) attributes.set("manifest", project(live, manifest));
  const Value* metadata = live.find("metadata");
  attributes.set("uid", Value(metadata == nullptr ? std::string{} : metadata->text("uid")));
  if (live.text("kind") == "Service") attributes.set("load_balancer", load_balancer_of(live));
  if (Value shape = server_shape(live); !shape.as_object().empty())
    attributes.set("server_shape", std::move(shape));
  if (metadata != nullptr) live.as_object().find("metadata")->second.erase("managedFields");
  attributes.set("object", std::move(live));
  return attributes;
}

Value known_shape(const Value& attributes) {
  const Value* shape = attributes.find("server_shape");
  return shape == nullptr ? Value() : *shape;
}

Difference ObjectHandler::diff(const ResourceRequest& request, const Observation& observed) const {
  Difference difference;
  const Value* live = observed.attributes.find("object");
  if (request.desired.is_null() || live == nullptr || !live->is_object()) return difference;
  const Value* manifest = request.desired.find("manifest");
  if (manifest == nullptr || manifest->is_unknown()) {
    difference.fields.push_back({{{std::string("manifest")}},
                                 Value(),
                                 manifest == nullptr ? Value() : *manifest,
                                 false,
                                 ""});
    return difference;
  }
  difference.fields = renamed(*live, *manifest);
  if (!difference.fields.empty()) return difference;
  const Value* conflicts = observed.attributes.find("conflicts");
  for (FieldChange& change : changes_of(request, *live, known_shape(observed.attributes))) {
    // A Service keeps the address that is not asked for any more.
    const bool kept = change.after_absent && live->text("kind") == "Service";
    FieldDifference field{below_manifest(change.path), std::move(change.before),
                          std::move(change.after), !kept && is_immutable(*live, change.path), ""};
    if (field.before.sensitive() || field.after.sensitive()) {
      field.before.mark_sensitive();
      field.after.mark_sensitive();
    }
    if (conflicts != nullptr && conflicts->is_list()) {
      for (const Value& conflict : conflicts->as_list())
        if (conflict.text("field") == print_path(change.path))
          field.note = "owned by field manager " + conflict.text("manager");
    }
    difference.fields.push_back(std::move(field));
  }
  return difference;
}

Forecast ObjectHandler::forecast(const ResourceRequest& request, const Observation& observed,
                                 const std::string& action) const {
  Forecast forecast;
  const Value manifest = manifest_of(request);
  const std::string kind = manifest.text("kind");
  const std::string printed = name_of(manifest).print();
  if (action == "delete" || action == "replace") {
    if (kind == "Namespace")
      forecast.disruption = "deletes everything in namespace " + name_of(manifest).name;
    if (kind == "CustomResourceDefinition")
      forecast.disruption = "deletes every object of this kind";
    forecast.irreversible = kind == "Namespace" || kind == "CustomResourceDefinition" ||
                            kind == "PersistentVolumeClaim" || kind == "Elasticsearch";
    if (forecast.irreversible) forecast.irreversible_reason = "what " + printed + " holds is lost";
    const bool adopted = request.prior && !request.prior->before.is_null();
    if (adopted) forecast = Forecast{};
    if (action == "delete") return forecast;
  }
  const Value wait = argument(request, "wait");
  if (!(wait == Value("none")))
    forecast.waits_for =
        argument(request, "wait_for").is_list() ? "its wait_for conditions" : waits_for(manifest);
  if (action == "update" &&
      (kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet")) {
    const Difference difference = diff(request, observed);
    const bool rolls = std::any_of(
        difference.fields.begin(), difference.fields.end(), [](const FieldDifference& field) {
          return print_path(field.path).starts_with("manifest.spec.template");
        });
    if (rolls) forecast.disruption = "restarts the pods of " + printed;
  }
  return forecast;
}

Task<std::vector<Observation>> ObjectHandler::observe(std::vector<ResourceRequest> batch) {
  std::vector<Look> looks;
  looks.reserve(batch.size());
  for (const ResourceRequest& request : batch) {
    Look look;
    const Value manifest = manifest_of(request);
    if (!request.desired.is_null()) look.problems = check_manifest(manifest);
    if (manifest.is_unknown()) {
      look.reason = unknown_reason(manifest);
    } else if (!request.prior) {
      for (const Value* part :
           {manifest.find("apiVersion"), manifest.find("kind"),
            manifest.at({"metadata", "namespace"}), manifest.at({"metadata", "name"})}) {
        if (part != nullptr && part->contains_unknown() && look.reason.empty())
          look.reason = "its name is " + unknown_reason(*part);
      }
    }
    look.name = target_of(request, api_->connection().namespace_name);
    looks.push_back(std::move(look));
  }
  std::vector<Sight> sights = co_await look_at(api_, std::move(looks));
  std::vector<Observation> observations;
  observations.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const ResourceRequest& request = batch[i];
    Observation observation = sights[i].observation;
    observation.diagnostics =
        with_address(std::move(observation.diagnostics), request.address.print());
    if (observation.presence == Presence::absent && request.prior == std::nullopt &&
        !sights[i].not_yet.empty()) {
      observation = unchecked(sights[i].not_yet);
    }
    if (observation.presence == Presence::present) {
      // Moved, so that no more than one object is here twice.
      Value live = std::move(sights[i].object);
      const Claim claim = claim_of(live, mark_of(request), recorded_uid(request));
      observation.ownership = claim.ownership;
      if (claim.ownership != Ownership::ours && !request.desired.is_null()) {
        observation.before = without_server_fields(live);
        mark_secret_data(observation.before);
      }
      observation.owner = claim.owner;
      if (given_back(request, live)) observation.ownership = Ownership::unowned;
      observation.version = version_of(live);
      std::vector<TakenField> taken;
      if (!request.desired.is_null() && claim.ownership == Ownership::ours &&
          !manifest_of(request).is_unknown())
        taken = taken_fields(request, live, changes_of(request, live, server_shape(live)));
      observation.attributes = attributes_of(request, std::move(live));
      if (auto conflict = describe_taken(taken, request.adoption, sights[i].name.print())) {
        conflict->address = request.address.print();
        observation.diagnostics.push_back(std::move(*conflict));
        Value::List conflicts;
        for (const TakenField& field : taken)
          conflicts.push_back(
              Value(Value::Object{{"field", Value(print_path(field.path))},
                                  {"manager", Value(field.owners.front().manager)}}));
        observation.attributes.set("conflicts", Value(std::move(conflicts)));
      }
    }
    observations.push_back(std::move(observation));
  }
  co_return observations;
}

Task<Result<Value>> ObjectHandler::settle(WaitRequest request, ProgressSink& progress) {
  const Value manifest = manifest_of(request.resource);
  const Value wait = argument(request.resource, "wait");
  Result<std::vector<WaitRule>> rules = parse_wait_rules(argument(request.resource, "wait_for"));
  if (!rules) co_return with_address(rules.failure(), request.resource.address.print());
  if (wait == Value("none") || (rules->empty() && waits_for(manifest).empty()))
    co_return request.attributes;
  // What was just written has the first word: a replacement may have another name than the recorded
  // object.
  const Value* written = request.attributes.find("object");
  const bool known = written != nullptr && written->is_object();
  const ObjectName name =
      known ? name_of(*written) : target_of(request.resource, api_->connection().namespace_name);
  ObjectName wanted = name;
  const KindLookup lookup = co_await api_->find_kind(name.api_version, name.kind);
  if (!lookup.path) {
    Diagnostics why = lookup.diagnostics;
    if (why.empty())
      why.push_back(make_error("the kind is not served by this cluster",
                               name.print() + " (" + name.api_version + ") is not served."));
    co_return with_address(std::move(why), request.resource.address.print());
  }
  if (!lookup.path->namespaced) wanted.namespace_name.clear();
  const Value* token_generation = request.token.find("generation");
  const std::int64_t generation = token_generation != nullptr && token_generation->is_integer()
                                      ? token_generation->as_integer()
                                      : 0;
  Decide decide = [rules = std::move(*rules), generation](const Value& object) {
    if (object.is_null())
      return Readiness{Readiness::State::waiting, {"exists", "false", "", ""}, ""};
    return rules.empty() ? readiness_of(object, generation)
                         : readiness_by(rules, object, generation);
  };
  WaitTarget target{*lookup.path, wanted, request.resource.address};
  Result<Value> ready = co_await wait_for_object(api_, std::move(target), std::move(decide),
                                                 limits_of(request), progress);
  if (!ready) co_return ready.failure();
  co_return attributes_of(request.resource, std::move(*ready));
}

std::unique_ptr<Handler> make_object_handler(std::shared_ptr<Api> api) {
  return std::make_unique<ObjectHandler>(std::move(api));
}

}  // namespace crosstie::kubernetes
