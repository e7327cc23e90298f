#pragma once
// How lists and maps of a kind merge: which are atomic, which are sets, which are maps keyed by
// some of their fields. Taken from the x-kubernetes-list-type, -list-map-keys and -map-type marks
// of Kubernetes' OpenAPI (1.33) and of custom resource schemas.
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace crosstie::sandbox::kubernetes {

struct FieldSchema {
  /// plain: an object merges field by field, a list is atomic.
  enum class Relation { plain, atomic, set, keyed };

  Relation relation = Relation::plain;
  std::vector<std::pair<std::string, nlohmann::json>>
      keys;  // of a keyed list: name, default (null: none)
  std::map<std::string, FieldSchema> fields;
  std::shared_ptr<FieldSchema> element;  // of a list

  const FieldSchema* field(const std::string& name) const;
};

/// Of a built-in kind; kinds without rules get the ones of metadata.
std::shared_ptr<const FieldSchema> built_in_fields(const std::string& kind);

/// Of a custom resource, from its structural schema.
std::shared_ptr<const FieldSchema> custom_fields(const nlohmann::json& structural_schema);

}  // namespace crosstie::sandbox::kubernetes
