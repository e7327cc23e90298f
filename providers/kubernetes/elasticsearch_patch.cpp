#include "providers/kubernetes/elasticsearch_patch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/batch.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/elasticsearch_patch_plan.hpp"
#include "providers/kubernetes/elasticsearch_restart.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/object_handler.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/wait.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::size_t kManagerMax = 128;

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "kubernetes.elasticsearch_patch";
  schema.summary =
      "Fields of an existing ECK Elasticsearch resource; the rest of it stays its owner's";
  AttributeSchema wait = attribute("wait", AttributeType::string,
                                   "auto: until the operator has seen the change, the phase is "
                                   "Ready and health green. none: not at all.");
  wait.allowed = {"auto", "none"};
  AttributeSchema restart_when =
      attribute("restart_when", AttributeType::string,
                "green: a change that restarts pods is refused in the plan while the cluster is "
                "not green, another restart is running, or orchestration is paused. any: not so. "
                "Taking the patch out again is never refused.");
  restart_when.allowed = {"green", "any"};
  AttributeSchema node_sets =
      attribute("node_sets", AttributeType::object,
                "Entries put into every nodeSet, beside the user's own: what is there already "
                "stays the user's, what is put in is taken out again.");
  node_sets.members = {
      attribute("config", AttributeType::object,
                "Settings of elasticsearch.yml, dotted or nested. A list's items are appended to "
                "the user's."),
      attribute("volumes", AttributeType::list, "As in podTemplate.spec.volumes."),
      attribute("volume_mounts", AttributeType::list,
                "As in volumeMounts of the container `elasticsearch`, which is made if absent.")};
  schema.attributes = {
      identity(required(
          attribute("name", AttributeType::string, "Name of the Elasticsearch resource."))),
      identity(attribute("namespace", AttributeType::string,
                         "Its namespace; that of the context when left out.")),
      attribute("spec", AttributeType::object,
                "The fields of its spec that this resource owns, nodeSets aside. Nulls are left "
                "out. At least one of `spec` and `node_sets` is given."),
      node_sets,
      wait,
      restart_when,
      attribute("timeout", AttributeType::any, "Longest wait, such as 60m."),
      computed("uid", AttributeType::string, "uid of the Elasticsearch resource."),
      computed("generation", AttributeType::number, "metadata.generation after the change."),
      computed("health", AttributeType::string, "status.health."),
      computed("phase", AttributeType::string, "status.phase."),
      computed("nodes", AttributeType::number, "Nodes of all nodeSets."),
      computed("node_set_entries", AttributeType::list,
               "Of each nodeSet: name, count, and what stands where `node_sets` puts entries."),
      computed("ledger", AttributeType::object,
               "Who wants which entries in the nodeSets and what was put in: the annotation "
               "crosstie.dev/node-sets of the Elasticsearch resource."),
      computed("manager", AttributeType::string,
               "Field manager that owns the fields of `spec`, where `node_sets` is given too."),
      computed("rolling", AttributeType::boolean,
               "True until the restart that this resource began has been waited for.")};
  return schema;
}

/// A write of it has no known end yet, or its restart was not waited for to the end.
bool began_a_restart(const ResourceRequest& request) {
  return !request.pending_operation.empty() ||
         (request.prior && request.prior->attributes.flag("rolling"));
}

}  // namespace

Value value_or_null(const Value& object, std::initializer_list<std::string_view> path) {
  const Value* found = object.at(path);
  return found == nullptr ? Value() : *found;
}

/// {spec: ...} as it is sent.
Value wrapped_spec(const Value& spec) {
  return normalise_manifest(
      Value(Value::Object{{"spec", spec.is_null() ? Value(Value::Object{}) : spec}}));
}

Value recorded_spec(const ResourceRequest& request) {
  const Value* spec = request.prior ? request.prior->desired.find("spec") : nullptr;
  return spec == nullptr ? Value() : *spec;
}

