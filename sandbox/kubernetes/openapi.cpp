// OpenAPI v3: enough for clients to see which fields a custom resource has, and for kubectl to see
// that the server validates.

#include <cstddef>
#include <string>
#include <utility>

#include "sandbox/kubernetes/definitions.hpp"
#include "sandbox/kubernetes/discovery.hpp"
#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

std::string base_path(const std::string& group, const std::string& version) {
  return group.empty() ? "api/" + version : "apis/" + group + "/" + version;
}

/// "co.elastic.k8s.elasticsearch.v1.Elasticsearch", "io.k8s.api.core.v1.Secret".
std::string schema_name(const Kind& kind, const std::string& version) {
  if (!kind.custom) {
    const std::string group =
        kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.'));
    return "io.k8s.api." + group + "." + version + "." + kind.kind;
  }
  std::string reversed;
  std::string rest = kind.group;
  while (!rest.empty()) {
    const std::size_t dot = rest.rfind('.');
    reversed += (dot == std::string::npos ? rest : rest.substr(dot + 1)) + ".";
    rest = dot == std::string::npos ? "" : rest.substr(0, dot);
  }
  return reversed + version + "." + kind.kind;
}

json kind_mark(const Kind& kind, const std::string& version) {
  return {{"group", kind.group}, {"version", version}, {"kind", kind.kind}};
}

json query_parameter(const std::string& name, const char* type) {
  return {{"name", name}, {"in", "query"}, {"schema", {{"type", type}, {"uniqueItems", true}}}};
}

json operation(const Kind& kind, const std::string& version, const std::string& action) {
  const json reference = {{"$ref", "#/components/schemas/" + schema_name(kind, version)}};
  json made = {
      {"x-kubernetes-action", action},
      {"x-kubernetes-group-version-kind", kind_mark(kind, version)},
      {"responses",
       {{"200",
         {{"description", "OK"}, {"content", {{"application/json", {{"schema", reference}}}}}}}}}};
  if (action == "get" || action == "list") return made;
  made["parameters"] = {query_parameter("dryRun", "string"),
                        query_parameter("fieldManager", "string"),
                        query_parameter("fieldValidation", "string")};
  if (action == "patch") made["parameters"].push_back(query_parameter("force", "boolean"));
  return made;
}

json schema_of(const Kind& kind, const std::string& version) {
  const json* given = kind.custom ? kind.schema(version) : &built_in_schema(kind.kind);
  json schema = given && !given->is_null() ? *given : json{{"type", "object"}};
  schema["x-kubernetes-group-version-kind"] = json::array({kind_mark(kind, version)});
  schema["properties"]["metadata"] = {
      {"$ref", "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}};
  return schema;
}

}  // namespace

json openapi_index(const KindTable& kinds) {
  json paths = json::object();
  const auto add = [&](const std::string& group, const std::string& version) {
    const std::string base = base_path(group, version);
    // The hash tells clients when to read again.
    const std::size_t hash =
        std::hash<std::string>{}(openapi_document(kinds, group, version).dump());
    paths[base] = {{"serverRelativeURL", "/openapi/v3/" + base + "?hash=" + std::to_string(hash)}};
  };
  add("", "v1");
  for (const KindTable::Group& group : kinds.groups()) {
    for (const std::string& version : group.versions) add(group.name, version);
  }
  return {{"paths", std::move(paths)}};
}

json openapi_document(const KindTable& kinds, const std::string& group,
                      const std::string& version) {
  json paths = json::object();
  json schemas = json::object();
  for (const KindPtr& kind : kinds.of(group, version)) {
    const std::string collection = "/" + base_path(group, version) +
                                   (kind->namespaced ? "/namespaces/{namespace}/" : "/") +
                                   kind->resource;
    paths[collection]["post"] = operation(*kind, version, "post");
    if (kind->verbs.empty()) {
      paths[collection]["get"] = operation(*kind, version, "list");
      for (const char* method : {"get", "put", "patch", "delete"})
        paths[collection + "/{name}"][method] = operation(*kind, version, method);
    }
    schemas[schema_name(*kind, version)] = schema_of(*kind, version);
  }
  schemas["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"] = metadata_schema();
  return {{"openapi", "3.0.0"},
          {"info", {{"title", "Kubernetes"}, {"version", "v1.33.13"}}},
          {"paths", std::move(paths)},
          {"components", {{"schemas", std::move(schemas)}}}};
}

}  // namespace crosstie::sandbox::kubernetes
