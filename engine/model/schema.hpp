#pragma once
// What a resource type looks like: its attributes, what the user sets, what the service answers.
// Read by the loader (errors with "did you mean"), by `crosstie schema` and by the documentation.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crosstie {

enum class AttributeType { any, boolean, number, string, list, object, secret_reference };

struct AttributeSchema {
  std::string name;
  AttributeType type = AttributeType::string;
  bool required = false;
  bool computed = false;  // set by the service; the configuration may not
  bool identity = false;  // names the remote object; a change replaces the resource
  bool sensitive = false;
  std::string description;           // one or two sentences, for docs and --help
  std::vector<std::string> allowed;  // of a string; empty = any
  std::vector<AttributeSchema>
      members;  // of an object, or of the objects of a list; empty = free form
};

// Short forms for the tables of attributes.
inline AttributeSchema attribute(std::string name, AttributeType type, std::string description) {
  AttributeSchema made;
  made.name = std::move(name);
  made.type = type;
  made.description = std::move(description);
  return made;
}
inline AttributeSchema required(AttributeSchema made) {
  made.required = true;
  return made;
}
inline AttributeSchema identity(AttributeSchema made) {
  made.identity = true;
  return made;
}
inline AttributeSchema computed(std::string name, AttributeType type, std::string description) {
  AttributeSchema made = attribute(std::move(name), type, std::move(description));
  made.computed = true;
  return made;
}

enum class ResourceKind {
  managed,  // created, updated, deleted
  read,     // only looked at; its attributes feed others
  check     // proves something; create and update run the proof, delete forgets it
};

struct ResourceSchema {
  std::string type;  // "kubernetes.object"
  ResourceKind kind = ResourceKind::managed;
  std::string summary;
  std::vector<AttributeSchema> attributes;
  /// A replacement under the same identity is made before the old object goes, which the provider's
  /// remove takes away (`leftovers_only`) once everything that used it has the new one.
  bool create_first = false;

  const AttributeSchema* find(std::string_view name) const {
    for (const AttributeSchema& attribute : attributes)
      if (attribute.name == name) return &attribute;
    return nullptr;
  }
};

/// All types of all providers; filled once by the caller.
class SchemaCatalog {
 public:
  void add(const std::vector<ResourceSchema>& schemas) {
    all_.insert(all_.end(), schemas.begin(), schemas.end());
  }
  const ResourceSchema* find(std::string_view type) const {
    for (const ResourceSchema& schema : all_)
      if (schema.type == type) return &schema;
    return nullptr;
  }
  const std::vector<ResourceSchema>& all() const { return all_; }

 private:
  std::vector<ResourceSchema> all_;
};

}  // namespace crosstie
