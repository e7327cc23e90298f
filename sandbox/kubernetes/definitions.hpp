#pragma once
// Schemas and definitions that the server starts with.
#include <nlohmann/json.hpp>
#include <string>

namespace crosstie::sandbox::kubernetes {

/// The CustomResourceDefinition of Elasticsearch, as ECK 3.5 installs it in what matters for users;
/// without spec.remoteClusterServer.service when the operator is older than 3.3.
nlohmann::json elasticsearch_definition(bool remote_cluster_service);

/// Known fields of a built-in kind ("Secret", ...); a null when every field is let through.
const nlohmann::json& built_in_schema(const std::string& kind);

/// metadata of every kind.
const nlohmann::json& metadata_schema();

}  // namespace crosstie::sandbox::kubernetes
