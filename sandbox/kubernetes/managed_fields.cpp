#include "sandbox/kubernetes/managed_fields.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sandbox/kubernetes/field_schema.hpp"
#include "sandbox/kubernetes/field_set.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/typed.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

/// Entries of one manager are told apart by these; an Apply entry is one whatever version it was
/// sent in.
struct Owner {
  std::string manager;
  std::string operation;
  std::string api_version;
  std::string subresource;
  bool operator<(const Owner& other) const {
    const auto key = [](const Owner& owner) {
      const bool apply = owner.operation == "Apply";
      return std::make_tuple(owner.manager, owner.operation,
                             apply ? std::string{} : owner.api_version, owner.subresource);
    };
    return key(*this) < key(other);
  }
};

struct Entry {
  FieldSet set;
  std::string time;
  std::string api_version;
};

using Managers = std::map<Owner, Entry>;

Managers decode(const json& object) {
  Managers managers;
  const json& entries =
      object.value("metadata", json::object()).value("managedFields", json::array());
  for (const json& entry : entries) {
    if (!entry.is_object() || !entry.contains("fieldsV1")) continue;
    const std::string version = entry.value("apiVersion", "");
    Owner owner{entry.value("manager", ""), entry.value("operation", ""), version,
                entry.value("subresource", "")};
    managers[owner] = {FieldSet::from_json(entry.at("fieldsV1")), entry.value("time", ""), version};
  }
  return managers;
}

json encode(const Managers& managers) {
  std::vector<std::pair<Owner, Entry>> sorted(managers.begin(), managers.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
    return std::tie(left.first.operation, left.second.time, left.first.manager) <
           std::tie(right.first.operation, right.second.time, right.first.manager);
  });
  json entries = json::array();
  for (const auto& [owner, entry] : sorted) {
    if (entry.set.empty()) continue;
    json written = {{"manager", owner.manager},
                    {"operation", owner.operation},
                    {"apiVersion", entry.api_version},
                    {"fieldsType", "FieldsV1"},
                    {"fieldsV1", entry.set.to_json()}};
    if (!entry.time.empty()) written["time"] = entry.time;
    if (!owner.subresource.empty()) written["subresource"] = owner.subresource;
    entries.push_back(std::move(written));
  }
  return entries;
}

void store_managers(json& object, const Managers& managers) {
  json entries = encode(managers);
  json& metadata = object["metadata"];
  metadata.erase("managedFields");
  if (!entries.empty()) metadata["managedFields"] = std::move(entries);
}

json without_managers(json object) {
  if (object.contains("metadata")) object["metadata"].erase("managedFields");
  return object;
}

/// Nobody owns identity and what the server sets; status belongs to its subresource.
FieldSet ownable(FieldSet set, const FieldWrite& write) {
  set.children.erase("f:apiVersion");
  set.children.erase("f:kind");
  if (const auto metadata = set.children.find("f:metadata"); metadata != set.children.end()) {
    for (const char* field :
         {"f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:clusterName",
          "f:generation", "f:managedFields", "f:resourceVersion", "f:deletionTimestamp",
          "f:deletionGracePeriodSeconds"}) {
      metadata->second.children.erase(field);
    }
    metadata->second.member = false;
    if (metadata->second.empty()) set.children.erase(metadata);
  }
  if (write.subresource == "status") {
    std::erase_if(set.children, [](const auto& child) { return child.first != "f:status"; });
  } else if (write.has_status) {
    set.children.erase("f:status");
  }
  return set;
}

Comparison ownable_difference(const json& before, const json& after, const FieldWrite& write) {
  Comparison difference = compare(without_managers(before), without_managers(after), write.schema);
  difference.added = ownable(std::move(difference.added), write);
  difference.modified = ownable(std::move(difference.modified), write);
  return difference;
}

/// Takes what changed away from everybody but `keeper`.
void take_away(Managers& managers, const Comparison& difference, const Owner* keeper) {
  const FieldSet changed = difference.added.united(difference.modified);
  for (auto& [owner, entry] : managers) {
    if (keeper && !(owner < *keeper) && !(*keeper < owner)) continue;
    entry.set = entry.set.without(changed).without(difference.removed);
  }
}

/// Clients may hand managedFields back as they read them; without any, or on a subresource, the
/// stored ones count (managedfields/internal/managedfieldsupdater.go). A single empty entry resets
/// them.
Managers managers_of_update(const json& before, const json& after, const FieldWrite& write) {
  const json given = after.value("metadata", json::object()).value("managedFields", json::array());
  if (write.subresource.empty() && given.is_array() && given.size() == 1 && given[0].is_object() &&
      given[0].empty())
    return {};
  Managers managers = write.subresource.empty() ? decode(after) : Managers{};
  return managers.empty() ? decode(before) : managers;
}

struct Conflict {
  std::string owner;  // as printed
  std::string path;
};

std::string print_owner(const Owner& owner, const Entry& entry) {
  std::string text = json(owner.manager).dump();
  if (!owner.subresource.empty()) text += " with subresource " + json(owner.subresource).dump();
  return owner.operation == "Update" ? text + " using " + entry.api_version : text;
}

