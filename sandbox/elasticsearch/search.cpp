// _search and _count, here and over links; _resolve/cluster and _resolve/index.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/auth.hpp"
#include "sandbox/elasticsearch/documents.hpp"
#include "sandbox/elasticsearch/key_access.hpp"
#include "sandbox/elasticsearch/links.hpp"
#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/router.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::size_t kSizeDefault = 10;
constexpr std::size_t kWindowMax = 10000;

using Groups = std::vector<std::pair<std::string, std::vector<std::string>>>;  // alias ("" is here)
                                                                               // to expressions

/// Splits "b:idx,local*" by cluster; a wildcard alias stands for every registered one.
Groups group_by_cluster(const ClusterState& cluster, const std::string& expression) {
  Groups groups;
  const auto add = [&groups](const std::string& alias, const std::string& index) {
    for (auto& [known, list] : groups) {
      if (known == alias) return list.push_back(index);
    }
    groups.push_back({alias, {index}});
  };
  for (const std::string& part : split_list(expression)) {
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos) {
      add("", part);
      continue;
    }
    const std::string alias = part.substr(0, colon);
    const std::string index = part.substr(colon + 1);
    if (has_wildcard(alias)) {
      for (const auto& [known, link] : cluster.links) {
        if (matches(alias, known)) add(known, index);
      }
    } else if (cluster.links.count(alias) != 0) {
      add(alias, index);
    } else {
      throw no_such_remote(alias);
    }
  }
  return groups;
}

Json shard_counts(int total) {
  return {{"total", total}, {"successful", total}, {"skipped", 0}, {"failed", 0}};
}

/// What one search is asked for.
struct SearchPlan {
  Json query;
  std::size_t from = 0;
  std::size_t size = kSizeDefault;
  bool track_total = true;
  bool ignore_unavailable = false;
  Principal who;
};

std::size_t read_number(const Call& call, const Json& body, const std::string& name,
                        std::size_t otherwise) {
  const Json value = call.has(name) ? Json::parse(call.query(name), nullptr, false)
                                    : body.value(name, Json(otherwise));
  if (!value.is_number_integer() || value.get<long long>() < 0) {
    throw illegal_argument("[" + name + "] parameter cannot be negative or not a number, found [" +
                           call.query(name, value.dump()) + "]");
  }
  return value.get<std::size_t>();
}

SearchPlan read_search(const Call& call) {
  const Json body = call.body(true);
  SearchPlan plan;
  plan.query = body.value("query", Json());
  plan.from = read_number(call, body, "from", 0);
  plan.size = read_number(call, body, "size", kSizeDefault);
  if (plan.from + plan.size > kWindowMax) {
    throw illegal_argument(
        "Result window is too large, from + size must be less than or equal to: [10000] but was [" +
        std::to_string(plan.from + plan.size) + "]");
  }
  if (body.contains("track_total_hits") && body["track_total_hits"].is_boolean())
    plan.track_total = body["track_total_hits"];
  if (call.has("track_total_hits")) plan.track_total = call.query("track_total_hits") != "false";
  plan.ignore_unavailable = call.flag("ignore_unavailable");
  plan.who = call.who;
  query_matches(plan.query, "",
                Json::object());  // a malformed query is refused also where no document is
  return plan;
}

SearchResult search_here(const ClusterState& cluster, const std::vector<std::string>& expressions,
                         const SearchPlan& plan) {
  for (const std::string& name : expressions) {
    if (!has_wildcard(name) && name != "_all")
      require_index(plan.who, "indices:data/read/search", name, "read");
  }
  const auto visible = [&](const std::string& name) {
    return has_index_privilege(plan.who, name, "read");
  };
  return search_documents(
      cluster, resolve_indices(cluster, expressions, visible, plan.ignore_unavailable), plan.query);
}

