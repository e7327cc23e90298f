// Whose an object is, and how it is given back.
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/value.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/manifest.hpp"
#include "providers/kubernetes/object.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

std::string text_at(const Value& object, std::initializer_list<std::string_view> path) {
  const Value* found = object.at(path);
  return found != nullptr && found->is_string() ? found->as_string() : std::string{};
}

/// Tools that keep watch over what they made, and where they say so.
struct ToolMark {
  std::string_view where;  // "labels" or "annotations"
  std::string_view key;
  std::string_view tool;
};
constexpr std::array<ToolMark, 7> kToolMarks = {
    {{"annotations", "argocd.argoproj.io/tracking-id", "Argo CD"},
     {"labels", "argocd.argoproj.io/instance", "Argo CD"},
     {"annotations", "meta.helm.sh/release-name", "Helm release"},
     {"labels", "kustomize.toolkit.fluxcd.io/name", "Flux kustomization"},
     {"labels", "helm.toolkit.fluxcd.io/name", "Flux Helm release"},
     {"labels", "kapp.k14s.io/app", "kapp app"},
     {"annotations", "kluctl.io/deployment", "kluctl deployment"}}};

std::string claiming_controller(const Value& object) {
  const Value* owners = object.at({"metadata", "ownerReferences"});
  if (owners == nullptr || !owners->is_list()) return {};
  for (const Value& owner : owners->as_list()) {
    if (owner.flag("controller"))
      return owner.text("kind") + " " + owner.text("name") + " (controller)";
  }
  return {};
}

/// Null for every leaf of `shape`.
Value nulls_like(const Value& shape) {
  if (!shape.is_object() || shape.as_object().empty()) return Value();
  Value::Object out;
  for (const auto& [key, member] : shape.as_object()) out.emplace(key, nulls_like(member));
  return Value(std::move(out));
}

/// `before`, and null for what `live` has besides: a merge patch leaves what it does not name.
Value instead_of(const Value* live, const Value& before) {
  if (!before.is_object() || live == nullptr || !live->is_object()) return before;
  Value::Object out;
  for (const auto& [key, member] : live->as_object()) out.emplace(key, Value());
  for (const auto& [key, member] : before.as_object())
    out.insert_or_assign(key, instead_of(live->find(key), member));
  return Value(std::move(out));
}

/// What `before` had at the members of `manifest`; null where it had none. A member that came whole
/// with us is taken out whole, unless somebody has put something of their own into it since.
Value restore(const Value& manifest, const Value* before, const Value* live) {
  if (before == nullptr) {
    const bool shared = manifest.is_object() && live != nullptr && live->is_object() &&
                        !dropped_fields(*live, manifest, *live).empty();
    return shared ? nulls_like(manifest) : Value();
  }
  if (!manifest.is_object() || !before->is_object()) return *before;
  Value::Object out;
  for (const auto& [key, member] : manifest.as_object()) {
    const Value* had = before->find(key);
    const Value* has = live == nullptr ? nullptr : live->find(key);
    const bool whole = had != nullptr && is_atomic_map(key);
    out.emplace(key, whole ? instead_of(has, *had) : restore(member, had, has));
  }
  return Value(std::move(out));
}

}  // namespace

std::string claiming_tool(const Value& object) {
  for (const ToolMark& mark : kToolMarks) {
    const std::string value = text_at(object, {"metadata", mark.where, mark.key});
    // A tracking id goes on with the object itself, after a colon.
    if (!value.empty()) return std::string(mark.tool) + " " + value.substr(0, value.find(':'));
  }
  return {};
}

Value marked_manifest(const Value& manifest, const std::string& namespace_name, const Mark& mark) {
  Value out = normalise_manifest(manifest);
  const Value* given = out.find("metadata");
  Value metadata = given != nullptr && given->is_object() ? *given : Value(Value::Object{});
  if (!namespace_name.empty()) metadata.set("namespace", Value(namespace_name));
  const auto add = [&metadata](const char* map, const char* key, const std::string& value) {
    const Value* present = metadata.find(map);
    Value entries = present != nullptr && present->is_object() ? *present : Value(Value::Object{});
    entries.set(key, Value(value));
    metadata.set(map, std::move(entries));
  };
  add("labels", kLineageLabel, mark.lineage);
  add("annotations", kAddressAnnotation, mark.address);
  out.set("metadata", std::move(metadata));
  return out;
}

Claim claim_of(const Value& object, const Mark& mark, const std::string& recorded_uid) {
  const std::string lineage = text_at(object, {"metadata", "labels", kLineageLabel});
  const std::string address = text_at(object, {"metadata", "annotations", kAddressAnnotation});
  const bool recorded =
      !recorded_uid.empty() && recorded_uid == text_at(object, {"metadata", "uid"});
  if (recorded || (!lineage.empty() && lineage == mark.lineage && address == mark.address))
    return {Ownership::ours, ""};
  if (!lineage.empty() && lineage == mark.lineage)
    return {Ownership::foreign, "resource " + address + " of this configuration"};
  if (!lineage.empty())
    return {Ownership::foreign,
            "another crosstie state (lineage " + lineage + ", " + address + ")"};
  if (const std::string controller = claiming_controller(object); !controller.empty())
    return {Ownership::foreign, controller};
  if (const std::string tool = claiming_tool(object); !tool.empty())
    return {Ownership::foreign, tool};
  std::string wrote;
  const Value* managed = object.at({"metadata", "managedFields"});
  if (managed != nullptr) {
    for (const FieldOwner& owner : managers_of(*managed)) {
      if (owner.applies && owner.manager != kManager)
        return {Ownership::foreign, "field manager " + owner.manager};
      if (wrote.empty()) wrote = owner.manager;
    }
  }
  return {Ownership::unowned, wrote.empty() ? std::string{} : "nobody (written by " + wrote + ")"};
}

Value give_back_patch(const Value& manifest, const Value& before, const Value& live) {
  Value shape = manifest;
  shape.erase("apiVersion");
  shape.erase("kind");
  Value patch = restore(shape, &before, &live);
  const Value* patched = patch.find("metadata");
  Value metadata = patched != nullptr && patched->is_object() ? *patched : Value(Value::Object{});
  metadata.erase("name");
  metadata.erase("namespace");
  if (const Value* version = live.at({"metadata", "resourceVersion"}))
    metadata.set("resourceVersion", *version);
  if (const Value* managed = live.at({"metadata", "managedFields"});
      managed != nullptr && managed->is_list()) {
    Value::List kept;
    for (const Value& entry : managed->as_list())
      if (entry.text("manager") != kManager) kept.push_back(entry);
    if (!kept.empty()) metadata.set("managedFields", Value(std::move(kept)));
  }
  patch.set("metadata", std::move(metadata));
  return patch;
}

}  // namespace crosstie::kubernetes
