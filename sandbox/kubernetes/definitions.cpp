#include "sandbox/kubernetes/definitions.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

// Shorthand that keeps the tables below readable; expanded by expand().
//   "string", "integer", "boolean", "any", "map" (of strings), "int-or-string", "int64"
//   {..}: an object with these fields; a field name ending in "!" is required
//   [x]: a list of x; ["set", x]; ["map", "key key", x]; ["atomic", x]; ["min1", x]
//   "string=X": a string whose default is X; "enum:A,B"; "atomic-map"
constexpr const char* kServiceSpec = R"json({
  "allocateLoadBalancerNodePorts": "boolean", "clusterIP": "string", "clusterIPs": ["atomic", "string"],
  "externalIPs": ["atomic", "string"], "externalName": "string", "externalTrafficPolicy": "string",
  "healthCheckNodePort": "int32", "internalTrafficPolicy": "string", "ipFamilies": ["atomic", "string"],
  "ipFamilyPolicy": "string", "loadBalancerClass": "string", "loadBalancerIP": "string",
  "loadBalancerSourceRanges": ["atomic", "string"],
  "ports": ["map", "port protocol", {"appProtocol": "string", "name": "string", "nodePort": "int32", "port!": "int32",
                                     "protocol": "string=TCP", "targetPort": "int-or-string"}],
  "publishNotReadyAddresses": "boolean", "selector": "atomic-map", "sessionAffinity": "string",
  "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": "int32"}}, "trafficDistribution": "string", "type": "string"
})json";

constexpr const char* kObjectMeta = R"json({
  "annotations": "map", "finalizers": ["string"], "labels": "map", "name": "string", "namespace": "string"
})json";

constexpr const char* kElasticsearchSpec = R"json({
  "auth": {"disableElasticUser": "boolean", "fileRealm": [{"secretName": "string"}], "roles": [{"secretName": "string"}]},
  "http": {"service": "SERVICE",
           "tls": {"certificate": {"secretName": "string"}, "client": {"authentication": "boolean"},
                   "selfSignedCertificate": {"disabled": "boolean", "subjectAltNames": [{"dns": "string", "ip": "string"}]}}},
  "image": "string",
  "monitoring": {"logs": {"elasticsearchRefs": ["REF"]}, "metrics": {"elasticsearchRefs": ["REF"]}},
  "nodeSets!": ["min1", {"config": "any", "count": "int32", "name!": "string", "podTemplate": "any", "resources": "any",
                         "volumeClaimTemplates": [{"apiVersion": "string", "kind": "string", "metadata": "any", "spec": "any",
                                                   "status": "any"}],
                         "zoneAwareness": {"maxSkew": "int32", "topologyKey": "string", "whenUnsatisfiable": "string",
                                           "zones": ["set", "string"]}}],
  "podDisruptionBudget": {"metadata": "META", "spec": {"maxUnavailable": "int-or-string", "minAvailable": "int-or-string",
                                                       "selector": "any", "unhealthyPodEvictionPolicy": "string"}},
  "remoteClusterServer": {"enabled": "boolean", "service": "SERVICE"},
  "remoteClusters": [{"apiKey": {"access": {"replication": {"names": ["string"]},
                                            "search": {"allowRestrictedIndices": "boolean",
                                                       "fieldSecurity": {"except": ["string"], "grant": ["string"]},
                                                       "names": ["string"], "query": "any"}}},
                      "elasticsearchRef": "REF", "name!": "string"}],
  "revisionHistoryLimit": "int32",
  "secureSettings": [{"entries": [{"key!": "string", "path": "string"}], "secretName!": "string"}],
  "serviceAccountName": "string",
  "transport": {"service": "SERVICE",
                "tls": {"certificate": {"secretName": "string"}, "certificateAuthorities": {"configMapName": "string"},
                        "otherNameSuffix": "string", "selfSignedCertificates": {"disabled": "boolean"},
                        "subjectAltNames": [{"dns": "string", "ip": "string"}]}},
  "updateStrategy": {"changeBudget": {"maxSurge": "int32", "maxUnavailable": "int32"}},
  "version!": "string",
  "volumeClaimDeletePolicy": "enum:DeleteOnScaledownOnly,DeleteOnScaledownAndClusterDeletion"
})json";

constexpr const char* kReference =
    R"json({"name": "string", "namespace": "string", "secretName": "string", "serviceName": "string"})json";

json expand(const json& short_form);

json expand_word(const std::string& word) {
  if (word == "any") return {{"x-kubernetes-preserve-unknown-fields", true}};
  if (word == "map") return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  if (word == "atomic-map")
    return {{"type", "object"},
            {"additionalProperties", {{"type", "string"}}},
            {"x-kubernetes-map-type", "atomic"}};
  if (word == "int-or-string") {
    return {{"anyOf", {{{"type", "integer"}}, {{"type", "string"}}}},
            {"x-kubernetes-int-or-string", true}};
  }
  if (word == "int32") return {{"type", "integer"}, {"format", "int32"}};
  if (word == "SERVICE")
    return expand({{"metadata", json::parse(kObjectMeta)}, {"spec", json::parse(kServiceSpec)}});
  if (word == "META") return expand(json::parse(kObjectMeta));
  if (word == "REF") return expand(json::parse(kReference));
  if (word.starts_with("string=")) return {{"type", "string"}, {"default", word.substr(7)}};
  if (word.starts_with("enum:")) {
    json choices = json::array();
    for (std::size_t from = 5; from < word.size();) {
      const std::size_t comma = std::min(word.find(',', from), word.size());
      choices.push_back(word.substr(from, comma - from));
      from = comma + 1;
    }
    return {{"type", "string"}, {"enum", choices}};
  }
  return {{"type", word}};
}

