#pragma once
// Reads answers of services that may leave out, null or retype any field: a missing thing is a null
// pointer or a fallback.
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace crosstie::json_read {

/// The value at a path of member names, null pointer when absent or null.
inline const nlohmann::json* find(const nlohmann::json& json,
                                  std::initializer_list<std::string_view> path) {
  const nlohmann::json* at = &json;
  for (std::string_view name : path) {
    if (!at->is_object()) return nullptr;
    auto member = at->find(std::string(name));
    if (member == at->end() || member->is_null()) return nullptr;
    at = &*member;
  }
  return at;
}

inline std::string text(const nlohmann::json& json, std::initializer_list<std::string_view> path,
                        std::string fallback = {}) {
  const nlohmann::json* found = find(json, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::move(fallback);
}

inline bool flag(const nlohmann::json& json, std::initializer_list<std::string_view> path,
                 bool fallback = false) {
  const nlohmann::json* found = find(json, path);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : fallback;
}

/// The list at a path; an empty one when it is absent, null or no list.
inline const nlohmann::json& list(const nlohmann::json& json,
                                  std::initializer_list<std::string_view> path) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  const nlohmann::json* found = find(json, path);
  return found != nullptr && found->is_array() ? *found : kEmpty;
}

/// Parses, giving a discarded value (is_discarded()) for what is no JSON.
inline nlohmann::json parse(const std::string& body) {
  return nlohmann::json::parse(body, nullptr, false);
}

/// Text of a JSON value that can always be written: invalid UTF-8 is replaced.
inline std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace crosstie::json_read
