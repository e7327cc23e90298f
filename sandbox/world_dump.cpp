#include "sandbox/world_dump.hpp"

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace crosstie::sandbox {
using nlohmann::json;
namespace {

constexpr std::string_view kElasticsearchGroup = "elasticsearch.k8s.elastic.co/";

void move_uids(json& value) {
  if (value.is_array()) {
    for (json& item : value) move_uids(item);
    return;
  }
  if (!value.is_object()) return;
  for (auto& [key, item] : value.items()) {
    if (key != "server") move_uids(item);
  }
  const auto uid = value.find("uid");
  if (uid == value.end() || !uid->is_string()) return;
  json moved = std::move(*uid);
  value.erase(uid);
  value["server"]["uid"] = std::move(moved);
}

void drop_empty_objects(json& value) {
  if (value.is_array()) {
    for (json& item : value) drop_empty_objects(item);
    return;
  }
  if (!value.is_object()) return;
  for (auto member = value.begin(); member != value.end();) {
    drop_empty_objects(*member);
    const bool empty = member->is_object() && member->empty();
    member = empty ? value.erase(member) : std::next(member);
  }
}

}  // namespace

json canonical_kubernetes(json dump) {
  for (auto& [name, object] : dump.items()) {
    move_uids(object);
    if (name.starts_with(kElasticsearchGroup) && object.contains("spec")) {
      drop_empty_objects(object["spec"]);
    }
  }
  return dump;
}

}  // namespace crosstie::sandbox
