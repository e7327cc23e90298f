#include "sandbox/elasticsearch/auth.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/state.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::array<const char*, 3> kChallenges{R"(Basic realm="security", charset="UTF-8")",
                                                 R"(Bearer realm="security")", "ApiKey"};

Refusal unauthorized(std::string reason, const std::string& key_problem = "") {
  Refusal refusal = security_error(401, std::move(reason));
  if (!key_problem.empty())
    refusal.error["additional_unsuccessful_credentials"] = "API key: " + key_problem;
  for (const char* challenge : kChallenges) {
    refusal.headers.emplace_back("WWW-Authenticate", challenge);
    refusal.error["header"]["WWW-Authenticate"].push_back(challenge);
  }
  return refusal;
}

Principal key_principal(const ApiKey& key) {
  Principal who{key.owner,           true, key.id, key.name, key.role_descriptors.empty(),
                key.role_descriptors};
  return who;
}

/// What a cluster privilege implies beside itself, as far as the endpoints here ask for it.
bool implies(const std::string& privilege, const std::string& wanted) {
  if (privilege == wanted || privilege == "all") return true;
  if (privilege == "manage") return wanted == "monitor" || wanted == "cross_cluster_search";
  if (privilege == "manage_security") {
    return wanted == "read_security" || wanted == "manage_api_key" ||
           wanted == "manage_own_api_key";
  }
  return privilege == "manage_api_key" && wanted == "manage_own_api_key";
}

bool index_implies(const std::string& privilege, const std::string& wanted) {
  if (privilege == wanted || privilege == "all") return true;
  if (privilege == "write")
    return wanted == "index" || wanted == "create_doc" || wanted == "delete";
  if (privilege == "manage")
    return wanted == "create_index" || wanted == "view_index_metadata" || wanted == "delete_index";
  return privilege == "read" && wanted == "view_index_metadata";
}

std::vector<std::string> texts(const Json& value) {
  std::vector<std::string> list;
  if (value.is_string()) list.push_back(value.get<std::string>());
  if (!value.is_array()) return list;
  for (const Json& item : value) {
    if (item.is_string()) list.push_back(item.get<std::string>());
  }
  return list;
}

}  // namespace

Principal authenticate(const ClusterState& cluster, const Request& request) {
  const std::string header = request.header("authorization");
  const std::size_t space = header.find(' ');
  const std::string scheme = lower(header.substr(0, space));
  const std::string value = space == std::string::npos ? std::string{} : header.substr(space + 1);
  if (scheme == "basic") {
    const std::string pair = base64_decode(value).value_or("");
    const std::string user = pair.substr(0, pair.find(':'));
    if (user == "elastic" && pair == "elastic:" + cluster.options.elastic_password)
      return {"elastic", false, "", "", true, {}};
    throw unauthorized("unable to authenticate user [" + user + "] for REST request [" +
                       request.raw_target + "]");
  }
  if (scheme == "apikey") {
    const auto& fixed = cluster.options.api_keys;
    if (std::find(fixed.begin(), fixed.end(), value) != fixed.end()) {
      const std::string pair = base64_decode(value).value_or("sandbox:");
      return {"elastic", true, pair.substr(0, pair.find(':')), "sandbox", true, {}};
    }
    std::string problem;
    if (const ApiKey* key = find_key(cluster, value, KeyType::rest, problem))
      return key_principal(*key);
    throw unauthorized(
        "unable to authenticate with provided credentials and anonymous access is not allowed for "
        "this request",
        problem);
  }
  throw unauthorized("missing authentication credentials for REST request [" + request.raw_target +
                     "]");
}

bool has_cluster_privilege(const Principal& who, const std::vector<std::string>& granting) {
  if (who.superuser || granting.empty()) return true;
  for (const Json& role : who.role_descriptors) {
    for (const std::string& held : texts(role.value("cluster", Json::array()))) {
      for (const std::string& wanted : granting) {
        if (implies(held, wanted)) return true;
      }
    }
  }
  return false;
}

bool has_index_privilege(const Principal& who, const std::string& index,
                         const std::string& privilege) {
  if (who.superuser) return true;
  for (const Json& role : who.role_descriptors) {
    for (const char* list : {"indices", "index"}) {
      for (const Json& entry : role.value(list, Json::array())) {
        if (!matches_any(texts(entry.value("names", Json())), index)) continue;
        for (const std::string& held : texts(entry.value("privileges", Json()))) {
          if (index_implies(held, privilege)) return true;
        }
      }
    }
  }
  return false;
}

std::string describe(const Principal& who) {
  if (who.is_api_key) return "API key id [" + who.api_key_id + "] of user [" + who.username + "]";
  return "user [" + who.username + "] with effective roles [superuser]";
}

void require_cluster(const Principal& who, const std::string& action,
                     const std::vector<std::string>& granting) {
  if (has_cluster_privilege(who, granting)) return;
  std::vector<std::string> named = granting;
  if (std::find(named.begin(), named.end(), "all") == named.end()) named.emplace_back("all");
  throw security_error(403, "action [" + action + "] is unauthorized for " + describe(who) +
                                ", this action is granted by the cluster privileges [" +
                                join(named, ",") + "]");
}

void require_index(const Principal& who, const std::string& action, const std::string& index,
                   const std::string& privilege) {
  if (has_index_privilege(who, index, privilege)) return;
  throw security_error(
      403, "action [" + action + "] is unauthorized for " + describe(who) + " on indices [" +
               index + "], this action is granted by the index privileges [" + privilege + ",all]");
}

}  // namespace crosstie::sandbox::elasticsearch