std::string manager_of(const ResourceRequest& request) {
  return patch_manager(request.lineage, request.address.print());
}

ObjectName cluster_of(const ResourceRequest& request, const std::string& default_namespace) {
  ObjectName name{kElasticsearchVersion, kElasticsearchKind, "", ""};
  const Value& from = request.prior ? request.prior->desired : request.desired;
  name.name = from.text("name");
  name.namespace_name = from.text("namespace", default_namespace);
  return name;
}

Diagnostics check_spec(const ResourceRequest& request) {
  Diagnostics problems;
  const Value* spec = request.desired.find("spec");
  const bool has_spec = spec != nullptr && !spec->is_null();
  if (!has_spec && !wants_node_sets(request))
    problems.push_back(make_error("the patch is empty",
                                  "Neither `spec` nor `node_sets` says what to change.",
                                  "To fix it, give at least one of them."));
  if (has_spec && !spec->is_unknown() && !spec->is_object()) {
    problems.push_back(
        make_error("the patch cannot be used",
                   "`spec` is a " + std::string(kind_name(*spec)) + ", not a mapping."));
  } else if (has_spec && spec->find("nodeSets") != nullptr) {
    problems.push_back(
        make_error("nodeSets cannot be patched",
                   "`spec.nodeSets` is one list to the API server, owned whole by whoever wrote it "
                   "last, so that a part of it cannot be owned by this resource.",
                   "To fix it, name entries for every nodeSet under `node_sets`, or change "
                   "nodeSets where the Elasticsearch resource is kept."));
  }
  if (Result<std::optional<NodeSetEntries>> entries = wanted_entries(request); !entries)
    append(problems, entries.failure());
  return problems;
}

std::vector<FieldChange> patch_changes(const ResourceRequest& request, const Value& live) {
  const Value desired = wrapped_spec(argument(request, "spec"));
  std::vector<FieldChange> changes = compare_manifest(desired, live);
  for (FieldChange& change : dropped_fields(wrapped_spec(recorded_spec(request)), desired, live))
    changes.push_back(std::move(change));
  return changes;
}

Value patch_attributes(const ResourceRequest& request, const Value& live) {
  const Value shape =
      merge_values(wrapped_spec(recorded_spec(request)), wrapped_spec(argument(request, "spec")));
  const Value seen = project(live, shape);
  Value attributes(Value::Object{});
  for (const char* key : {"name", "namespace"})
    attributes.set(key, value_or_null(live, {"metadata", key}));
  attributes.set("spec",
                 seen.find("spec") == nullptr ? Value(Value::Object{}) : *seen.find("spec"));
  attributes.set("uid", value_or_null(live, {"metadata", "uid"}));
  attributes.set("generation", value_or_null(live, {"metadata", "generation"}));
  attributes.set("health", value_or_null(live, {"status", "health"}));
  attributes.set("phase", value_or_null(live, {"status", "phase"}));
  attributes.set("nodes", Value(node_count(live)));
  set_node_set_attributes(request, live, attributes);
  const bool has_spec = !argument(request, "spec").is_null();
  const Value* managed = live.at({"metadata", "managedFields"});
  const std::string manager = manager_of(request);
  if (wants_node_sets(request) && has_spec && managed != nullptr)
    attributes.set("manager", applies(*managed, manager) ? Value(manager) : Value(""));
  return attributes;
}

std::vector<TakenField> taken_by_others(const ResourceRequest& request, const Value& live,
                                        const std::vector<FieldChange>& changes) {
  std::vector<TakenField> taken;
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr) return taken;
  const Value desired = wrapped_spec(argument(request, "spec"));
  const Value recorded = wrapped_spec(recorded_spec(request));
  const std::string manager = manager_of(request);
  for (const FieldChange& change : changes) {
    if (change.after_absent) continue;
    TakenField field;
    field.path = change.path;
    for (FieldOwner& owner : owners_of(*managed, change.path, desired))
      if (owner.manager != manager) field.owners.push_back(std::move(owner));
    field.recorded = recorded.at(change.path) != nullptr;
    if (!field.owners.empty()) taken.push_back(std::move(field));
  }
  return taken;
}

