#include "sandbox/kubernetes/access.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr const char* kRbac = "rbac.authorization.k8s.io";
constexpr const char* kPublicPaths[] = {"/healthz", "/livez", "/readyz", "/version", "/version/"};
constexpr const char* kDiscoveryPaths[] = {"/api",     "/api/*",   "/apis",    "/apis/*",
                                           "/healthz", "/livez",   "/openapi", "/openapi/*",
                                           "/readyz",  "/version", "/version/"};

bool path_matches(const std::string& path, const std::string& pattern) {
  if (pattern.ends_with("*")) return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return path == pattern;
}

bool holds(const json& rule, const char* field, const std::string& value) {
  const auto list = rule.find(field);
  if (list == rule.end() || !list->is_array()) return false;
  return std::any_of(list->begin(), list->end(),
                     [&](const json& one) { return one == value || one == "*"; });
}

bool rule_allows(const json& rule, const AccessQuestion& question) {
  if (!holds(rule, "verbs", question.verb) || !holds(rule, "apiGroups", question.group))
    return false;
  const std::size_t slash = question.resource.find('/');
  const bool any_sub =
      slash != std::string::npos && holds(rule, "resources", "*" + question.resource.substr(slash));
  if (!any_sub && !holds(rule, "resources", question.resource)) return false;
  const auto names = rule.find("resourceNames");
  if (names == rule.end() || names->empty()) return true;
  return std::find(names->begin(), names->end(), question.name) != names->end();
}

bool is_subject(const json& subject, const User& user) {
  const std::string kind = subject.value("kind", "");
  const std::string name = subject.value("name", "");
  if (kind == "User") return name == user.name;
  if (kind == "Group") return user.in(name);
  return kind == "ServiceAccount" &&
         user.name == "system:serviceaccount:" + subject.value("namespace", "") + ":" + name;
}

/// Rules that every authenticated user has (ClusterRole system:basic-user).
const json& basic_rules() {
  static const json kRules = json::parse(R"([
    {"verbs":["create"],"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"]},
    {"verbs":["create"],"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"]}])");
  return kRules;
}

/// "CN=admin,O=system:masters" as user and groups.
User user_of_certificate(const std::string& subject) {
  User user;
  std::istringstream stream(subject);
  for (std::string part; std::getline(stream, part, ',');) {
    part.erase(0, part.find_first_not_of(' '));
    if (part.starts_with("CN=")) user.name = part.substr(3);
    if (part.starts_with("O=")) user.groups.push_back(part.substr(2));
  }
  user.groups.push_back("system:authenticated");
  return user;
}

std::string denial(const User& user, const RequestInfo& info) {
  const std::string resource =
      info.subresource.empty() ? info.resource : info.resource + "/" + info.subresource;
  const std::string where = info.namespace_name.empty()
                                ? "at the cluster scope"
                                : "in the namespace \"" + info.namespace_name + "\"";
  return "User \"" + user.name + "\" cannot " + info.verb + " resource \"" + resource +
         "\" in API group \"" + info.group + "\" " + where;
}

}  // namespace

