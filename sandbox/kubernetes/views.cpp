#include "sandbox/kubernetes/views.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/columns.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/selectors.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

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
                           {"priority", column.priority}});
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

}  // namespace crosstie::sandbox::kubernetes
