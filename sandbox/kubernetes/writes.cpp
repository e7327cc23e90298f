// Create, update, patch and server-side apply: from a request body to a stored object.
#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/body.hpp"
#include "sandbox/kubernetes/managed_fields.hpp"
#include "sandbox/kubernetes/object_rules.hpp"
#include "sandbox/kubernetes/patches.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/service_rules.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kApply = "application/apply-patch+yaml";

FieldWrite field_write(const Call& call, const WriteOptions& options) {
  return {options.manager,       call.kind->api_version(call.info.version),
          call.info.subresource, call.kind->status,
          Clock::now_seconds(),  call.kind->fields.get(),
          call.kind->custom};
}

void throw_if_invalid(const Call& call, const json& object, const json* before) {
  const std::vector<Cause> causes = validate_object(*call.kind, object, before);
  if (!causes.empty())
    throw invalid(kind_subject(*call.kind, object["metadata"].value("name", "")), causes);
}

/// Admission plugin NamespaceLifecycle.
void admit_namespace(const Call& call, const std::string& name) {
  if (!call.kind->namespaced) return;
  const std::string& space = call.info.namespace_name;
  const json* found = call.server.store.find({"", "namespaces", "", space});
  if (!found) throw not_found({"", "namespaces", space});
  if (!found->at("metadata").contains("deletionTimestamp")) return;
  const json causes = json::array({{{"reason", "NamespaceTerminating"},
                                    {"message", "namespace " + space + " is being terminated"},
                                    {"field", "metadata.namespace"}}});
  throw forbidden(
      {call.kind->group, call.kind->resource, name},
      "unable to create new content in namespace " + space + " because it is being terminated",
      causes);
}

