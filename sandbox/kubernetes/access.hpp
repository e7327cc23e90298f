#pragma once
// Who is asking, and may they: bearer tokens and client certificates, then RBAC over the Role and
// RoleBinding objects of the store, and the reviews by which a user asks about itself.
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  bool in(const std::string& group) const;
};

struct AccessQuestion {
  std::string verb;
  std::string group;
  std::string resource;  // with the subresource: "pods/portforward"
  std::string namespace_name;
  std::string name;
};

struct AccessAnswer {
  bool allowed = false;
  std::string reason;  // the binding that allowed it; none for system:masters
};

class Access {
 public:
  Access(const ObjectStore& store, std::map<std::string, User> tokens)
      : store_(store), tokens_(std::move(tokens)) {}

  /// Throws StatusError 401 for a token or certificate that is not known. No credentials:
  /// system:anonymous.
  User authenticate(const Request& request) const;
  AccessAnswer ask(const User& user, const AccessQuestion& question) const;
  /// Throws StatusError 403.
  void authorize(const User& user, const RequestInfo& info) const;

  /// Status of the self-subject reviews; `spec` as sent.
  nlohmann::json access_review(const User& user, const nlohmann::json& spec) const;
  nlohmann::json rules_review(const User& user, const std::string& namespace_name) const;

 private:
  struct Rule {
    nlohmann::json rule;
    std::string reason;
  };
  std::vector<Rule> rules_of(const User& user, const std::string& namespace_name) const;
  void add_bindings(const User& user, const std::string& resource,
                    const std::string& namespace_name, std::vector<Rule>& rules) const;
  bool path_allowed(const User& user, const RequestInfo& info) const;

  const ObjectStore& store_;
  std::map<std::string, User> tokens_;
};

}  // namespace crosstie::sandbox::kubernetes
