#include "sandbox/ech/decode.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/ech/errors.hpp"

namespace crosstie::sandbox::ech {

using Json = nlohmann::json;

Cursor Cursor::parse(const std::string& body) {
  Json value = Json::parse(body, nullptr, false);
  if (value.is_discarded()) {
    throw api_error(400, "root.invalid_json_request", "The request body is not valid JSON");
  }
  Cursor cursor(std::move(value), "", "");
  if (!cursor.value_.is_object()) cursor.refuse("object");
  return cursor;
}

void Cursor::refuse(const std::string& wanted) const {
  std::vector<std::string> fields;
  if (!field_.empty()) fields.push_back(field_);
  throw api_error(400, "root.invalid_json_request",
                  "JSON request does not comply with schema: [" + wanted + ": " + trail_ + "]",
                  fields);
}

Cursor Cursor::down(Json value, const std::string& name) const {
  return {std::move(value), field_.empty() ? name : field_ + "." + name,
          "DownField(" + name + ")" + (trail_.empty() ? "" : "," + trail_)};
}

Cursor Cursor::get(const std::string& name) const {
  if (!value_.is_object()) refuse("Attempt to decode value on failed cursor");
  return down(value_.contains(name) ? value_.at(name) : Json(), name);
}

Cursor Cursor::need(const std::string& name) const {
  Cursor member = get(name);
  if (member.is_null()) member.refuse("Attempt to decode value on failed cursor");
  return member;
}

std::vector<Cursor> Cursor::list(const std::string& name) const {
  const Cursor member = get(name);
  std::vector<Cursor> items;
  if (member.is_null()) return items;
  if (!member.value_.is_array()) member.refuse("Array");
  for (std::size_t k = 0; k < member.value_.size(); ++k) {
    items.push_back(Cursor(member.value_[k], member.field_ + "[" + std::to_string(k) + "]",
                           "DownArray," + member.trail_));
  }
  return items;
}

std::vector<Cursor> Cursor::need_list(const std::string& name) const {
  const Cursor member = get(name);
  if (!value_.contains(name)) member.refuse("Attempt to decode value on failed cursor");
  return list(name);
}

std::string Cursor::text() const {
  if (!value_.is_string()) refuse("String");
  return value_.get<std::string>();
}

bool Cursor::boolean() const {
  if (!value_.is_boolean()) refuse("Boolean");
  return value_.get<bool>();
}

const Json& Cursor::object() const {
  if (!value_.is_object()) refuse("Attempt to decode value on failed cursor");
  return value_;
}

std::vector<std::string> Cursor::texts(const std::string& name) const {
  std::vector<std::string> values;
  for (const Cursor& item : list(name)) values.push_back(item.text());
  return values;
}

std::string Cursor::text_or(const std::string& name, const std::string& otherwise) const {
  const Cursor member = get(name);
  return member.is_null() ? otherwise : member.text();
}

bool Cursor::boolean_or(const std::string& name, bool otherwise) const {
  const Cursor member = get(name);
  return member.is_null() ? otherwise : member.boolean();
}

}  // namespace crosstie::sandbox::ech