void check_namespace_match(const Call& call, json& metadata) {
  if (!call.kind->namespaced) {
    metadata.erase("namespace");
    return;
  }
  const std::string given = metadata.value("namespace", "");
  if (!given.empty() && given != call.info.namespace_name) {
    throw bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata["namespace"] = call.info.namespace_name;
}

void check_name_match(const Call& call, json& metadata) {
  const std::string given = metadata.value("name", "");
  if (!given.empty() && given != call.info.name) {
    throw bad_request("the name of the object (" + given +
                      ") does not match the name on the URL (" + call.info.name + ")");
  }
  metadata["name"] = call.info.name;
}

std::string random_suffix(Server& server) {
  constexpr const char* kLetters = "bcdfghjklmnpqrstvwxz2456789";  // apimachinery/pkg/util/rand
  std::string suffix;
  for (int letter = 0; letter < 5; ++letter) suffix += kLetters[server.context.ids.next() % 27];
  return suffix;
}

/// What each kind's strategy sets on a new object (PrepareForCreate).
void prepare_new(const Call& call, json& object) {
  const std::string& kind = call.kind->kind;
  if (call.kind->status) object.erase("status");
  if (call.kind->custom) return;
  if (kind == "Service") object["status"] = {{"loadBalancer", json::object()}};
  if (kind == "Pod") object["status"] = {{"phase", "Pending"}, {"qosClass", "BestEffort"}};
  if (kind == "PersistentVolumeClaim") object["status"] = {{"phase", "Pending"}};
  if (kind == "Deployment") object["status"] = json::object();
  if (kind == "StatefulSet") object["status"] = {{"availableReplicas", 0}, {"replicas", 0}};
  if (kind == "Namespace") {
    object["spec"]["finalizers"] = {"kubernetes"};
    object["status"] = {{"phase", "Active"}};
  }
  if (kind != "CustomResourceDefinition") return;
  json conditions = json::array();
  for (const char* type : {"NamesAccepted", "Established"}) {
    conditions.push_back({{"type", type},
                          {"status", "True"},
                          {"reason", "NoConflicts"},
                          {"lastTransitionTime", Clock::now_seconds()},
                          {"message", "no conflicts found"}});
  }
  json stored = json::array();
  for (const json& version : object["spec"].value("versions", json::array())) {
    if (version.value("storage", false)) stored.push_back(version.at("name"));
  }
  object["status"] = {{"conditions", conditions},
                      {"acceptedNames", object["spec"].value("names", json::object())},
                      {"storedVersions", stored}};
}

void check_definition(const Call& call, const json& object) {
  if (call.kind->kind != "CustomResourceDefinition") return;
  const json spec = object.value("spec", json::object());
  std::vector<Cause> causes;
  for (const char* field : {"group", "scope", "names", "versions"}) {
    if (!spec.contains(field)) causes.push_back(Cause::required("spec." + std::string(field)));
  }
  const json names = spec.value("names", json::object());
  for (const char* field : {"plural", "kind"}) {
    if (!names.contains(field))
      causes.push_back(Cause::required("spec.names." + std::string(field)));
  }
  const std::string name = object["metadata"].value("name", "");
  if (causes.empty() && name != names.value("plural", "") + "." + spec.value("group", "")) {
    causes.push_back(Cause::invalid("metadata.name", json(name).dump(),
                                    "must be spec.names.plural+\".\"+spec.group"));
  }
  if (!causes.empty()) throw invalid(kind_subject(*call.kind, name), causes);
}

/// From a complete new object to its answer; `object` carries its managedFields.
Response store_new(Call& call, json object, const WriteOptions& options) {
  Server& server = call.server;
  const std::string name = object["metadata"].value("name", "");
  prepare_new(call, object);
  throw_if_invalid(call, object, nullptr);
  check_definition(call, object);
  if (call.kind->kind == "Service" && !call.kind->custom) allocate_service(object, server.store);
  const ObjectKey key = call.key_of(name);
  if (const json* known = server.store.find(key)) {
    throw already_exists({call.kind->group, call.kind->resource, name},
                         known->at("metadata").contains("deletionTimestamp"));
  }
  const json stored = options.dry_run ? server.store.preview_create(key, std::move(object))
                                      : server.store.create(key, std::move(object));
  return respond(call.request, 201, call.shown(stored));
}

/// Parts of an update that the writer has no say in: identity, what deletion set, and status or all
/// but status.
void keep_untouchable(const Call& call, json& object, const json& before) {
  if (call.info.subresource == "status") {
    json merged = before;
    merged["metadata"]["resourceVersion"] = object["metadata"].value("resourceVersion", "");
    merged.erase("status");
    if (object.contains("status")) merged["status"] = object["status"];
    object = std::move(merged);
    return;
  }
  if (call.kind->status) {
    object.erase("status");
    if (before.contains("status")) object["status"] = before.at("status");
  }
  for (const char* field : {"uid", "creationTimestamp", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "generation", "namespace"}) {
    const json& metadata = before.at("metadata");
    const bool settable = std::string(field) == "uid" && object["metadata"].contains(field);
    if (settable) continue;
    object["metadata"].erase(field);
    if (metadata.contains(field)) object["metadata"][field] = metadata.at(field);
  }
}

/// From a complete changed object to its answer.
Response store_changed(Call& call, json object, const json& before, const WriteOptions& options) {
  Server& server = call.server;
  const bool service = call.kind->kind == "Service" && !call.kind->custom;
  if (service && call.info.subresource.empty()) carry_allocated(object, before);
  if (call.kind->kind == "Namespace") object["spec"] = before.value("spec", json::object());
  if (call.info.subresource.empty()) throw_if_invalid(call, object, &before);
  check_definition(call, object);
  if (service && call.info.subresource.empty()) allocate_service(object, server.store);
  const ObjectKey key = call.key();
  json result = server.store.preview_replace(key, object);
  if (same_content(result, before)) return respond(call.request, 200, call.shown(before));
  if (options.dry_run) return respond(call.request, 200, call.shown(std::move(result)));
  const json stored = server.store.replace(key, std::move(object));
  return respond(call.request, 200, call.shown(stored));
}

/// An update by anything but apply: conflicts, defaults, ownership.
Response finish_update(Call& call, json object, const json& before, const WriteOptions& options) {
  const json& stored_version = before.at("metadata").at("resourceVersion");
  const json given = object["metadata"].value("resourceVersion", json(""));
  if (given != "" && given != "0" && given != stored_version)
    throw modified_conflict(call.subject());
  keep_untouchable(call, object, before);
  object["metadata"]["resourceVersion"] = stored_version;
  normalize(*call.kind, object);
  set_defaults(*call.kind, object);
  return store_changed(call, track_update(before, std::move(object), field_write(call, options)),
                       before, options);
}

Response apply_new(Call& call, json config, const WriteOptions& options) {
  json& metadata = config["metadata"];
  if (metadata.contains("uid")) {
    throw conflict(call.subject(), "uid mismatch: the provided object specified uid " +
                                       metadata["uid"].get<std::string>() +
                                       ", and no existing object was found");
  }
  metadata.erase(
      "resourceVersion");  // not looked at where nothing is stored (kube-apiserver 1.34.4)
  json object =
      apply_config(empty_object(*call.kind), config, field_write(call, options), options.force);
  normalize(*call.kind, object);
  set_defaults(*call.kind, object);
  admit_namespace(call, call.info.name);
  return store_new(call, std::move(object), options);
}

Response apply_object(Call& call) {
  const WriteOptions options = read_write_options(call.request, "PatchOptions", true);
  json config = parse_yaml_body(call.request);
  if (!config.is_object() || !config.contains("apiVersion") || !config.contains("kind")) {
    throw bad_request("error decoding YAML: Object 'Kind' or 'apiVersion' is missing");
  }
  const std::string version = call.kind->api_version(call.info.version);
  if (config["apiVersion"] != version || config["kind"] != call.kind->kind) {
    throw bad_request("Incorrect version specified in apply patch. Specified patch version: " +
                      config.value("apiVersion", "") + ", expected: " + version);
  }
  if (!config.contains("metadata")) config["metadata"] = json::object();
  if (config["metadata"].contains("managedFields"))
    throw bad_request("metadata.managedFields must be nil");
  check_declared(call, config);
  check_object(call, config, options);
  check_name_match(call, config["metadata"]);
  check_namespace_match(call, config["metadata"]);
  const json* stored = call.server.store.find(call.key());
  if (!stored) return apply_new(call, std::move(config), options);
  const json before = *stored;
  const json given = config["metadata"].value("resourceVersion", json(""));
  if (given != "" && given != before.at("metadata").at("resourceVersion"))
    throw modified_conflict(call.subject());
  json object = apply_config(before, config, field_write(call, options), options.force);
  keep_untouchable(call, object, before);
  normalize(*call.kind, object);
  set_defaults(*call.kind, object);
  return store_changed(call, std::move(object), before, options);
}

json patched(Call& call, const std::string& type, const json& before) {
  const json shown = call.shown(before);
  const json patch = parse_json_body(call.request, "");
  if (type == "application/json-patch+json") return json_patch(shown, patch);
  if (type == "application/merge-patch+json") return merge_patch(shown, patch);
  return strategic_patch(shown, patch, call.kind->fields.get());
}

}  // namespace

