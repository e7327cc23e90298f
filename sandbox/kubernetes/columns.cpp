// The columns of k8s.io/kubernetes/pkg/printers/internalversion/printers.go, for the kinds that
// matter here; name and age for all others.
#include "sandbox/kubernetes/columns.hpp"

#include <time.h>

#include <cctype>
#include <cstdint>
#include <ctime>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/selectors.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kNameDescription =
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request "
    "the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration "
    "definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

/// Seconds as kubectl prints ages: "45s", "35m", "3h20m", "5d".
std::string format_age(std::int64_t seconds) {
  // apimachinery/pkg/util/duration, HumanDuration.
  if (seconds < 0) seconds = 0;
  if (seconds < 120) return std::to_string(seconds) + "s";
  const std::int64_t minutes = seconds / 60;
  if (minutes < 10 && seconds % 60)
    return std::to_string(minutes) + "m" + std::to_string(seconds % 60) + "s";
  if (minutes < 180) return std::to_string(minutes) + "m";
  const std::int64_t hours = minutes / 60;
  if (hours < 8 && minutes % 60)
    return std::to_string(hours) + "h" + std::to_string(minutes % 60) + "m";
  if (hours < 48) return std::to_string(hours) + "h";
  if (hours < 192 && hours % 24)
    return std::to_string(hours / 24) + "d" + std::to_string(hours % 24) + "h";
  return std::to_string(hours / 24) + "d";
}

json age_of(const std::string& time) {
  std::tm parts{};
  std::istringstream stream(time);
  int year = 0;
  int month = 0;
  char sign = 0;
  stream >> year >> sign >> month >> sign >> parts.tm_mday >> sign >> parts.tm_hour >> sign >>
      parts.tm_min >> sign >> parts.tm_sec;
  if (stream.fail()) return "<unknown>";
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  return format_age(std::time(nullptr) - timegm(&parts));
}

json age_cell(const json& object) {
  return age_of(field_text(object, "metadata.creationTimestamp"));
}

std::size_t size_of(const json& object, const char* field) {
  return object.value(field, json::object()).size();
}

std::string joined(const json& list, const std::function<std::string(const json&)>& text) {
  std::string result;
  for (const json& one : list) result += (result.empty() ? "" : ",") + text(one);
  return result.empty() ? "<none>" : result;
}

json external_address(const json& service) {
  const json ingress = service.value("status", json::object())
                           .value("loadBalancer", json::object())
                           .value("ingress", json::array());
  if (!ingress.empty())
    return joined(ingress,
                  [](const json& one) { return one.value("ip", one.value("hostname", "")); });
  return field_text(service, "spec.type") == "LoadBalancer" ? "<pending>" : "<none>";
}

json service_ports(const json& service) {
  return joined(
      service.value("spec", json::object()).value("ports", json::array()), [](const json& port) {
        const std::string node_port =
            port.value("nodePort", 0) ? ":" + port["nodePort"].dump() : "";
        return port.value("port", json()).dump() + node_port + "/" + port.value("protocol", "TCP");
      });
}

json pod_ready(const json& pod) {
  std::size_t ready = 0;
  for (const json& status :
       pod.value("status", json::object()).value("containerStatuses", json::array()))
    ready += status.value("ready", false);
  return std::to_string(ready) + "/" +
         std::to_string(
             pod.value("spec", json::object()).value("containers", json::array()).size());
}

json replicas_ready(const json& object) {
  const std::string ready = field_text(object, "status.readyReplicas");
  return (ready.empty() ? "0" : ready) + "/" + field_text(object, "spec.replicas");
}

std::string none_if_empty(std::string text) { return text.empty() ? "<none>" : text; }

json list_at(const json& object, const char* first, const char* second) {
  return object.value(first, json::object()).value(second, json::array());
}

json pod_status(const json& pod) {
  if (pod.at("metadata").contains("deletionTimestamp")) return "Terminating";
  for (const json& status : list_at(pod, "status", "containerStatuses")) {
    std::string waiting = field_text(status, "state.waiting.reason");
    if (!waiting.empty()) return waiting;
  }
  return field_text(pod, "status.phase");
}

json pod_restarts(const json& pod) {
  int restarts = 0;
  for (const json& status : list_at(pod, "status", "containerStatuses"))
    restarts += status.value("restartCount", 0);
  return std::to_string(restarts);
}

json selector_text(const json& labels) {
  std::string text;
  for (const auto& [name, value] : labels.items())
    text += (text.empty() ? "" : ",") + name + "=" + value.get<std::string>();
  return none_if_empty(text);
}

/// "containers" or "images" of the pod template.
Column of_containers(const char* name, const char* field) {
  return {name, "string", "",
          [field](const json& object) {
            const json pod = object.value("spec", json::object()).value("template", json::object());
            return joined(list_at(pod, "spec", "containers"),
                          [field](const json& one) { return one.value(field, ""); });
          },
          1};
}

Column text_column(const std::string& name, const std::string& path, int priority = 0) {
  return {name, "string", "",
          [path, priority](const json& object) {
            const std::string text = field_text(object, path);
            return priority ? none_if_empty(text) : text;
          },
          priority};
}

