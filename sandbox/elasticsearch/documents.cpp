#include "sandbox/elasticsearch/documents.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kUuidCharacters = 22;
constexpr std::size_t kIndexNameBytesMax = 255;
constexpr int kQueryDepthMax = 20;

/// `log.level` is the same field whether the document nests it or spells it with a dot.
const Json* field_of(const Json& source, const std::string& name) {
  if (!source.is_object()) return nullptr;
  if (source.contains(name)) return &source[name];
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const std::string head = name.substr(0, dot);
    if (!source.contains(head)) continue;
    if (const Json* found = field_of(source[head], name.substr(dot + 1))) return found;
  }
  return nullptr;
}

std::string field_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool field_equals(const Json& source, const std::string& name, const Json& wanted) {
  const Json* field = field_of(source, name);
  if (field == nullptr) return false;
  if (field->is_array()) {
    return std::any_of(field->begin(), field->end(),
                       [&](const Json& item) { return field_text(item) == field_text(wanted); });
  }
  return field_text(*field) == field_text(wanted);
}

/// `match` on text: any word of the query is among the words of the field.
bool field_has_word(const Json& source, const std::string& name, const Json& wanted) {
  const Json* field = field_of(source, name);
  if (field == nullptr) return false;
  const std::vector<std::string> words = split_list(lower(field_text(*field)), ' ');
  for (const std::string& word : split_list(lower(field_text(wanted)), ' ')) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  }
  return false;
}

Json as_list(const Json& value) { return value.is_array() ? value : Json::array({value}); }

bool matches_at(const Json& query, const std::string& id, const Json& source, int depth);

bool bool_matches(const Json& clauses, const std::string& id, const Json& source, int depth) {
  bool should =
      !clauses.contains("should") || clauses.contains("must") || clauses.contains("filter");
  for (const auto& [kind, list] : clauses.items()) {
    if (kind == "minimum_should_match" || kind == "boost") continue;
    for (const Json& clause : as_list(list)) {
      const bool match = matches_at(clause, id, source, depth + 1);
      if ((kind == "must" || kind == "filter") && !match) return false;
      if (kind == "must_not" && match) return false;
      if (kind == "should" && match) should = true;
    }
  }
  return should;
}

bool matches_at(const Json& query, const std::string& id, const Json& source, int depth) {
  if (query.is_null() || query.empty()) return true;
  if (depth > kQueryDepthMax || !query.is_object())
    throw refuse(400, "parsing_exception", "[_na] query malformed");
  const std::string kind = query.begin().key();
  const Json& body = query.begin().value();
  if (kind == "match_all") return true;
  if (kind == "match_none") return false;
  if (kind == "bool") return bool_matches(body, id, source, depth);
  if (kind == "exists") return field_of(source, body.at("field").get<std::string>()) != nullptr;
  if (kind == "ids") {
    const Json values = body.at("values");
    return std::find(values.begin(), values.end(), Json(id)) != values.end();
  }
  if ((kind == "term" || kind == "terms" || kind == "match") && body.is_object() && !body.empty()) {
    const std::string field = body.begin().key();
    Json wanted = body.begin().value();
    if (kind == "terms") {
      return std::any_of(wanted.begin(), wanted.end(),
                         [&](const Json& item) { return field_equals(source, field, item); });
    }
    if (wanted.is_object()) wanted = wanted.value(kind == "term" ? "value" : "query", Json());
    return kind == "term" ? field_equals(source, field, wanted)
                          : field_has_word(source, field, wanted);
  }
  throw refuse(400, "parsing_exception", "unknown query [" + kind + "]");
}

Json first_document(const std::string& cluster, const std::string& message,
                    const std::string& level) {
  return {{"@timestamp", "2026-01-01T00:00:00.000Z"},
          {"message", message},
          {"log.level", level},
          {"cluster", cluster}};
}

}  // namespace

std::map<std::string, IndexData> first_indices(ClusterState& cluster) {
  const std::string& name = cluster.options.name;
  std::map<std::string, IndexData> indices;
  indices["logs-web-default"].documents = {{"1", first_document(name, "GET / 200", "info")},
                                           {"2", first_document(name, "GET /cart 200", "info")},
                                           {"3", first_document(name, "GET /pay 500", "error")}};
  indices["logs-app-default"].documents = {{"1", first_document(name, "order placed", "info")},
                                           {"2", first_document(name, "order failed", "error")}};
  indices["metrics-system-default"].documents = {{"1", first_document(name, "cpu 0.42", "info")}};
  for (auto& [index, data] : indices) {
    data.uuid = cluster.context.ids.base62(kUuidCharacters);
    data.created_ms = Clock::now_epoch_ms();
  }
  return indices;
}

void check_index_name(const std::string& name) {
  std::string problem;
  if (name.empty()) problem = "must not be empty";
  if (!name.empty() && (name.front() == '_' || name.front() == '-' || name.front() == '+')) {
    problem = std::string("must not start with '") + name.front() + "'.";
  }
  if (name == "." || name == "..") problem = "must not be '.' or '..'";
  if (name != lower(name)) problem = "must be lowercase";
  if (name.size() > kIndexNameBytesMax) problem = "index name is too long";
  if (name.find_first_of("\\/*?\"<>| ,#:") != std::string::npos) {
    problem =
        "must not contain the following characters ['\\\\','/','*','?','\"','<','>','|',' "
        "',',','#',':']";
  }
  if (problem.empty()) return;
  Refusal refusal =
      refuse(400, "invalid_index_name_exception", "Invalid index name [" + name + "], " + problem);
  refusal.error["index"] = name;
  refusal.error["index_uuid"] = "_na_";
  throw refusal;
}

std::vector<std::string> resolve_indices(const ClusterState& cluster,
                                         const std::vector<std::string>& expressions,
                                         const std::function<bool(const std::string&)>& visible,
                                         bool ignore_missing) {
  std::vector<std::string> names;
  for (const std::string& expression : expressions) {
    if (expression.size() > 1 && expression.front() == '-' && !names.empty()) {
      std::erase_if(names,
                    [&](const std::string& name) { return matches(expression.substr(1), name); });
      continue;
    }
    const bool all = expression == "_all";
    if (!all && !has_wildcard(expression)) {
      if (cluster.indices.count(expression) == 0) {
        if (expression.empty() || expression.front() == '_') check_index_name(expression);
        if (!ignore_missing) throw no_such_index(expression);
        continue;
      }
      names.push_back(expression);
      continue;
    }
    for (const auto& [name, data] : cluster.indices) {
      if ((all || matches(expression, name)) && visible(name)) names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool query_matches(const Json& query, const std::string& id, const Json& source) {
  return matches_at(query, id, source, 0);
}

SearchResult search_documents(const ClusterState& cluster, const std::vector<std::string>& indices,
                              const Json& query) {
  SearchResult result;
  for (const std::string& index : indices) {
    ++result.shards;
    for (const auto& [id, source] : cluster.indices.at(index).documents) {
      if (!query_matches(query, id, source)) continue;
      result.hits.push_back({{"_index", index}, {"_id", id}, {"_score", 1.0}, {"_source", source}});
    }
  }
  return result;
}

}  // namespace crosstie::sandbox::elasticsearch
