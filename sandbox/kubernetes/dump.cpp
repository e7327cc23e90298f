#include "sandbox/kubernetes/dump.hpp"

#include <utility>

#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kServerMetadata[] = {
    "uid",           "resourceVersion", "generation",        "creationTimestamp",
    "managedFields", "selfLink",        "deletionTimestamp", "deletionGracePeriodSeconds"};

void move_field(json& from, json& to, const char* field) {
  const auto found = from.find(field);
  if (found == from.end()) return;
  to[field] = std::move(*found);
  from.erase(found);
}

void move_service_allocations(json& object, json& server) {
  if (!object.contains("spec")) return;
  json& spec = object["spec"];
  const bool headless = spec.value("clusterIP", "") == "None";
  if (!headless) {
    for (const char* field : {"clusterIP", "clusterIPs"}) move_field(spec, server, field);
  }
  move_field(spec, server, "healthCheckNodePort");
  json node_ports = json::array();
  if (spec.contains("ports")) {
    for (json& port : spec["ports"]) {
      if (!port.contains("nodePort")) continue;
      node_ports.push_back(port["nodePort"]);
      port.erase("nodePort");
    }
  }
  if (!node_ports.empty()) server["nodePorts"] = std::move(node_ports);
}

/// uids of owners change when an owner is made again.
void move_owner_uids(json& metadata, json& server) {
  if (!metadata.contains("ownerReferences")) return;
  json uids = json::array();
  for (json& owner : metadata["ownerReferences"]) {
    uids.push_back(owner.value("uid", ""));
    owner.erase("uid");
  }
  server["ownerUids"] = std::move(uids);
}

}  // namespace

json dump_objects(const ObjectStore& store) {
  json dump = json::object();
  for (const auto& [key, stored] : store.all()) {
    if (key.resource == "events") continue;
    json object = *stored;
    json server = json::object();
    json& metadata = object["metadata"];
    for (const char* field : kServerMetadata) move_field(metadata, server, field);
    move_owner_uids(metadata, server);
    move_field(object, server, "status");
    if (key.group.empty() && key.resource == "services") move_service_allocations(object, server);
    const std::string name = object.value("apiVersion", "") + "/" + object.value("kind", "") + "/" +
                             key.namespace_name + "/" + key.name;
    object["server"] = std::move(server);
    dump[name] = std::move(object);
  }
  return dump;
}

}  // namespace crosstie::sandbox::kubernetes
