#include "sandbox/kubernetes/views.hpp"

#include <algorithm>
#include <ctime>
#include <functional>
#include <sstream>

#include "sandbox/kubernetes/selectors.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

struct Column {
  std::string name;
  std::string type = "string";
  std::string description;
  std::function<json(const json&)> cell;
};

constexpr const char* kNameDescription =
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request "
    "the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration "
    "definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

json age_cell(const json& object) {
  std::tm parts{};
  std::istringstream stream(field_text(object, "metadata.creationTimestamp"));
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

Column text_column(const std::string& name, const std::string& path) {
  return {name, "string", "", [path](const json& object) { return field_text(object, path); }};
}

std::vector<Column> middle_columns(const std::string& kind) {
  if (kind == "Secret")
    return {text_column("Type", "type"),
            {"Data", "integer", "", [](const json& secret) { return size_of(secret, "data"); }}};
  if (kind == "ConfigMap") {
    return {{"Data", "integer", "",
             [](const json& map) { return size_of(map, "data") + size_of(map, "binaryData"); }}};
  }
  if (kind == "Service") {
    return {text_column("Type", "spec.type"),
            text_column("Cluster-IP", "spec.clusterIP"),
            {"External-IP", "string", "", external_address},
            {"Port(s)", "string", "", service_ports}};
  }
  if (kind == "Pod")
    return {{"Ready", "string", "", pod_ready}, text_column("Status", "status.phase")};
  if (kind == "Namespace") return {text_column("Status", "status.phase")};
  if (kind == "StatefulSet" || kind == "Deployment")
    return {{"Ready", "string", "", replicas_ready}};
  return {};
}

/// "{.status.health}" or ".status.health" of an additionalPrinterColumn.
json column_value(const json& object, const std::string& path, const std::string& type) {
  if (type == "date") return age_cell(object);
  const std::string text = field_text(object, path.starts_with(".") ? path.substr(1) : path);
  if (text.empty()) return nullptr;
  return type == "integer" ? json::parse(text, nullptr, false) : json(text);
}

std::vector<Column> columns_of(const Kind& kind) {
  std::vector<Column> columns = {{"Name", "string", kNameDescription, [](const json& object) {
                                    return object.at("metadata").value("name", "");
                                  }}};
  if (!kind.custom || kind.columns.empty()) {
    for (Column& column : middle_columns(kind.custom ? "" : kind.kind))
      columns.push_back(std::move(column));
    columns.push_back({"Age", "string", "", age_cell});
    return columns;
  }
  for (const json& printed : kind.columns) {
    const std::string path = printed.value("jsonPath", "");
    const std::string type = printed.value("type", "string");
    std::string description = printed.value(
        "description", "Custom resource definition column (in JSONPath format): " + path);
    columns.push_back(
        {printed.value("name", ""), type, std::move(description),
         [path, type](const json& object) { return column_value(object, path, type); }});
  }
  return columns;
}

json metadata_only(const json& object) {
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", object.value("metadata", json::object())}};
}

json table_of(const Kind& kind, json metadata, const json& items) {
  const std::vector<Column> columns = columns_of(kind);
  json definitions = json::array();
  for (const Column& column : columns) {
    definitions.push_back({{"name", column.name},
                           {"type", column.type},
                           {"format", column.name == "Name" ? "name" : ""},
                           {"description", column.description},
                           {"priority", 0}});
  }
  json rows = json::array();
  for (const json& item : items) {
    json cells = json::array();
    for (const Column& column : columns) cells.push_back(column.cell(item));
    rows.push_back({{"cells", std::move(cells)}, {"object", metadata_only(item)}});
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", std::move(metadata)},
          {"columnDefinitions", definitions},
          {"rows", rows}};
}

}  // namespace

View wanted_view(const Request& request) {
  std::istringstream stream(request.header("accept"));
  for (std::string type; std::getline(stream, type, ',');) {
    type.erase(std::remove(type.begin(), type.end(), ' '), type.end());
    if (!type.starts_with("application/json") && type.find("*/*") == std::string::npos) continue;
    if (type.find("v=v1beta1") != std::string::npos) continue;
    if (type.find("as=Table") != std::string::npos) return View::table;
    if (type.find("as=PartialObjectMetadata") != std::string::npos) return View::metadata;
    return View::whole;
  }
  return View::whole;
}

json view_object(View view, const Kind& kind, json object) {
  if (view == View::whole) return object;
  if (view == View::metadata) return metadata_only(object);
  json metadata = {{"resourceVersion", field_text(object, "metadata.resourceVersion")}};
  return table_of(kind, std::move(metadata), json::array({std::move(object)}));
}

json view_list(View view, const Kind& kind, const std::string& api_version, json metadata,
               json items) {
  if (view == View::table) return table_of(kind, std::move(metadata), items);
  if (view == View::metadata) {
    for (json& item : items) item = metadata_only(item);
    return {{"kind", "PartialObjectMetadataList"},
            {"apiVersion", "meta.k8s.io/v1"},
            {"metadata", std::move(metadata)},
            {"items", std::move(items)}};
  }
  if (!kind.custom) {
    for (json& item : items) {
      item.erase("kind");
      item.erase("apiVersion");
    }
  }
  return {{"kind", kind.kind + "List"},
          {"apiVersion", api_version},
          {"metadata", std::move(metadata)},
          {"items", std::move(items)}};
}

std::string format_age(std::int64_t seconds) {
  // apimachinery/pkg/util/duration, HumanDuration, in its coarse steps.
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
  return std::to_string(hours / 24) + "d";
}

}  // namespace crosstie::sandbox::kubernetes