/// An API key without superuser rights needs remote_indices for the alias.
void require_remote(const Principal& who, const std::string& alias) {
  if (who.superuser) return;
  for (const Json& role : who.role_descriptors) {
    for (const Json& entry : role.value("remote_indices", Json::array())) {
      if (matches_any(name_list(entry.value("clusters", Json())), alias)) return;
    }
  }
  throw security_error(403,
                       "action [indices:data/read/search] towards remote cluster [" + alias +
                           "] is unauthorized for " + describe(who) +
                           " because no remote indices privileges apply for the target cluster");
}

/// One remote's part of a search. Throws Refusal; `unreachable` tells why a skipped one was
/// skipped.
struct RemoteOutcome {
  SearchResult result;
  std::optional<Refusal> refusal;
  bool unreachable = false;
};

Task<RemoteOutcome> search_there(std::shared_ptr<ClusterState> cluster, std::string alias,
                                 std::vector<std::string> expressions, SearchPlan plan) {
  RemoteOutcome outcome;
  require_remote(plan.who, alias);
  const Json wire{{"indices", expressions},
                  {"query", plan.query},
                  {"ignore_unavailable", plan.ignore_unavailable}};
  std::string text = wire.dump();
  co_await ensure_open(cluster, alias);
  RemoteHello hello;
  if (cluster->links.count(alias) != 0 && cluster->links.at(alias).connected) {
    hello = co_await ask_remote(cluster, alias, "/search", text);
  }
  if (hello.status == 0 && cluster->links.count(alias) != 0 &&
      !cluster->links.at(alias).connected) {
    // The connection was closed by the other side: one attempt to open it, as a search does.
    co_await ensure_open(cluster, alias);
    if (cluster->links.count(alias) != 0 && cluster->links.at(alias).connected) {
      hello = co_await ask_remote(cluster, alias, "/search", std::move(text));
    }
  }
  const Json body = Json::parse(hello.body, nullptr, false);
  if (cluster->links.count(alias) == 0) {
    outcome.refusal = no_such_remote(alias);
  } else if (hello.status == 0 || !body.is_object()) {
    outcome.unreachable = true;
    outcome.refusal = link_refusal(*cluster, alias, cluster->links.at(alias));
  } else if (hello.status != 200) {
    Json error = body;
    error.erase("status");
    error.erase("version");
    outcome.refusal = Refusal{hello.status, error, nullptr, {}};
  } else {
    outcome.result.shards = body.at("shards").get<int>();
    for (const Json& hit : body.at("hits")) outcome.result.hits.push_back(hit);
  }
  co_return outcome;
}

/// What _clusters.details says of a remote that was skipped. Source: recordings 02-search and
/// 06-wrong.
Json skipped_details(const ClusterState& cluster, const std::string& alias,
                     const std::string& indices, const RemoteOutcome& outcome) {
  Json reason = outcome.refusal->error;
  if (outcome.unreachable) {
    reason = cluster.version.at_least(8, 15)
                 ? cause("connect_transport_exception", "Unable to connect to [" + alias + "]")
                 : no_such_remote(alias).error;
  }
  const Json failure{{"shard", -1}, {"index", nullptr}, {"reason", reason}};
  return {{"status", "skipped"},
          {"indices", indices},
          {"timed_out", false},
          {"failures", Json::array({failure})}};
}

Json successful_details(const std::string& indices, int shards) {
  return {{"status", "successful"},
          {"indices", indices},
          {"took", 1},
          {"timed_out", false},
          {"_shards", shard_counts(shards)}};
}

/// Everything found so far.
struct Gathered {
  int shards = 0;
  std::vector<Json> hits;
  Json details = Json::object();
  int successful = 0;
  int skipped = 0;
};

