#include "sandbox/kubernetes/pod_defaults.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

void fill(json& object, const char* field, json value) {
  if (object.is_object() && !object.contains(field)) object[field] = std::move(value);
}

void fill_container(json& container) {
  if (!container.is_object()) return;
  const std::string image = container.value("image", "");
  const std::size_t tag =
      image.find(':', image.find_last_of('/') == std::string::npos ? 0 : image.find_last_of('/'));
  const bool latest = tag == std::string::npos || image.substr(tag) == ":latest";
  fill(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
  fill(container, "resources", json::object());
  fill(container, "terminationMessagePath", "/dev/termination-log");
  fill(container, "terminationMessagePolicy", "File");
  if (!container.contains("ports")) return;
  for (json& port : container["ports"]) fill(port, "protocol", "TCP");
}

void fill_pod_spec(json& spec) {
  if (!spec.is_object()) return;
  for (const char* list : {"containers", "initContainers"}) {
    if (!spec.contains(list) || !spec[list].is_array()) continue;
    for (json& container : spec[list]) fill_container(container);
  }
  fill(spec, "dnsPolicy", "ClusterFirst");
  fill(spec, "restartPolicy", "Always");
  fill(spec, "schedulerName", "default-scheduler");
  fill(spec, "securityContext", json::object());
  fill(spec, "terminationGracePeriodSeconds", 30);
  if (!spec.contains("volumes")) return;
  for (json& volume : spec["volumes"]) {
    if (volume.contains("secret")) fill(volume["secret"], "defaultMode", 420);
    if (volume.contains("configMap")) fill(volume["configMap"], "defaultMode", 420);
  }
}

}  // namespace

void set_workload_defaults(const std::string& kind, json& object) {
  if (!object.contains("spec") || !object["spec"].is_object()) return;
  json& spec = object["spec"];
  if (kind == "Pod") {
    fill_pod_spec(spec);
    fill(spec, "enableServiceLinks", true);
    return;
  }
  if (spec.contains("template") && spec["template"].contains("spec"))
    fill_pod_spec(spec["template"]["spec"]);
  if (kind == "StatefulSet") {
    fill(spec, "replicas", 1);
    fill(spec, "podManagementPolicy", "OrderedReady");
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "updateStrategy",
         {{"type", "RollingUpdate"}, {"rollingUpdate", {{"partition", 0}}}});
    fill(spec, "persistentVolumeClaimRetentionPolicy",
         {{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}});
  }
  if (kind == "Deployment") {
    fill(spec, "replicas", 1);
    fill(spec, "progressDeadlineSeconds", 600);
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "strategy",
         {{"type", "RollingUpdate"},
          {"rollingUpdate", {{"maxSurge", "25%"}, {"maxUnavailable", "25%"}}}});
  }
}

}  // namespace crosstie::sandbox::kubernetes