StatusError conflict_error(const std::vector<Conflict>& conflicts) {
  json causes = json::array();
  std::map<std::string, std::string> by_owner;
  for (const Conflict& conflict : conflicts) {
    causes.push_back({{"reason", "FieldManagerConflict"},
                      {"message", "conflict with " + conflict.owner},
                      {"field", conflict.path}});
    std::string& paths = by_owner[conflict.owner];
    paths += (paths.empty() ? "- " : "\n- ") + conflict.path;
  }
  std::string message;
  if (conflicts.size() == 1) {
    message = "Apply failed with 1 conflict: conflict with " + conflicts[0].owner + ": " +
              conflicts[0].path;
  } else {
    for (const auto& [owner, paths] : by_owner)
      message += (message.empty() ? "" : "\n") + ("conflicts with " + owner + ":\n" + paths);
    message = "Apply failed with " + std::to_string(conflicts.size()) + " conflicts: " + message;
  }
  return {409, "Conflict", message, json{{"causes", causes}}};
}

void check_conflicts(const Managers& managers, const Comparison& difference, const Owner& applier) {
  const FieldSet changed = difference.added.united(difference.modified);
  std::vector<Conflict> conflicts;
  for (const auto& [owner, entry] : managers) {
    if (!(owner < applier) && !(applier < owner)) continue;
    for (const FieldPath& path : entry.set.intersected(changed).paths())
      conflicts.push_back({print_owner(owner, entry), format_path(path)});
  }
  if (!conflicts.empty()) throw conflict_error(conflicts);
}

/// Removes what `last` owned and nobody owns any more (structured-merge-diff, Updater.prune).
json prune(const json& merged, const Managers& managers, const FieldSet& last,
           const FieldSchema* schema) {
  if (last.empty()) return merged;
  const FieldSet last_named = last.with_named_parents();
  const auto removed_from_merged = [&](const FieldSet& set) {
    return remove_items(merged, set, schema);
  };
  json pruned = removed_from_merged(last_named);
  FieldSet managed;
  for (const auto& [owner, entry] : managers) managed = managed.united(entry.set);
  const FieldSet merged_named = to_field_set(merged, schema).with_named_parents();
  FieldSet kept =
      to_field_set(pruned, schema).with_named_parents().united(managed.with_named_parents());
  pruned = removed_from_merged(merged_named.without(kept));
  kept = to_field_set(pruned, schema).with_named_parents();
  return removed_from_merged(merged_named.without(kept).intersected(last_named));
}

}  // namespace

json track_update(const json& before, json after, const FieldWrite& write) {
  Managers managers = managers_of_update(before, after, write);
  const Comparison difference = ownable_difference(before, after, write);
  take_away(managers, difference, nullptr);
  const FieldSet changed = difference.added.united(difference.modified);
  if (!changed.empty()) {
    Entry& mine = managers[{write.manager, "Update", write.api_version, write.subresource}];
    mine.set = mine.set.united(changed);
    mine.time = write.time;
    mine.api_version = write.api_version;
  }
  store_managers(after, managers);
  return after;
}

json apply_config(const json& live, const json& config, const FieldWrite& write, bool force) {
  Managers managers = decode(live);
  const json live_object = without_managers(live);
  if (managers.empty() && live.value("metadata", json::object()).contains("uid")) {
    FieldSet all = ownable(compare(json::object(), live_object, write.schema).added, write);
    managers[{"before-first-apply", "Update", write.api_version, ""}] = {std::move(all), write.time,
                                                                         write.api_version};
  }
  const Owner me{write.manager, "Apply", write.api_version, write.subresource};
  const auto known = managers.find(me);
  const Entry last = known == managers.end() ? Entry{} : known->second;
  managers.erase(me);
  // Name and namespace count as owned while pruning, so that metadata itself is kept.
  managers[me] = {to_field_set(config, write.schema), last.time, write.api_version};
  json result = prune(merge(live_object, config, write.schema), managers, last.set, write.schema);
  if (write.custom) {
    result["metadata"] = drop_nulls(result["metadata"], nullptr);
  } else {
    result = drop_nulls(result, write.schema);
  }
  managers[me].set = ownable(std::move(managers[me].set), write);
  for (const char* identity : {"apiVersion", "kind"}) {
    if (live_object.contains(identity)) result[identity] = live_object.at(identity);
  }
  const Comparison difference = ownable_difference(live_object, result, write);
  if (!force) check_conflicts(managers, difference, me);
  take_away(managers, difference, &me);
  if (result != live_object) managers[me].time = write.time;
  store_managers(result, managers);
  return result;
}

bool same_content(const json& left, const json& right) {
  const auto timeless = [](json object) {
    if (!object.contains("metadata") || !object["metadata"].contains("managedFields"))
      return object;
    for (json& entry : object["metadata"]["managedFields"]) entry.erase("time");
    return object;
  };
  return timeless(left) == timeless(right);
}

}  // namespace crosstie::sandbox::kubernetes
