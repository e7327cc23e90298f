#pragma once
// kubernetes.object: any object, by server-side apply.
#include <memory>
#include <string>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"

namespace crosstie::kubernetes {

/// What tells a manifest's object as made by one resource of one history.
struct Mark {
  std::string lineage;  // label crosstie.dev/lineage
  std::string address;  // annotation crosstie.dev/address
};
constexpr const char* kManager = "crosstie";
constexpr const char* kLineageLabel = "crosstie.dev/lineage";
constexpr const char* kAddressAnnotation = "crosstie.dev/address";

/// The manifest with namespace and mark, as it is sent.
Value marked_manifest(const Value& manifest, const std::string& namespace_name, const Mark& mark);

/// Whose an existing object is. Pure. `recorded_uid`: of the object that state knows, "" when it
/// knows none.
struct Claim {
  Ownership ownership = Ownership::unowned;
  std::string owner;
};
/// A tool that says by a label or an annotation that it keeps the object, such as `Argo CD search`;
/// "" when none does.
std::string claiming_tool(const Value& object);
Claim claim_of(const Value& object, const Mark& mark, const std::string& recorded_uid);

/// Merge patch that gives an adopted object back: what `before` had at the places of `manifest`,
/// null where it had nothing, the mark taken off, our entries taken out of managedFields. Pure.
Value give_back_patch(const Value& manifest, const Value& before, const Value& live);

std::unique_ptr<Handler> make_object_handler(std::shared_ptr<Api> api);

}  // namespace crosstie::kubernetes
