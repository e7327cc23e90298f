#pragma once
// The kinds that the server serves: the built-in ones that matter here, and those that
// CustomResourceDefinitions add.
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/field_schema.hpp"

namespace crosstie::sandbox::kubernetes {

struct Kind {
  std::string group;
  std::vector<std::string> versions;  // served, preferred first; the first is the stored one
  std::string resource;
  std::string kind;
  std::string singular;
  bool namespaced = true;
  bool status = false;  // has the status subresource
  bool custom = false;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  std::vector<std::string> verbs;                 // empty: all
  std::map<std::string, nlohmann::json> schemas;  // by version; custom resources only
  nlohmann::json columns;                         // additionalPrinterColumns
  std::shared_ptr<const FieldSchema> fields;

  /// "v1", "apps/v1".
  std::string api_version(const std::string& version) const {
    return group.empty() ? version : group + "/" + version;
  }
  /// "Secret", "Elasticsearch.elasticsearch.k8s.elastic.co".
  std::string stored_api_version() const { return api_version(versions.front()); }
  bool serves(const std::string& version) const;
  const nlohmann::json* schema(const std::string& version) const;
};

/// Shared with watches, which outlive a definition that is replaced.
using KindPtr = std::shared_ptr<const Kind>;

class KindTable {
 public:
  KindTable();

  /// Adds or replaces the kind of a CustomResourceDefinition.
  void define(const nlohmann::json& definition);
  void forget(const nlohmann::json& definition);

  KindPtr find(const std::string& group, const std::string& version,
               const std::string& resource) const;
  KindPtr find_kind(const std::string& group, const std::string& kind) const;
  KindPtr find_resource(const std::string& group, const std::string& resource) const;

  struct Group {
    std::string name;
    std::vector<std::string> versions;  // preferred first
  };
  /// Without the core group.
  std::vector<Group> groups() const;
  std::vector<KindPtr> of(const std::string& group, const std::string& version) const;
  bool serves(const std::string& group, const std::string& version) const {
    return !of(group, version).empty();
  }

 private:
  std::vector<KindPtr> kinds_;
};

}  // namespace crosstie::sandbox::kubernetes
