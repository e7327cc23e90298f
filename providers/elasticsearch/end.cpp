#include "providers/elasticsearch/end.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/http/secret_reference.hpp"

namespace crosstie::elasticsearch {
namespace {

Diagnostic bad_end(const std::string& why, const std::string& fix = {}) {
  return make_error(
      "not a cluster", why,
      fix.empty() ? "To fix it, write `{ech: {deployment: ID}}`, `{eck: {name: NAME, namespace: "
                    "NAMESPACE}}`, or `{endpoint: URL, credentials: {...}}`."
                  : fix);
}

Result<void> check_members(const Value& object, const std::vector<std::string>& known,
                           const std::string& where) {
  if (!object.is_object()) return bad_end("`" + where + "` must be a mapping.");
  for (const auto& [name, value] : object.as_object()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = did_you_mean(name, known);
    return bad_end("`" + where + "` has no member `" + name + "`.",
                   near.empty() ? "" : "To fix it, write `" + near + "`.");
  }
  return {};
}

std::string connection_name(const std::string& provider, const std::string& given) {
  if (given.empty() || given == provider) return provider;
  return given.rfind(provider + ".", 0) == 0 ? given : provider + "." + given;
}

Result<End> parse_ech(const Value& ech) {
  if (auto known = check_members(ech, {"deployment", "ref_id", "provider", "credentials"}, "ech");
      !known)
    return known.failure();
  End end;
  end.kind = End::Kind::ech;
  end.deployment = ech.text("deployment");
  end.ref_id = ech.text("ref_id");
  end.connection = connection_name("ech", ech.text("provider"));
  if (const Value* credentials = ech.find("credentials")) end.credentials = *credentials;
  if (end.deployment.empty()) return bad_end("`ech` needs the id of a deployment.");
  return end;
}

Result<End> parse_eck(const Value& eck) {
  const std::vector<std::string> known = {"name", "namespace", "provider", "endpoint",
                                          "credentials"};
  if (auto members = check_members(eck, known, "eck"); !members) return members.failure();
  End end;
  end.kind = End::Kind::eck;
  end.name = eck.text("name");
  end.namespace_name = eck.text("namespace");
  end.connection = connection_name("kubernetes", eck.text("provider"));
  end.endpoint = eck.text("endpoint");
  if (const Value* credentials = eck.find("credentials")) end.credentials = *credentials;
  if (end.name.empty()) return bad_end("`eck` needs the name of an Elasticsearch resource.");
  return end;
}

}  // namespace

Result<void> check_credentials(const Value& credentials) {
  if (credentials.is_null()) return {};
  const std::string fix =
      "To fix it, write `{api_key: {env: NAME}}` or `{username: NAME, password: {env: NAME}}`.";
  const auto wrong = [&] {
    return make_error("not credentials",
                      "Credentials are an API key, or a user name with a password.", fix);
  };
  if (auto known = check_members(credentials, {"api_key", "username", "password"}, "credentials");
      !known)
    return known.failure();
  const Value* key = credentials.find("api_key");
  const Value* password = credentials.find("password");
  const bool has_user = !credentials.text("username").empty();
  if (key != nullptr) {
    if (has_user || password != nullptr) return wrong();
    return http::check_secret_reference(*key, "API key of a cluster");
  }
  if (!has_user || password == nullptr) return wrong();
  return http::check_secret_reference(*password, "password of a cluster");
}

Result<End> parse_end(const Value& cluster) {
  if (!cluster.is_object()) return bad_end("The cluster must be a mapping.");
  const Value* ech = cluster.find("ech");
  const Value* eck = cluster.find("eck");
  const bool address = cluster.find("endpoint") != nullptr;
  if ((ech != nullptr) + (eck != nullptr) + address != 1)
    return bad_end("The cluster must have exactly one of `ech`, `eck` and `endpoint`.");
  Result<End> end = End{};
  if (ech != nullptr || eck != nullptr) {
    if (cluster.as_object().size() != 1)
      return bad_end("Beside `ech` or `eck` nothing else may stand; members go inside it.");
    end = ech != nullptr ? parse_ech(*ech) : parse_eck(*eck);
  } else {
    const std::vector<std::string> known = {"endpoint", "ca", "server_name", "insecure",
                                            "credentials"};
    if (auto members = check_members(cluster, known, "cluster"); !members) return members.failure();
    end->endpoint = cluster.text("endpoint");
    end->ca = cluster.text("ca");
    end->server_name = cluster.text("server_name");
    end->insecure = cluster.flag("insecure");
    if (const Value* credentials = cluster.find("credentials")) end->credentials = *credentials;
    if (end->endpoint.empty()) return bad_end("`endpoint` must be a URL.");
  }
  if (!end) return end;
  if (Result<void> checked = check_credentials(end->credentials); !checked)
    return checked.failure();
  return end;
}

std::string end_identity(const End& end) {
  switch (end.kind) {
    case End::Kind::ech:
      return "ech " + end.connection + " " + end.deployment + "/" + end.ref_id;
    case End::Kind::eck:
      return "eck " + end.connection + " " + end.namespace_name + "/" + end.name;
    case End::Kind::address:
      break;
  }
  return "address " + end.endpoint;
}

bool same_cluster(const Value& a, const Value& b) {
  const Result<End> left = parse_end(a);
  const Result<End> right = parse_end(b);
  return left && right && end_identity(*left) == end_identity(*right);
}

}  // namespace crosstie::elasticsearch
