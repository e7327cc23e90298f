// The cluster's part of the world dump.
#include <algorithm>
#include <utility>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/settings.hpp"
#include "sandbox/elasticsearch/state.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

Json key_facts(const ApiKey& key) {
  Json facts{{"name", key.name},
             {"type", key.type == KeyType::cross_cluster ? "cross_cluster" : "rest"},
             {"owner", key.owner},
             {"metadata", key.metadata}};
  if (key.type == KeyType::cross_cluster) {
    facts["access"] = key.access;
  } else {
    facts["role_descriptors"] = key.role_descriptors;
  }
  if (key.certificate_identity) facts["certificate_identity"] = *key.certificate_identity;
  return facts;
}

/// What the server gave the key. An id is as good as random, so it is nothing that two dumps could
/// be compared by.
Json key_server_facts(const ApiKey& key) {
  Json facts{{"id", key.id}, {"creation", key.creation}};
  if (key.expiration) facts["expiration"] = *key.expiration;
  if (key.invalidation) facts["invalidation"] = *key.invalidation;
  return facts;
}

}  // namespace

Json dump_cluster(const ClusterState& cluster) {
  Json keys = Json::array();
  Json invalidated = Json::array();
  for (const auto& [id, key] : cluster.keys) {
    Json entry = key_facts(key);
    if (key.invalidation) {
      entry.update(key_server_facts(key));
      invalidated.push_back(std::move(entry));
    } else {
      entry["server"] = key_server_facts(key);
      keys.push_back(std::move(entry));
    }
  }
  // In map order of random ids two equal worlds would differ.
  std::stable_sort(keys.begin(), keys.end(), [](Json one, Json other) {
    one.erase("server");
    other.erase("server");
    return one < other;
  });
  Json indices = Json::object();
  for (const auto& [name, index] : cluster.indices) {
    indices[name] = {{"documents", Json(index.documents)},
                     {"mappings", index.mappings},
                     {"settings", index.settings},
                     {"server", {{"uuid", index.uuid}, {"created", index.created_ms}}}};
  }
  Json links = Json::object();
  for (const auto& [alias, link] : cluster.links) {
    links[alias] = {{"connected", link.connected},
                    {"skip_unavailable", link.skip_unavailable},
                    {"failure", link.failure}};
  }
  return {{"name", cluster.options.name},
          {"version", cluster.version.text},
          {"settings",
           {{"persistent", format_settings(cluster.persistent, true)},
            {"transient", format_settings(cluster.transient, true)}}},
          {"api_keys", keys},
          {"roles", Json(cluster.roles)},
          {"indices", indices},
          {"server",
           {{"cluster_uuid", cluster.options.cluster_uuid},
            {"health", cluster.health()},
            {"invalidated_api_keys", invalidated},
            {"links", links},
            {"remote_cluster_server", cluster.remote_listener != nullptr},
            {"transport", cluster.transport_listener != nullptr}}}};
}

}  // namespace crosstie::sandbox::elasticsearch
