#include "sandbox/elasticsearch/key_access.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/text.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr const char* kParser = "cross_cluster_api_key_access";

Refusal access_problem(const std::string& reason) {
  Refusal refusal =
      refuse(400, "x_content_parse_exception",
             "[1:1] [cross_cluster_api_key_request_payload] failed to parse field [access]");
  refusal.error["caused_by"] = cause("illegal_argument_exception", reason);
  return refusal;
}

Json read_entry(const Json& entry, bool search) {
  if (!entry.is_object())
    throw access_problem("expected an object but found [" + std::string(entry.type_name()) + "]");
  if (!search && (entry.contains("query") || entry.contains("field_security"))) {
    throw illegal_argument("replication does not support document or field level security");
  }
  check_known_fields(entry, kParser,
                     {"names", "query", "field_security", "allow_restricted_indices"});
  const std::vector<std::string> names = name_list(entry.value("names", Json()));
  if (names.empty()) throw access_problem("Required [names]");
  Json read{{"names", names},
            {"allow_restricted_indices", entry.value("allow_restricted_indices", false)}};
  if (entry.contains("query") && !entry["query"].is_null()) {
    read["query"] = entry["query"].is_string() ? entry["query"] : Json(entry["query"].dump());
  }
  if (entry.contains("field_security") && !entry["field_security"].is_null())
    read["field_security"] = entry["field_security"];
  return read;
}

}  // namespace

void check_known_fields(const Json& body, const std::string& parser,
                        std::initializer_list<const char*> fields) {
  for (const auto& [name, value] : body.items()) {
    const std::string_view field = name;
    if (std::find(fields.begin(), fields.end(), field) != fields.end()) continue;
    throw refuse(400, "x_content_parse_exception",
                 "[1:1] [" + parser + "] unknown field [" + name + "]");
  }
}

std::vector<std::string> name_list(const Json& value) {
  std::vector<std::string> names;
  if (value.is_string()) names.push_back(value.get<std::string>());
  if (!value.is_array()) return names;
  for (const Json& item : value) {
    if (item.is_string()) names.push_back(item.get<std::string>());
  }
  return names;
}

Json read_access(const Json& access) {
  if (!access.is_object()) throw access_problem("expected an object");
  check_known_fields(access, kParser, {"search", "replication"});
  Json read = Json::object();
  for (const char* kind : {"search", "replication"}) {
    const Json entries = access.value(kind, Json::array());
    if (!entries.is_array()) throw access_problem(std::string("[") + kind + "] must be a list");
    for (const Json& entry : entries)
      read[kind].push_back(read_entry(entry, std::string_view(kind) == "search"));
  }
  if (read.empty())
    throw illegal_argument("must specify non-empty access for either [search] or [replication]");
  if (read.contains("replication") && read.contains("search")) {
    for (const Json& entry : read["search"]) {
      if (!entry.contains("query") && !entry.contains("field_security")) continue;
      throw illegal_argument(
          "search does not support document or field level security if replication is assigned");
    }
  }
  return read;
}

Json access_role(const Json& access) {
  Json role{{"cluster", Json::array()},      {"indices", Json::array()},
            {"applications", Json::array()}, {"run_as", Json::array()},
            {"metadata", Json::object()},    {"transient_metadata", {{"enabled", true}}}};
  if (access.contains("search")) {
    role["cluster"].push_back("cross_cluster_search");
    role["cluster"].push_back("monitor_enrich");
    for (Json entry : access["search"]) {
      entry["privileges"] = {"read", "read_cross_cluster", "view_index_metadata"};
      role["indices"].push_back(std::move(entry));
    }
  }
  if (access.contains("replication")) {
    role["cluster"].push_back("cross_cluster_replication");
    for (Json entry : access["replication"]) {
      entry["privileges"] = {"cross_cluster_replication", "cross_cluster_replication_internal"};
      role["indices"].push_back(std::move(entry));
    }
  }
  return {{"cross_cluster", std::move(role)}};
}

bool access_allows(const Json& access, const std::string& index) {
  if (!access.is_object() || !access.contains("search")) return false;
  for (const Json& entry : access["search"]) {
    const bool restricted = !index.empty() && index.front() == '.';
    if (restricted && !entry.value("allow_restricted_indices", false)) continue;
    if (matches_any(name_list(entry.value("names", Json())), index)) return true;
  }
  return false;
}

}  // namespace crosstie::sandbox::elasticsearch