Diagnostic no_cluster(const ObjectName& name) {
  return make_error(
      "the Elasticsearch resource does not exist",
      name.print() + " does not exist; this resource only changes an existing one.",
      "To see what there is:\n    kubectl get elasticsearch -n " + name.namespace_name);
}

const ResourceSchema& ElasticsearchPatch::schema() const {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

Difference ElasticsearchPatch::diff(const ResourceRequest& request,
                                    const Observation& observed) const {
  Difference difference;
  if (request.desired.is_null()) return difference;
  for (const char* key : {"name", "namespace"}) {
    const Value* wants = request.desired.find(key);
    const std::string has = observed.attributes.text(key);
    if (wants == nullptr || wants->is_null() || has.empty()) continue;
    if (wants->is_unknown() || !(*wants == Value(has)))
      difference.fields.push_back({{{std::string(key)}}, Value(has), *wants, true, ""});
  }
  if (difference.any()) return difference;
  const Value* seen = observed.attributes.find("spec");
  const Value live(Value::Object{{"spec", seen == nullptr ? Value() : *seen}});
  for (FieldChange& change : patch_changes(request, live)) {
    difference.fields.push_back(
        {std::move(change.path), std::move(change.before), std::move(change.after), false, ""});
  }
  for (FieldChange& change : node_sets_difference(request, observed.attributes)) {
    difference.fields.push_back(
        {std::move(change.path), std::move(change.before), std::move(change.after), false, ""});
  }
  // A run that was cut off between the write and the apply that says whose the fields are.
  const Value* manager = observed.attributes.find("manager");
  if (manager != nullptr && *manager == Value("") && wants_node_sets(request))
    difference.fields.push_back(
        {{{std::string("manager")}}, Value(), Value(manager_of(request)), false, ""});
  return difference;
}

Task<std::vector<Observation>> ElasticsearchPatch::observe(std::vector<ResourceRequest> batch) {
  std::vector<Look> looks;
  for (const ResourceRequest& request : batch) {
    Look look;
    look.name = cluster_of(request, api_->connection().namespace_name);
    if (!request.desired.is_null()) look.problems = check_spec(request);
    note_wish(request, look.name);
    for (const char* key : {"name", "namespace"}) {
      const Value* part = request.desired.find(key);
      if (!request.prior && part != nullptr && part->is_unknown())
        look.reason = "its name is " + unknown_reason(*part);
    }
    looks.push_back(std::move(look));
  }
  const std::vector<Sight> sights = co_await look_at(api_, std::move(looks));
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Observation observation = sights[i].observation;
    if (observation.presence == Presence::present) {
      // A restart that another step of ours began, in this run or one that was cut off.
      const bool ours =
          wrote_latest(sights[i].object) ||
          std::any_of(batch.begin(), batch.end(), [&](const ResourceRequest& other) {
            return began_a_restart(other) &&
                   cluster_of(other, api_->connection().namespace_name) == sights[i].name;
          });
      observation = judge(batch[i], sights[i].object, ours);
    } else if (observation.presence == Presence::absent && !batch[i].prior &&
               !batch[i].desired.is_null()) {
      observation =
          unchecked(sights[i].not_yet.empty() ? sights[i].name.print() + " does not exist yet"
                                              : sights[i].not_yet);
    }
    observation.diagnostics =
        with_address(std::move(observation.diagnostics), batch[i].address.print());
    observations.push_back(std::move(observation));
  }
  co_return observations;
}

