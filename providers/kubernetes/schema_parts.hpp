#pragma once
// Short forms for the tables of attributes.
#include <string>
#include <utility>

#include "engine/model/schema.hpp"

namespace crosstie::kubernetes {

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

}  // namespace crosstie::kubernetes
