#pragma once
// Reads request bodies as strictly as the service does: a missing or wrongly typed field is
// root.invalid_json_request, null lists are empty lists, unknown fields are ignored.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace crosstie::sandbox::ech {

/// A value with the way to it, for error messages.
class Cursor {
 public:
  /// Parses `body`; throws ApiError when it is not JSON.
  static Cursor parse(const std::string& body);

  /// A member that must be there and not null.
  Cursor need(const std::string& name) const;
  /// A member; null when absent.
  Cursor get(const std::string& name) const;
  /// The elements of a list member; absent and null are empty.
  std::vector<Cursor> list(const std::string& name) const;

  /// A list member that must be there, though it may be null (the Go clients send null for an empty
  /// list).
  std::vector<Cursor> need_list(const std::string& name) const;

  bool is_null() const { return value_.is_null(); }
  std::string text() const;
  bool boolean() const;
  const nlohmann::json& object() const;
  std::vector<std::string> texts(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& otherwise) const;
  bool boolean_or(const std::string& name, bool otherwise) const;

  const nlohmann::json& json() const { return value_; }
  /// "resources.elasticsearch[0].plan"
  const std::string& field() const { return field_; }

 private:
  Cursor(nlohmann::json value, std::string field, std::string trail)
      : value_(std::move(value)), field_(std::move(field)), trail_(std::move(trail)) {}
  Cursor down(nlohmann::json value, const std::string& name) const;
  [[noreturn]] void refuse(const std::string& wanted) const;

  nlohmann::json value_;
  std::string field_;
  std::string trail_;  // innermost first: "DownField(region),DownArray,DownField(elasticsearch)"
};

}  // namespace crosstie::sandbox::ech