Task<Result<Value>> ElasticsearchPatch::settle(WaitRequest request, ProgressSink& progress) {
  if (!waits_for_ready(request.resource) || request.attributes.is_null()) {
    Value attributes = request.attributes;
    attributes.erase("rolling");
    co_return attributes;
  }
  ObjectName name{kElasticsearchVersion, kElasticsearchKind,
                  request.attributes.text("namespace", api_->connection().namespace_name),
                  request.attributes.text("name")};
  const KindLookup lookup = co_await api_->find_kind(kElasticsearchVersion, kElasticsearchKind);
  if (!lookup.path) {
    Diagnostics why = lookup.diagnostics;
    if (why.empty()) why.push_back(no_cluster(name));
    co_return with_address(std::move(why), request.resource.address.print());
  }
  const Value* token = request.token.find("generation");
  const std::int64_t generation = token != nullptr && token->is_integer() ? token->as_integer() : 0;
  const Value* pods = request.token.find("restarts");
  const std::int64_t restarts = pods != nullptr && pods->is_integer() ? pods->as_integer() : 0;
  Decide decide = [generation, restarts](const Value& object) {
    if (object.is_null())
      return Readiness{Readiness::State::failing,
                       {"exists", "false", "", ""},
                       "The Elasticsearch resource is gone."};
    const Diagnostics switches = orchestration_switches(object);
    Readiness readiness = readiness_of(object, generation);
    if (readiness.state == Readiness::State::waiting) {
      std::string progress_words = restart_progress(object, restarts);
      if (!progress_words.empty()) readiness.shown.detail = std::move(progress_words);
    }
    if (readiness.state == Readiness::State::waiting && !switches.empty()) {
      readiness.shown.detail = switches.front().detail;
      if (has_errors(switches)) {
        readiness.state = Readiness::State::failing;
        readiness.failure = switches.front().detail;
      }
    }
    return readiness;
  };
  WaitTarget target{*lookup.path, name, request.resource.address};
  Result<Value> ready = co_await wait_for_object(api_, std::move(target), std::move(decide),
                                                 limits_of(request), progress);
  if (!ready) co_return ready.failure();
  co_return patch_attributes(request.resource, *ready);
}

std::string patch_manager(const std::string& lineage, const std::string& address) {
  std::string manager = "crosstie:" + lineage.substr(0, 8) + ":" + address;
  if (manager.size() <= kManagerMax) return manager;
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a, 64 bits
  for (const unsigned char c : address) hash = (hash ^ c) * 1099511628211u;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return manager.substr(0, kManagerMax - 17) + "~" + text;
}

Diagnostics orchestration_switches(const Value& elasticsearch) {
  Diagnostics found;
  const Value* annotations = elasticsearch.at({"metadata", "annotations"});
  if (annotations == nullptr) return found;
  if (annotations->text("eck.k8s.elastic.co/managed") == "false") {
    found.push_back(
        make_error("ECK does not manage this cluster",
                   "Annotation eck.k8s.elastic.co/managed is \"false\": the operator does nothing "
                   "with this cluster, so that a change would never take effect.",
                   "To fix it, take the annotation away, or set `wait: none`."));
  }
  if (annotations->text("eck.k8s.elastic.co/pause-orchestration") == "true") {
    found.push_back(make_warning("ECK's orchestration of this cluster is paused",
                                 "Annotation eck.k8s.elastic.co/pause-orchestration is \"true\": "
                                 "pods do not restart until it is taken away."));
  }
  return found;
}

std::int64_t node_count(const Value& elasticsearch) {
  const Value* sets = elasticsearch.at({"spec", "nodeSets"});
  if (sets == nullptr || !sets->is_list()) return 0;
  std::int64_t nodes = 0;
  for (const Value& set : sets->as_list()) {
    const Value* count = set.find("count");
    nodes += count != nullptr && count->is_integer() ? count->as_integer() : 1;
  }
  return nodes;
}

std::unique_ptr<Handler> make_elasticsearch_patch_handler(std::shared_ptr<Api> api) {
  return std::make_unique<ElasticsearchPatch>(std::move(api));
}

}  // namespace crosstie::kubernetes
