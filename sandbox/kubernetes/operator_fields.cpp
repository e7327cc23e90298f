#include "sandbox/kubernetes/operator_fields.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/field_schema.hpp"
#include "sandbox/kubernetes/managed_fields.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

/// What an object of the kind has before anything is set: members that Go always writes are never
/// "added" by a create.
json empty_of(const std::string& kind) {
  json empty = {{"metadata", json::object()}};
  const json pod = {{"containers", nullptr}};
  if (kind == "Service")
    empty.update({{"spec", json::object()}, {"status", {{"loadBalancer", json::object()}}}});
  if (kind == "Pod") empty.update({{"spec", pod}, {"status", json::object()}});
  if (kind == "PodDisruptionBudget")
    empty.update({{"spec", json::object()}, {"status", json::object()}});
  if (kind == "StatefulSet") {
    const json pod_template = {{"metadata", json::object()}, {"spec", pod}};
    empty.update({{"spec", {{"template", pod_template}, {"updateStrategy", json::object()}}},
                  {"status", json::object()}});
  }
  return empty;
}

const json& owners_of(const json& object) {
  static const json kNone = json::array();
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->contains("managedFields")) return kNone;
  return metadata->at("managedFields");
}

/// All that a write of the subresource can change or needs: comparing whole pods and reading the
/// ownership of their specs would take most of the sandbox's time.
json reduced(const json& object, const std::string& subresource) {
  json part = json::object();
  json& entries = part["metadata"]["managedFields"] = json::array();
  for (const json& entry : owners_of(object)) {
    if (entry.value("subresource", "") == subresource) entries.push_back(entry);
  }
  if (object.contains(subresource)) part[subresource] = object.at(subresource);
  return part;
}

}  // namespace

void record_update(const json& before, json& after, const std::string& manager,
                   const std::string& subresource) {
  const std::string kind = after.value("kind", "");
  const auto fields = kubernetes::built_in_fields(kind);
  kubernetes::FieldWrite write;
  write.manager = manager;
  write.api_version = after.value("apiVersion", "v1");
  write.subresource = subresource;
  write.time = Clock::now_seconds();
  write.schema = fields.get();
  if (subresource.empty()) {
    after =
        kubernetes::track_update(before.empty() ? empty_of(kind) : before, std::move(after), write);
    return;
  }
  const json tracked =
      kubernetes::track_update(reduced(before, subresource), reduced(after, subresource), write);
  json entries = json::array();
  for (const json& entry : owners_of(before)) {
    if (entry.value("subresource", "") != subresource) entries.push_back(entry);
  }
  for (const json& entry : owners_of(tracked)) entries.push_back(entry);
  after["metadata"]["managedFields"] = std::move(entries);
}

}  // namespace crosstie::sandbox::eck