Response create_object(Call& call) {
  const WriteOptions options = read_write_options(call.request, "CreateOptions");
  json object = read_object(call, options);
  json& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = json::object();
  if (!metadata.value("resourceVersion", "").empty())
    throw StatusError(500, "", "resourceVersion should not be set on objects to be created");
  for (const char* field :
       {"uid", "creationTimestamp", "generation", "selfLink", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "resourceVersion"})
    metadata.erase(field);
  check_namespace_match(call, metadata);
  std::string name = metadata.value("name", "");
  if (name.empty() && !metadata.value("generateName", "").empty()) {
    name = metadata["generateName"].get<std::string>() + random_suffix(call.server);
    metadata["name"] = name;
  }
  admit_namespace(call, name);
  if (name.empty())
    throw invalid(kind_subject(*call.kind, ""),
                  {Cause::required("metadata.name", "name or generateName is required")});
  normalize(*call.kind, object);
  set_defaults(*call.kind, object);
  if (call.kind->status) object.erase("status");
  object = track_update(empty_object(*call.kind), std::move(object), field_write(call, options));
  return store_new(call, std::move(object), options);
}

Response update_object(Call& call) {
  const WriteOptions options = read_write_options(call.request, "UpdateOptions");
  json object = read_object(call, options);
  if (!object["metadata"].is_object()) object["metadata"] = json::object();
  json& metadata = object["metadata"];
  check_name_match(call, metadata);
  check_namespace_match(call, metadata);
  const json before = call.existing();
  const std::string uid = metadata.value("uid", "");
  const std::string stored_uid = before.at("metadata").at("uid");
  if (!uid.empty() && uid != stored_uid) {
    throw conflict(call.subject(), "Precondition failed: UID in precondition: " + uid +
                                       ", UID in object meta: " + stored_uid);
  }
  if (call.kind->custom && metadata.value("resourceVersion", "").empty()) {
    throw invalid(call.subject(), {Cause::invalid("metadata.resourceVersion", "0x0",
                                                  "must be specified for an update")});
  }
  return finish_update(call, std::move(object), before, options);
}

Response patch_object(Call& call) {
  const std::string type = content_type(call.request);
  if (type == kApply) return apply_object(call);
  const bool strategic = type == "application/strategic-merge-patch+json";
  if (type != "application/json-patch+json" && type != "application/merge-patch+json" &&
      !strategic) {
    throw StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", json::object());
  }
  if (strategic && call.kind->custom)
    throw unsupported_media_type(
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
  const WriteOptions options = read_write_options(call.request, "PatchOptions");
  const json before = call.existing();
  json object = patched(call, type, before);
  if (!object.is_object() || !object.value("metadata", json()).is_object())
    throw unprocessable_patch();
  check_object(call, object, options);
  return finish_update(call, std::move(object), before, options);
}

}  // namespace crosstie::sandbox::kubernetes