bool User::in(const std::string& group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

User Access::authenticate(const Request& request) const {
  const std::string header = request.header("authorization");
  if (header.starts_with("Bearer ")) {
    const auto found = tokens_.find(header.substr(7));
    if (found == tokens_.end()) throw StatusError(401, "Unauthorized", "Unauthorized");
    return found->second;
  }
  if (request.client_certificate_rejected) throw StatusError(401, "Unauthorized", "Unauthorized");
  if (!request.client_subject.empty()) return user_of_certificate(request.client_subject);
  return {"system:anonymous", "", {"system:unauthenticated"}};
}

void Access::add_bindings(const User& user, const std::string& resource,
                          const std::string& namespace_name, std::vector<Rule>& rules) const {
  const bool cluster = resource == "clusterrolebindings";
  for (const json* binding : store_.list(kRbac, resource, namespace_name)) {
    const json subjects = binding->value("subjects", json::array());
    const auto subject = std::find_if(subjects.begin(), subjects.end(),
                                      [&](const json& one) { return is_subject(one, user); });
    if (subject == subjects.end()) continue;
    const json& role_ref = binding->at("roleRef");
    const std::string role_kind = role_ref.value("kind", "");
    const std::string role_name = role_ref.value("name", "");
    const bool cluster_role = role_kind == "ClusterRole";
    const json* role = store_.find({kRbac, cluster_role ? "clusterroles" : "roles",
                                    cluster_role ? "" : namespace_name, role_name});
    if (!role) continue;
    const std::string binding_name = binding->at("metadata").at("name");
    const std::string reason = std::string("RBAC: allowed by ") +
                               (cluster ? "ClusterRoleBinding \"" + binding_name
                                        : "RoleBinding \"" + binding_name + "/" + namespace_name) +
                               "\" of " + role_kind + " \"" + role_name + "\" to " +
                               subject->value("kind", "") + " \"" + subject->value("name", "") +
                               "\"";
    for (const json& rule : role->value("rules", json::array())) rules.push_back({rule, reason});
  }
}

std::vector<Access::Rule> Access::rules_of(const User& user,
                                           const std::string& namespace_name) const {
  std::vector<Rule> rules;
  if (user.in("system:masters"))
    rules.push_back({json{{"verbs", {"*"}}, {"apiGroups", {"*"}}, {"resources", {"*"}}}, ""});
  if (user.in("system:authenticated")) {
    for (const json& rule : basic_rules()) {
      rules.push_back({rule,
                       "RBAC: allowed by ClusterRoleBinding \"system:basic-user\" of ClusterRole "
                       "\"system:basic-user\" to Group \"system:authenticated\""});
    }
  }
  add_bindings(user, "clusterrolebindings", "", rules);
  if (!namespace_name.empty()) add_bindings(user, "rolebindings", namespace_name, rules);
  return rules;
}

AccessAnswer Access::ask(const User& user, const AccessQuestion& question) const {
  for (const Rule& rule : rules_of(user, question.namespace_name)) {
    if (rule_allows(rule.rule, question)) return {true, rule.reason};
  }
  return {};
}

bool Access::path_allowed(const User& user, const RequestInfo& info) const {
  if (user.in("system:masters")) return true;
  if (info.verb != "get") return false;
  const auto matches = [&](const char* pattern) { return path_matches(info.path, pattern); };
  if (std::any_of(std::begin(kPublicPaths), std::end(kPublicPaths), matches)) return true;
  return user.in("system:authenticated") &&
         std::any_of(std::begin(kDiscoveryPaths), std::end(kDiscoveryPaths), matches);
}

void Access::authorize(const User& user, const RequestInfo& info) const {
  if (!info.is_resource) {
    if (path_allowed(user, info)) return;
    throw forbidden(
        {}, "User \"" + user.name + "\" cannot " + info.verb + " path \"" + info.path + "\"");
  }
  const std::string resource =
      info.subresource.empty() ? info.resource : info.resource + "/" + info.subresource;
  const std::string& name = info.name.empty() ? info.selected_name : info.name;
  if (ask(user, {info.verb, info.group, resource, info.namespace_name, name}).allowed) return;
  throw forbidden({info.group, info.resource, info.name}, denial(user, info));
}

json Access::access_review(const User& user, const json& spec) const {
  AccessAnswer answer;
  if (const auto asked = spec.find("resourceAttributes"); asked != spec.end()) {
    std::string resource = asked->value("resource", "");
    if (const std::string sub = asked->value("subresource", ""); !sub.empty())
      resource += "/" + sub;
    answer = ask(user, {asked->value("verb", ""), asked->value("group", ""), resource,
                        asked->value("namespace", ""), asked->value("name", "")});
  } else if (const auto path = spec.find("nonResourceAttributes"); path != spec.end()) {
    RequestInfo info;
    info.path = path->value("path", "");
    info.verb = path->value("verb", "");
    answer.allowed = path_allowed(user, info);
  }
  json status = {{"allowed", answer.allowed}};
  if (!answer.reason.empty()) status["reason"] = answer.reason;
  return status;
}

json Access::rules_review(const User& user, const std::string& namespace_name) const {
  json resource_rules = json::array();
  for (const Rule& rule : rules_of(user, namespace_name)) resource_rules.push_back(rule.rule);
  json path_rules = json::array();
  if (user.in("system:masters"))
    path_rules.push_back({{"verbs", {"*"}}, {"nonResourceURLs", {"*"}}});
  path_rules.push_back({{"verbs", {"get"}}, {"nonResourceURLs", kDiscoveryPaths}});
  path_rules.push_back({{"verbs", {"get"}}, {"nonResourceURLs", kPublicPaths}});
  return {
      {"resourceRules", resource_rules}, {"nonResourceRules", path_rules}, {"incomplete", false}};
}

}  // namespace crosstie::sandbox::kubernetes