Column number_column(const std::string& name, const std::string& path) {
  return {name, "integer", "", [path](const json& object) {
            const std::string text = field_text(object, path);
            return text.empty() ? json(0) : json::parse(text, nullptr, false);
          }};
}

Column age_column() { return {"Age", "string", "", age_cell}; }

std::vector<Column> pod_columns() {
  return {{"Ready", "string", "", pod_ready},
          {"Status", "string", "", pod_status},
          {"Restarts", "string", "", pod_restarts},
          age_column(),
          text_column("IP", "status.podIP", 1),
          text_column("Node", "spec.nodeName", 1),
          text_column("Nominated Node", "status.nominatedNodeName", 1),
          {"Readiness Gates", "string", "", [](const json&) { return "<none>"; }, 1}};
}

std::vector<Column> service_columns() {
  return {text_column("Type", "spec.type"),
          text_column("Cluster-IP", "spec.clusterIP"),
          {"External-IP", "string", "", external_address},
          {"Port(s)", "string", "", service_ports},
          age_column(),
          {"Selector", "string", "",
           [](const json& service) {
             return selector_text(
                 service.value("spec", json::object()).value("selector", json::object()));
           },
           1}};
}

json event_seen(const json& event) {
  for (const char* field : {"lastTimestamp", "eventTime"}) {
    const std::string time = field_text(event, field);
    if (!time.empty() && time != "null") return age_of(time);
  }
  return age_cell(event);
}

json event_object(const json& event) {
  std::string kind = field_text(event, "involvedObject.kind");
  for (char& letter : kind) letter = static_cast<char>(std::tolower(letter));
  return kind + "/" + field_text(event, "involvedObject.name");
}

/// All but the name, with the age at its place.
std::vector<Column> built_in_columns(const std::string& kind) {
  if (kind == "Secret")
    return {text_column("Type", "type"),
            {"Data", "integer", "", [](const json& secret) { return size_of(secret, "data"); }},
            age_column()};
  if (kind == "ConfigMap") {
    return {{"Data", "integer", "",
             [](const json& map) { return size_of(map, "data") + size_of(map, "binaryData"); }},
            age_column()};
  }
  if (kind == "Service") return service_columns();
  if (kind == "Pod") return pod_columns();
  if (kind == "Namespace") return {text_column("Status", "status.phase"), age_column()};
  if (kind == "StatefulSet") {
    return {{"Ready", "string", "", replicas_ready},
            age_column(),
            of_containers("Containers", "name"),
            of_containers("Images", "image")};
  }
  if (kind == "Deployment") {
    return {{"Ready", "string", "", replicas_ready},
            number_column("Up-to-date", "status.updatedReplicas"),
            number_column("Available", "status.availableReplicas"),
            age_column(),
            of_containers("Containers", "name"),
            of_containers("Images", "image")};
  }
  if (kind == "ServiceAccount") {
    return {{"Secrets", "integer", "",
             [](const json& account) { return account.value("secrets", json::array()).size(); }},
            age_column()};
  }
  if (kind == "Role" || kind == "ClusterRole" || kind == "CustomResourceDefinition")
    return {text_column("Created At", "metadata.creationTimestamp")};
  if (kind == "RoleBinding" || kind == "ClusterRoleBinding") {
    return {{"Role", "string", "",
             [](const json& binding) {
               return field_text(binding, "roleRef.kind") + "/" +
                      field_text(binding, "roleRef.name");
             }},
            age_column()};
  }
  return {age_column()};
}

/// "{.status.health}" or ".status.health" of an additionalPrinterColumn.
json column_value(const json& object, const std::string& path, const std::string& type) {
  if (type == "date") return age_cell(object);
  const std::string text = field_text(object, path.starts_with(".") ? path.substr(1) : path);
  if (text.empty()) return nullptr;
  return type == "integer" ? json::parse(text, nullptr, false) : json(text);
}

}  // namespace

std::vector<Column> columns_of(const Kind& kind) {
  const Column name = {"Name", "string", kNameDescription,
                       [](const json& object) { return object.at("metadata").value("name", ""); }};
  if (!kind.custom && kind.kind == "Event") {
    return {{"Last Seen", "string", "", event_seen},
            text_column("Type", "type"),
            text_column("Reason", "reason"),
            {"Object", "string", "", event_object},
            text_column("Message", "message")};
  }
  std::vector<Column> columns = {name};
  if (!kind.custom || kind.columns.empty()) {
    for (Column& column : built_in_columns(kind.custom ? "" : kind.kind))
      columns.push_back(std::move(column));
    return columns;
  }
  for (const json& printed : kind.columns) {
    const std::string path = printed.value("jsonPath", "");
    const std::string type = printed.value("type", "string");
    std::string description = printed.value(
        "description", "Custom resource definition column (in JSONPath format): " + path);
    columns.push_back(
        {printed.value("name", ""), type, std::move(description),
         [path, type](const json& object) { return column_value(object, path, type); },
         printed.value("priority", 0)});
  }
  return columns;
}

}  // namespace crosstie::sandbox::kubernetes
