#pragma once
// A set of field paths, the currency of server-side apply. Its written form is FieldsV1: nested
// objects whose keys are path elements ("f:spec", "k:{\"port\":9443,\"protocol\":\"TCP\"}",
// "v:\"x\""); a "." marks a path that is itself a member beside having children
// (kubernetes-sigs/structured-merge-diff, fieldpath/serialize.go).
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace crosstie::sandbox::kubernetes {

using FieldPath = std::vector<std::string>;  // path elements in their written form

class FieldSet {
 public:
  bool member = false;
  std::map<std::string, FieldSet> children;

  bool empty() const { return !member && children.empty(); }
  void insert(const FieldPath& path);
  const FieldSet* child(const std::string& element) const;

  FieldSet united(const FieldSet& other) const;
  /// Without the paths that are members of `other`; paths below them stay.
  FieldSet without(const FieldSet& other) const;
  FieldSet intersected(const FieldSet& other) const;
  /// With every named field on the way to a member a member itself.
  FieldSet with_named_parents() const;

  std::vector<FieldPath> paths() const;
  nlohmann::json to_json() const;
  static FieldSet from_json(const nlohmann::json& fields);

 private:
  void collect(FieldPath& prefix, std::vector<FieldPath>& found) const;
};

/// As conflicts name it: `.spec.ports[port=9443,protocol="TCP"].targetPort`.
std::string format_path(const FieldPath& path);

}  // namespace crosstie::sandbox::kubernetes
