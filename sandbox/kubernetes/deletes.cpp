// DELETE of one object and of a collection.
#include <set>
#include <string>
#include <utility>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/body.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/lifecycle.hpp"
#include "sandbox/kubernetes/protobuf.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/selectors.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

struct DeleteOptions {
  bool dry_run = false;
  Propagation propagation = Propagation::background;
  std::string uid;
  std::string resource_version;
};

DeleteOptions read_delete_options(const Request& request) {
  json body = json::object();
  const std::string type = content_type(request);
  if (!request.body.empty()) {
    if (type == kProtobuf) {
      body = parse_protobuf(request.body);
    } else {
      body = type == "application/yaml" ? parse_yaml_body(request)
                                        : parse_json_body(request, "DeleteOptions");
    }
  }
  if (!body.is_object())
    throw bad_request("the object provided is unrecognized (must be of type DeleteOptions)");
  DeleteOptions options;
  options.dry_run = read_write_options(request, "DeleteOptions").dry_run;
  for (const json& value : body.value("dryRun", json::array())) {
    if (value != "All")
      throw invalid({"meta.k8s.io", "DeleteOptions", ""},
                    {Cause::not_supported("dryRun", "[]string{" + value.dump() + "}", {"All"})});
    options.dry_run = true;
  }
  const std::string policy =
      body.value("propagationPolicy", request.query_value("propagationPolicy").value_or(""));
  if (policy == "Foreground") options.propagation = Propagation::foreground;
  const bool orphans =
      body.value("orphanDependents", false) || query_flag(request, "orphanDependents");
  if (policy == "Orphan" || (policy.empty() && orphans)) options.propagation = Propagation::orphan;
  if (!policy.empty() && policy != "Foreground" && policy != "Orphan" && policy != "Background") {
    throw invalid({"meta.k8s.io", "DeleteOptions", ""},
                  {Cause::not_supported("propagationPolicy", json(policy).dump(),
                                        {"Background", "Foreground", "Orphan"})});
  }
  const json preconditions = body.value("preconditions", json::object());
  options.uid = preconditions.value("uid", "");
  options.resource_version = preconditions.value("resourceVersion", "");
  return options;
}

void check_preconditions(const Call& call, const json& object, const DeleteOptions& options) {
  const Subject subject{call.kind->group, call.kind->kind, call.info.name};
  const std::string uid = object.at("metadata").at("uid");
  const std::string version = object.at("metadata").at("resourceVersion");
  if (!options.uid.empty() && options.uid != uid) {
    throw conflict(subject, "the UID in the precondition (" + options.uid +
                                ") does not match the UID in record (" + uid +
                                "). The object might have been deleted and then recreated");
  }
  if (!options.resource_version.empty() && options.resource_version != version) {
    throw conflict(subject, "the ResourceVersion in the precondition (" + options.resource_version +
                                ") does not match the ResourceVersion in record (" + version +
                                "). The object might have been modified");
  }
}

/// Kinds whose DELETE answers with the object even when it is gone at once (API reference, "Delete"
/// of each kind).
bool returns_object(const Kind& kind) {
  static const std::set<std::string> kKinds = {
      "Pod",          "Service", "ServiceAccount", "PersistentVolumeClaim", "PersistentVolume",
      "ResourceQuota"};
  return !kind.custom && kKinds.contains(kind.kind);
}

}  // namespace

Response delete_object(Call& call) {
  const DeleteOptions options = read_delete_options(call.request);
  // A copy: the object is about to go. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const json before = call.existing();
  check_preconditions(call, before, options);
  if (call.kind->kind == "Namespace" &&
      (call.info.name == "default" || call.info.name == "kube-system" ||
       call.info.name == "kube-public")) {
    throw forbidden(call.subject(), "this namespace may not be deleted");
  }
  Lifecycle& lifecycle = *call.server.lifecycle;
  bool gone = false;
  json object = lifecycle.preview_remove(call.key(), options.propagation, gone);
  if (!options.dry_run) object = lifecycle.remove(call.key(), options.propagation);
  if (!gone || returns_object(*call.kind))
    return respond(call.request, 200, call.shown(std::move(object)));
  return respond(call.request, 200,
                 success_status(call.subject(), before.at("metadata").at("uid")));
}

Response delete_collection(Call& call) {
  const DeleteOptions options = read_delete_options(call.request);
  const LabelSelector labels(call.request.query_value("labelSelector").value_or(""));
  const FieldSelector fields(call.request.query_value("fieldSelector").value_or(""), *call.kind);
  if (!call.kind->verbs.empty() || (call.kind->namespaced && call.info.namespace_name.empty()) ||
      call.kind->kind == "Namespace")
    throw method_not_allowed();
  json items = json::array();
  for (const json* object :
       call.server.store.list(call.kind->group, call.kind->resource,
                              call.kind->namespaced ? call.info.namespace_name : "")) {
    if (labels.matches(object->at("metadata").value("labels", json::object())) &&
        fields.matches(*object))
      items.push_back(*object);
  }
  for (const json& item : items) {
    if (!options.dry_run)
      call.server.lifecycle->remove(call.key_of(item.at("metadata").at("name")),
                                    options.propagation);
  }
  json list = {
      {"kind", call.kind->kind + "List"},
      {"apiVersion", call.kind->api_version(call.info.version)},
      {"metadata", {{"resourceVersion", std::to_string(call.server.store.resource_version())}}},
      {"items", std::move(items)}};
  return respond(call.request, 200, list);
}

}  // namespace crosstie::sandbox::kubernetes
