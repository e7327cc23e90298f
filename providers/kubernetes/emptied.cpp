#include "providers/kubernetes/emptied.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

bool has_elements(const Value& fields) {
  return fields.is_object() &&
         std::any_of(fields.as_object().begin(), fields.as_object().end(), [](const auto& entry) {
           return entry.first.starts_with("k:") || entry.first.starts_with("v:");
         });
}

Value nulls_for(const Value& object) {
  Value::Object nulls;
  for (const auto& [key, member] : object.as_object()) nulls.emplace(key, Value());
  return Value(std::move(nulls));
}

/// Whether the apply would take every member out of `live`; `patch` gets what lies below it.
bool empties(const Value& ours, const Value& live, const Value* desired, const FieldNodes& others,
             Value& patch) {
  std::size_t removed = 0;
  for (const auto& [key, below] : ours.as_object()) {
    if (!key.starts_with("f:")) continue;
    const std::string name = key.substr(2);
    const Value* member = live.find(name);
    if (member == nullptr) continue;
    const Value* wanted = desired == nullptr ? nullptr : desired->find(name);
    if (wanted != nullptr && wanted->is_null()) wanted = nullptr;
    const FieldNodes theirs = fields_below(others, key);
    const bool stays = wanted != nullptr || !theirs.empty();
    const bool inner = member->is_object() && below.is_object() && !below.as_object().empty();
    if (inner) {
      Value deeper(Value::Object{});
      const bool emptied = empties(below, *member, wanted, theirs, deeper);
      if (emptied && !stays) {
        ++removed;
      } else if (emptied) {
        patch.set(name, nulls_for(*member));
      } else if (!deeper.as_object().empty()) {
        patch.set(name, std::move(deeper));
      }
    } else if (!stays) {
      ++removed;
    } else if (has_elements(below) && wanted != nullptr && wanted->is_list() &&
               wanted->as_list().empty() &&
               std::none_of(theirs.begin(), theirs.end(),
                            [](const Value* node) { return has_elements(*node); })) {
      patch.set(name, Value(Value::List{}));
    }
  }
  return removed > 0 && live.is_object() && removed == live.as_object().size();
}

}  // namespace

Value emptied_patch(const Value& live, const Value& desired, const std::string& manager) {
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr || !managed->is_list()) return Value();
  const Value* ours = nullptr;
  FieldNodes others;
  for (const Value& entry : managed->as_list()) {
    const Value* fields = entry.find("fieldsV1");
    if (fields == nullptr || !fields->is_object() || entry.text("subresource") == "status")
      continue;
    if (entry.text("manager") == manager && entry.text("operation") == "Apply") {
      ours = fields;
    } else {
      others.push_back(fields);
    }
  }
  if (ours == nullptr) return Value();
  Value patch(Value::Object{});
  (void)empties(*ours, live, &desired, others, patch);
  return patch.as_object().empty() ? Value() : patch;
}

Task<Reply> empty_ahead_of_apply(std::shared_ptr<Api> api, KindPath kind, ObjectName name,
                                 Value live, Value desired, std::string manager) {
  Reply reply;
  Value patch = emptied_patch(live, desired, manager);
  if (patch.is_null()) {
    reply.status = 200;
    reply.body = std::move(live);
    co_return reply;
  }
  const Value* given = patch.find("metadata");
  Value metadata = given == nullptr ? Value(Value::Object{}) : *given;
  for (const char* key : {"uid", "resourceVersion"}) {
    if (const Value* known = live.at({"metadata", key})) metadata.set(key, *known);
  }
  patch.set("metadata", std::move(metadata));
  std::string restorer = kRestorer;
  co_return co_await api->merge_patch(std::move(kind), name.namespace_name, name.name,
                                      std::move(patch), std::move(restorer));
}

}  // namespace crosstie::kubernetes
