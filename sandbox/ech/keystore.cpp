#include "sandbox/ech/keystore.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/ech/decode.hpp"
#include "sandbox/ech/errors.hpp"
#include "sandbox/ech/routes.hpp"
#include "sandbox/ech/world_state.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::ech {
namespace {

constexpr std::size_t kSecretsMax = 1000;
constexpr std::size_t kValueBytesMax = 1u << 20;

/// Families of secure settings that Elasticsearch knows; another name makes the reload fail and may
/// stop nodes at the next start.
constexpr std::array<std::string_view, 6> kFamilies{"s3.client.", "gcs.client.", "azure.client.",
                                                    "xpack.",     "bootstrap.",  "reindex."};

bool known_name(const std::string& name) {
  constexpr std::string_view kPrefix = "cluster.remote.";
  constexpr std::string_view kSuffix = ".credentials";
  if (name.rfind(kPrefix, 0) == 0) {
    if (name.size() <= kPrefix.size() + kSuffix.size() || !name.ends_with(kSuffix)) return false;
    const std::string alias =
        name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    return std::all_of(alias.begin(), alias.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
  }
  return std::any_of(kFamilies.begin(), kFamilies.end(), [&](std::string_view family) {
    return name.rfind(family, 0) == 0 && name.size() > family.size();
  });
}

bool removes(const Json& secret) {
  if (secret.is_null()) return true;
  const Json value = secret.value("value", Json());
  return value.is_null() || value == "";
}

Json contents_view(const Deployment& deployment) {
  Json secrets = Json::object();
  for (const auto& [name, secret] : deployment.keystore)
    secrets[name] = {{"as_file", secret.as_file}};
  return {{"secrets", secrets}};
}

Response get_keystore(const Call& call) {
  return Response::json(200, contents_view(*call.resource()).dump());
}

Response patch_keystore(const Call& call) {
  const auto deployment = call.resource();
  set_keystore(*deployment,
               merged_keystore(deployment->keystore, Cursor::parse(call.request.body)));
  return Response::json(200, contents_view(*deployment).dump());
}

}  // namespace

std::map<std::string, KeystoreSecret> merged_keystore(
    const std::map<std::string, KeystoreSecret>& stored, const Cursor& contents) {
  std::map<std::string, KeystoreSecret> result = stored;
  const Cursor secrets = contents.need("secrets");
  for (const auto& [name, json] : secrets.object().items()) {
    const Cursor secret = secrets.get(name);
    if (!json.is_null()) secret.object();
    if (!known_name(name)) {
      throw api_error(400, "root.invalid_data", "unknown secure setting [" + name + "]",
                      {"secrets." + name});
    }
    if (removes(json)) {
      result.erase(name);
      continue;
    }
    const Json value = json["value"];
    if (!value.is_string() && !value.is_object()) {
      throw api_error(
          400, "root.invalid_json_request",
          "JSON request does not comply with schema: [the value is neither a text nor an object]",
          {secret.field() + ".value"});
    }
    if (value.dump().size() > kValueBytesMax)
      throw api_error(400, "root.invalid_data", "The value is too large",
                      {secret.field() + ".value"});
    result[name] = {value, secret.boolean_or("as_file", false)};
  }
  if (result.size() > kSecretsMax)
    throw api_error(400, "root.invalid_data", "Too many secrets", {"secrets"});
  return result;
}

void set_keystore(Deployment& deployment, std::map<std::string, KeystoreSecret> secrets) {
  deployment.keystore = std::move(secrets);
  std::map<std::string, std::string> values;
  for (const auto& [name, secret] : deployment.keystore) {
    values[name] = secret.value.is_string() ? secret.value.get<std::string>() : secret.value.dump();
  }
  deployment.cluster->set_keystore(std::move(values));
}

Json default_settings(const WorldState& world, const std::string& name) {
  return {{"dedicated_masters_threshold", 6},
          {"curation", {{"specs", Json::array()}}},
          {"snapshot", {{"slm", true}}},
          {"metadata", {{"name", name}}},
          {"trust", default_trust(world)}};
}

std::vector<Route> keystore_routes() {
  return {
      {"GET", "/deployments/{deployment_id}/elasticsearch/{ref_id}/keystore", get_keystore},
      {"PATCH", "/deployments/{deployment_id}/elasticsearch/{ref_id}/keystore", patch_keystore}};
}

}  // namespace crosstie::sandbox::ech