json expand_list(const json& list) {
  const std::string mark = list.size() > 1 ? list[0].get<std::string>() : "";
  json schema = {{"type", "array"}, {"items", expand(list.back())}};
  if (mark == "min1") schema["minItems"] = 1;
  if (mark == "set" || mark == "atomic") schema["x-kubernetes-list-type"] = mark;
  if (mark == "map") {
    const std::string keys = list[1];
    const std::size_t space = keys.find(' ');
    schema["x-kubernetes-list-type"] = "map";
    schema["x-kubernetes-list-map-keys"] = {keys.substr(0, space), keys.substr(space + 1)};
  }
  return schema;
}

json expand(const json& short_form) {
  if (short_form.is_string()) return expand_word(short_form);
  if (short_form.is_array()) return expand_list(short_form);
  json schema = {{"type", "object"}, {"properties", json::object()}};
  for (const auto& [key, field] : short_form.items()) {
    const bool required = key.ends_with("!");
    const std::string name = required ? key.substr(0, key.size() - 1) : key;
    schema["properties"][name] = expand(field);
    if (required) schema["required"].push_back(name);
  }
  return schema;
}

json elasticsearch_schema(bool remote_cluster_service) {
  json spec = expand(json::parse(kElasticsearchSpec));
  if (!remote_cluster_service)
    spec["properties"]["remoteClusterServer"]["properties"].erase("service");
  spec["description"] = "ElasticsearchSpec holds the specification of an Elasticsearch cluster.";
  json properties = {
      {"apiVersion", {{"type", "string"}}},
      {"kind", {{"type", "string"}}},
      {"metadata", {{"type", "object"}}},
      {"spec", std::move(spec)},
      {"status", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}};
  return {{"type", "object"},
          {"description",
           "Elasticsearch represents an Elasticsearch resource in a Kubernetes cluster."},
          {"properties", properties}};
}

json column(const char* name, const char* path, const char* type, const char* description) {
  json made = {{"name", name}, {"jsonPath", path}, {"type", type}};
  if (*description) made["description"] = description;
  return made;
}

/// Fields of the object beside apiVersion, kind and metadata.
json built_in(const char* fields) {
  json schema = expand(json::parse(fields));
  for (const char* name : {"apiVersion", "kind"}) schema["properties"][name] = {{"type", "string"}};
  schema["properties"]["metadata"] = metadata_schema();
  return schema;
}

}  // namespace

json elasticsearch_definition(bool remote_cluster_service) {
  const json columns = {column("health", ".status.health", "string", ""),
                        column("nodes", ".status.availableNodes", "integer", "Available nodes"),
                        column("version", ".status.version", "string", "Elasticsearch version"),
                        column("phase", ".status.phase", "string", ""),
                        column("age", ".metadata.creationTimestamp", "date", "")};
  json versions = json::array();
  for (const char* name : {"v1", "v1beta1", "v1alpha1"}) {
    const bool served = std::string(name) != "v1alpha1";
    json schema = served ? elasticsearch_schema(remote_cluster_service) : json{{"type", "object"}};
    versions.push_back({{"name", name},
                        {"served", served},
                        {"storage", std::string(name) == "v1"},
                        {"schema", {{"openAPIV3Schema", std::move(schema)}}},
                        {"subresources", {{"status", json::object()}}},
                        {"additionalPrinterColumns", served ? columns : json::array()}});
  }
  const json names = {{"kind", "Elasticsearch"},     {"listKind", "ElasticsearchList"},
                      {"plural", "elasticsearches"}, {"singular", "elasticsearch"},
                      {"shortNames", {"es"}},        {"categories", {"elastic"}}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", "elasticsearches.elasticsearch.k8s.elastic.co"}}},
          {"spec",
           {{"group", "elasticsearch.k8s.elastic.co"},
            {"names", names},
            {"scope", "Namespaced"},
            {"conversion", {{"strategy", "None"}}},
            {"versions", std::move(versions)}}}};
}

const json& metadata_schema() {
  static const json kSchema = expand(json::parse(R"json({
    "annotations": "map", "creationTimestamp": "any", "deletionGracePeriodSeconds": "any", "deletionTimestamp": "any",
    "finalizers": ["string"], "generateName": "string", "generation": "any", "labels": "map", "managedFields": "any",
    "name": "string", "namespace": "string",
    "ownerReferences": [{"apiVersion": "string", "blockOwnerDeletion": "boolean", "controller": "boolean", "kind": "string",
                         "name": "string", "uid": "string"}],
    "resourceVersion": "string", "selfLink": "string", "uid": "string"})json"));
  return kSchema;
}

const json& built_in_schema(const std::string& kind) {
  static const json kNone;
  static const std::map<std::string, json> kSchemas = {
      {"Secret",
       built_in(
           R"({"data": "map", "immutable": "boolean", "stringData": "map", "type": "string"})")},
      {"ConfigMap", built_in(R"({"binaryData": "map", "data": "map", "immutable": "boolean"})")},
      {"Namespace", built_in(R"({"spec": {"finalizers": ["string"]}, "status": "any"})")},
      {"Service",
       built_in((R"({"status": "any", "spec": )" + std::string(kServiceSpec) + "}").c_str())},
  };
  const auto found = kSchemas.find(kind);
  return found == kSchemas.end() ? kNone : found->second;
}

}  // namespace crosstie::sandbox::kubernetes