Json search_body(Gathered found, const SearchPlan& plan, bool cross_cluster) {
  const std::size_t total = found.hits.size();
  Json page = Json::array();
  for (std::size_t k = plan.from; k < std::min(total, plan.from + plan.size); ++k)
    page.push_back(found.hits[k]);
  Json hits{{"max_score", page.empty() ? Json() : Json(1.0)}, {"hits", page}};
  if (plan.track_total) hits["total"] = {{"value", total}, {"relation", "eq"}};
  Json body{
      {"took", 1}, {"timed_out", false}, {"_shards", shard_counts(found.shards)}, {"hits", hits}};
  if (found.shards == 0) body["num_reduce_phases"] = 0;
  if (cross_cluster) {
    body["_clusters"] = {{"total", found.successful + found.skipped},
                         {"successful", found.successful},
                         {"skipped", found.skipped},
                         {"running", 0},
                         {"partial", 0},
                         {"failed", 0},
                         {"details", found.details}};
  }
  return body;
}

Task<Response> search(std::shared_ptr<ClusterState> cluster, Call call) {
  const SearchPlan plan = read_search(call);
  const auto index = call.path.find("index");
  const std::string expression = index == call.path.end() ? "*" : index->second;
  const Groups groups = group_by_cluster(*cluster, expression);
  const bool cross_cluster = expression.find(':') != std::string::npos;
  Gathered found;
  for (const auto& [alias, expressions] : groups) {
    const std::string names = join(expressions, ",");
    if (alias.empty()) {
      SearchResult here = search_here(*cluster, expressions, plan);
      found.shards += here.shards;
      found.hits.insert(found.hits.end(), here.hits.begin(), here.hits.end());
      found.details["(local)"] = successful_details(names, here.shards);
      ++found.successful;
      continue;
    }
    const RemoteOutcome outcome = co_await search_there(cluster, alias, expressions, plan);
    const auto link = cluster->links.find(alias);
    if (outcome.refusal) {
      if (link == cluster->links.end() || !link->second.skip_unavailable) throw *outcome.refusal;
      found.details[alias] = skipped_details(*cluster, alias, names, outcome);
      ++found.skipped;
      continue;
    }
    found.shards += outcome.result.shards;
    for (Json hit : outcome.result.hits) {
      hit["_index"] = alias + ":" + hit["_index"].get<std::string>();
      found.hits.push_back(std::move(hit));
    }
    found.details[alias] = successful_details(names, outcome.result.shards);
    ++found.successful;
  }
  co_return ok(search_body(std::move(found), plan, cross_cluster));
}

Response count(ClusterState& cluster, const Call& call) {
  const auto index = call.path.find("index");
  const std::string expression = index == call.path.end() ? "*" : index->second;
  if (expression.find(':') != std::string::npos) {
    throw illegal_argument(
        "Cross-cluster calls are not supported in this context but remote indices were requested: "
        "[" +
        expression + "]");
  }
  const SearchPlan plan = read_search(call);
  const SearchResult found = search_here(cluster, split_list(expression), plan);
  return ok({{"count", found.hits.size()}, {"_shards", shard_counts(found.shards)}});
}

Json version_facts(const StackVersion& version) {
  return {{"number", version.text},
          {"build_flavor", "default"},
          {"minimum_wire_compatibility_version", version.minimum_wire()},
          {"minimum_index_compatibility_version", version.minimum_index()}};
}

/// One alias of _resolve/cluster. Without expressions only the connection is looked at.
Task<Json> resolve_remote(std::shared_ptr<ClusterState> cluster, std::string alias,
                          std::vector<std::string> expressions) {
  co_await ensure_open(cluster, alias);
  const auto link = cluster->links.find(alias);
  if (link == cluster->links.end()) co_return Json::object();
  Json entry{{"connected", link->second.connected},
             {"skip_unavailable", link->second.skip_unavailable}};
  if (!link->second.connected) co_return entry;
  const Json version = version_facts(link->second.remote_version);
  if (!expressions.empty()) {
    std::string wire = Json{{"indices", expressions}}.dump();
    const RemoteHello hello = co_await ask_remote(cluster, alias, "/resolve", std::move(wire));
    const Json body = Json::parse(hello.body, nullptr, false);
    if (hello.status == 0 || !body.is_object()) {
      entry["connected"] = false;
      co_return entry;
    }
    if (hello.status != 200) {
      entry["error"] = body.value("reason", "");
      co_return entry;
    }
    entry["matching_indices"] = body.at("matching_indices");
  }
  entry["version"] = version;
  co_return entry;
}

Task<Response> resolve_cluster(std::shared_ptr<ClusterState> cluster, Call call) {
  require_cluster(call.who, "cluster:monitor/remote/info", {"monitor", "manage"});
  const auto given = call.path.find("expression");
  co_await notice_lost_links(cluster);
  Groups groups;
  if (given != call.path.end()) {
    groups = group_by_cluster(*cluster, given->second);
  } else {
    for (const auto& [alias, link] : cluster->links) groups.push_back({alias, {}});
  }
  Json body = Json::object();
  for (const auto& [alias, expressions] : groups) {
    if (!alias.empty()) {
      body[alias] = co_await resolve_remote(cluster, alias, expressions);
      continue;
    }
    const auto everything = [](const std::string&) { return true; };
    const auto names = resolve_indices(*cluster, expressions, everything, true);
    body["(local)"] = {{"connected", true},
                       {"skip_unavailable", false},
                       {"matching_indices", !names.empty()},
                       {"version", version_facts(cluster->version)}};
  }
  co_return ok(body);
}

Task<Response> resolve_index(std::shared_ptr<ClusterState> cluster, Call call) {
  const Groups groups = group_by_cluster(*cluster, call.path.at("expression"));
  Json list = Json::array();
  for (const auto& [alias, expressions] : groups) {
    std::vector<std::string> names;
    if (alias.empty()) {
      const auto everything = [](const std::string&) { return true; };
      names = resolve_indices(*cluster, expressions, everything, false);
    } else {
      co_await ensure_open(cluster, alias);
      std::string wire = Json{{"indices", expressions}}.dump();
      const RemoteHello hello = co_await ask_remote(cluster, alias, "/resolve", std::move(wire));
      const Json body = Json::parse(hello.body, nullptr, false);
      if (hello.status == 200 && body.is_object()) names = name_list(body.at("indices"));
    }
    for (const std::string& name : names) {
      list.push_back(
          {{"name", alias.empty() ? name : alias + ":" + name}, {"attributes", {"open"}}});
    }
  }
  co_return ok({{"indices", list}, {"aliases", Json::array()}, {"data_streams", Json::array()}});
}

const std::vector<std::string> kSearchParameters{"size",
                                                 "from",
                                                 "q",
                                                 "track_total_hits",
                                                 "ignore_unavailable",
                                                 "allow_no_indices",
                                                 "expand_wildcards",
                                                 "ccs_minimize_roundtrips",
                                                 "timeout",
                                                 "preference",
                                                 "routing",
                                                 "search_type",
                                                 "request_cache",
                                                 "allow_partial_search_results",
                                                 "batched_reduce_size",
                                                 "rest_total_hits_as_int",
                                                 "typed_keys",
                                                 "_source",
                                                 "sort",
                                                 "terminate_after",
                                                 "pre_filter_shard_size"};
const std::vector<std::string> kResolveParameters{
    "timeout", "ignore_unavailable", "allow_no_indices", "expand_wildcards", "ignore_throttled"};

}  // namespace

std::vector<Route> search_routes() {
  return {{"GET,POST", "/_search", kSearchParameters, nullptr, search},
          {"GET,POST", "/{index}/_search", kSearchParameters, nullptr, search},
          {"GET,POST", "/_count", kSearchParameters, count},
          {"GET,POST", "/{index}/_count", kSearchParameters, count},
          {"GET", "/_resolve/cluster", kResolveParameters, nullptr, resolve_cluster},
          {"GET", "/_resolve/cluster/{expression}", kResolveParameters, nullptr, resolve_cluster},
          {"GET", "/_resolve/index/{expression}", kResolveParameters, nullptr, resolve_index}};
}

}  // namespace crosstie::sandbox::elasticsearch
